import type { HealthSeen } from '../../tests/faults/health-watch.js';
import type { MeasuredCost, Outcome } from './measured-cost.js';

/** What a request cost, sent alone and sent many times at once. */
export interface WorstCost {
  readonly name: string;
  readonly one: MeasuredCost;
  readonly many: MeasuredCost;
  /** The answers of the health check during the run. */
  readonly health: HealthSeen;
  /** Whether the server was still running afterwards. */
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
  'slowest health check ms',
];

/** The costs as a Markdown table, sorted by processor time for one request, highest first. */
export function tableOf(costs: readonly WorstCost[], { atOnce, heapMb }: { atOnce: number; heapMb: number }): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const sorted = [...costs].sort((one, other) => other.one.cpuMs - one.one.cpuMs);
  const dead = costs.filter(({ survived }) => !survived);
  const longest = Math.max(...costs.map(({ health }) => health.longestMs));
  const failed = costs.reduce((sum, { health }) => sum + health.failed, 0);
  return [
    `The server has a heap of ${heapMb} MB. "All at once" means ${atOnce} simultaneous requests of one account. `,
    `${dead.length === 0 ? 'The server survived all of them.' : `The server did not survive: ${dead.map(({ name }) => name).join(', ')}.`} `,
    `The slowest health check took ${longest.toFixed(0)} ms; ${failed} health checks failed.\n\n`,
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

/** For example "200 × 12, 503 × 244"; for a single request, the status without a count. */
function statusesOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) {
    const name = status === 0 ? 'cut off' : String(status);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => (outcomes.length === 1 ? status : `${status} × ${count}`)).join(', ');
}
