/** What a run prints. */
import type { RowReport } from './rows/stage.js';

/** The table of a run, in Markdown. */
export function tableOf(reports: readonly RowReport[]): string {
  const head = [
    ...['row', 'workload', 'fault', 'fired', 'requests', 'acknowledged', 'lost', 'doubled', 'unresolved'],
    ...['longest recovery', 'elections', 'took'],
  ];
  const lines = reports.map(({ row, ...report }) => [
    ...[row.name, row.workload, row.fault, `${report.fired} of ${report.asked}`, report.requests],
    ...[report.acknowledged, report.lost, report.doubled, report.unresolved],
    report.longestRecoveryMs === null ? '' : seconds(report.longestRecoveryMs / 1_000),
    ...[report.elections, seconds(report.seconds)],
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** Of one invariant at most so many are told: a bug breaks it again and again. */
const MOST_OF_ONE = 3;

/** What was broken in a row, each with the name of its invariant; and what is to be known of it. */
export function wordsOf({ row, fired, asked, violations, notes = [] }: RowReport): string[] {
  const counts = new Map<string, number>();
  const told = violations.flatMap(({ invariant, text }) => {
    const count = (counts.get(invariant) ?? 0) + 1;
    counts.set(invariant, count);
    return count > MOST_OF_ONE ? [] : [`${row.name}: ${invariant}: ${text}`];
  });
  const more = [...counts].flatMap(([invariant, count]) =>
    count > MOST_OF_ONE ? [`${row.name}: ${invariant}: ${count} times in all`] : [],
  );
  const missed = fired < asked ? [`${row.name}: the fault fired ${fired} times of ${asked}`] : [];
  return [...told, ...more, ...missed, ...notes.map((note) => `${row.name}: ${note}`)];
}
