import type { HealthSeen } from '../../tests/faults/health-watch.js';
import type { MeasuredCost, Outcome } from './measured-cost.js';

/** What a request cost alone, and many times at once. */
export interface WorstCost {
  readonly name: string;
  readonly one: MeasuredCost;
  readonly many: MeasuredCost;
  /** What health answered while they ran. */
  readonly health: HealthSeen;
  /** Whether the server was still there afterwards. */
  readonly survived: boolean;
}

const HEAD = [
  'operation or input',
  'answer',
  'processor ms',
  'memory MB',
  'answer MB',
  'commands',
  'all at once: answers',
  'processor s',
  'memory MB',
  'health at most ms',
];

/** The costs as a table of markdown, the most processor time for one request first. */
export function tableOf(costs: readonly WorstCost[], { atOnce, heapMb }: { atOnce: number; heapMb: number }): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const sorted = [...costs].sort((one, other) => other.one.cpuMs - one.one.cpuMs);
  const dead = costs.filter(({ survived }) => !survived);
  const longest = Math.max(...costs.map(({ health }) => health.longestMs));
  const failed = costs.reduce((sum, { health }) => sum + health.failed, 0);
  return [
    `The server has a heap of ${heapMb} MB; "all at once" are ${atOnce} requests of one account. `,
    `${dead.length === 0 ? 'It survived all of it.' : `It did not survive: ${dead.map(({ name }) => name).join(', ')}.`} `,
    `Health was answered within ${longest.toFixed(0)} ms at most; ${failed} answers of health were missing or wrong.\n\n`,
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...sorted.map((cost) => line(cellsOf(cost))),
  ].join('');
}

function cellsOf({ name, one, many, health, survived }: WorstCost): string[] {
  return [
    name,
    statusesOf(one.outcomes),
    one.cpuMs.toFixed(0),
    one.memoryMb.toFixed(0),
    (Math.max(...one.outcomes.map(({ bytes }) => bytes)) / 1e6).toFixed(2),
    String(one.commands),
    survived ? statusesOf(many.outcomes) : '**the server died**',
    (many.cpuMs / 1_000).toFixed(1),
    many.memoryMb.toFixed(0),
    health.longestMs.toFixed(0),
  ];
}

/** For instance "200 × 12, 503 × 244"; without a count where there is one only. */
function statusesOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) {
    const name = status === 0 ? 'cut off' : String(status);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => (outcomes.length === 1 ? status : `${status} × ${count}`)).join(', ');
}
