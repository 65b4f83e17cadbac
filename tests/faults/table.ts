/** The output of a run. */
import type { ScenarioReport } from './scenarios/scenario-context.js';

/** @returns the results of a run as a Markdown table */
export function tableOf(reports: readonly ScenarioReport[]): string {
  const head = [
    ...['scenario', 'workload', 'fault', 'fired', 'requests', 'acknowledged', 'lost', 'doubled', 'unresolved'],
    ...['longest recovery', 'elections', 'took'],
  ];
  const lines = reports.map(({ scenario, ...report }) => [
    ...[scenario.name, scenario.workload, scenario.fault, `${report.fired} of ${report.required}`, report.requests],
    ...[report.acknowledged, report.lost, report.doubled, report.unresolved],
    report.longestRecoveryMs === null ? '' : seconds(report.longestRecoveryMs / 1_000),
    ...[report.elections, seconds(report.seconds)],
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** A bug breaks an invariant many times, so only this many violations of each invariant are printed. */
const MAX_MESSAGES_PER_INVARIANT = 3;

/** @returns the violations of a scenario, each with the name of its invariant, and its notes */
export function messagesOf({ scenario, fired, required, violations, notes = [] }: ScenarioReport): string[] {
  const counts = new Map<string, number>();
  const messages = violations.flatMap(({ invariant, text }) => {
    const count = (counts.get(invariant) ?? 0) + 1;
    counts.set(invariant, count);
    return count > MAX_MESSAGES_PER_INVARIANT ? [] : [`${scenario.name}: ${invariant}: ${text}`];
  });
  const more = [...counts].flatMap(([invariant, count]) =>
    count > MAX_MESSAGES_PER_INVARIANT ? [`${scenario.name}: ${invariant}: ${count} violations in total`] : [],
  );
  const missed = fired < required ? [`${scenario.name}: the fault fired ${fired} times; ${required} are required`] : [];
  return [...messages, ...more, ...missed, ...notes.map((note) => `${scenario.name}: ${note}`)];
}
