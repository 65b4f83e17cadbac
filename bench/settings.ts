import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** The names of the benchmarks to run. */
  readonly only: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly students: number;
  readonly clients: number;
  readonly seed: number;
}

/** A benchmark as the command line shows it. */
export interface NamedBenchmark {
  readonly name: string;
  readonly description: string;
  /** Whether it runs without --only. */
  readonly runsByDefault: boolean;
}

export const usage = (benchmarks: readonly NamedBenchmark[]): string => `Usage: npm run bench [-- options]
Starts a mongod, measures grants and the alternatives in turn, and prints tables.
  --only NAME,NAME  runs only these benchmarks (all but growth)
  --seconds N       the duration of each measurement (2)
  --rounds N        how often each benchmark runs (5)
  --students N      the number of students (256)
  --clients N       the number of concurrent requests, in addition to the measurements with 1 client (64)
  --seed N          the seed of random arrivals and data (1)
Benchmarks:
${benchmarks.map(({ name, description }) => `  ${name.padEnd(16)}  ${description}\n`).join('')}`;

/** @throws Error that names the invalid option */
export function readSettings(args: readonly string[], benchmarks: readonly NamedBenchmark[]): BenchSettings | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      students: { type: 'string', default: '256' },
      clients: { type: 'string', default: '64' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return 'help';
  const only =
    values.only?.split(',') ?? benchmarks.filter(({ runsByDefault }) => runsByDefault).map(({ name }) => name);
  const unknown = only.find((wanted) => benchmarks.every(({ name }) => name !== wanted));
  if (unknown !== undefined) throw new Error(`--only: there is no benchmark "${unknown}"; see --help`);
  const clients = positiveInteger('clients', values.clients);
  const students = positiveInteger('students', values.students);
  if (students < 4 * clients)
    throw new Error('--students must be at least 4 times --clients, or requests of the same student conflict');
  return {
    only,
    students,
    clients,
    seconds: positiveInteger('seconds', values.seconds),
    rounds: positiveInteger('rounds', values.rounds),
    seed: positiveInteger('seed', values.seed),
  };
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number, 1 or greater`);
  return value;
}
