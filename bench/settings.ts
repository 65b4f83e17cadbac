import { parseArgs } from 'node:util';

/** A mistake in the arguments, or an interruption: the message is for the person who started the bench. */
export class UsageError extends Error {}

export interface BenchSettings {
  /** The names of the benchmarks to run, or of the scenarios to compare. */
  readonly only: readonly string[];
  /** The commit to compare with; without one, the benchmarks run. */
  readonly against?: string;
  /** The runtimes to compare with, instead of a commit. */
  readonly runtimes: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly students: number;
  readonly clients: number;
  readonly seed: number;
}

/** A benchmark or a scenario as the command line shows it. */
export interface NamedBenchmark {
  readonly name: string;
  readonly description: string;
  /** Whether it runs without --only. */
  readonly runsByDefault: boolean;
}

/** What --only can choose from: the benchmarks, or the scenarios of a comparison. */
export interface Choice {
  readonly benchmarks: readonly NamedBenchmark[];
  readonly scenarios: readonly NamedBenchmark[];
}

/** The number of rounds, unless --rounds says otherwise. A round of a comparison takes a few seconds. */
const ROUNDS = { benchmarks: '5', comparison: '20' };

const listOf = (named: readonly NamedBenchmark[]) =>
  named.map(({ name, description }) => `  ${name.padEnd(16)}  ${description}\n`).join('');

export const usage = ({ benchmarks, scenarios }: Choice): string => `Usage: npm run bench [-- options]
Starts a mongod, measures grants and the alternatives in turn, and prints tables.
  --only NAME,NAME  runs only these benchmarks (all but growth)
  --seconds N       the duration of each measurement that does not take turns in slices (2)
  --rounds N        how often each benchmark runs (${ROUNDS.benchmarks})
  --students N      the number of students (256)
  --clients N       the number of concurrent requests, in addition to the measurements with 1 client (64)
  --seed N          the seed of random arrivals and data (1)
Benchmarks:
${listOf(benchmarks)}
       npm run bench -- --against COMMIT [options]
Measures another commit in turn with this tree, and prints the ratios of this tree to that commit. The commit gets a
temporary git worktree with its own dependencies and build; each version has its own server and mongod. To see the
noise of the machine, compare with HEAD: without changes all ratios are about 1.
  --only NAME,NAME  compares only these scenarios (all but growth)
  --rounds N        how often each scenario takes its turn, a few seconds each; rounded up to a multiple of the 4 starts
                    (${ROUNDS.comparison})
  --students, --clients, --seed as above

       npm run bench -- --runtime "VERSION OPTIONS" [options]
Measures this tree under other versions of Node, or with more options of node, in turn with the Node that runs the bench.
Can be repeated: --runtime 24 --runtime "20 --single-threaded-gc". Versions are installed from the npm registry into a
temporary directory. Scenarios and options as for --against.
Scenarios:
${listOf(scenarios)}`;

/** @throws UsageError that names the invalid option */
export function readSettings(args: readonly string[], choice: Choice): BenchSettings | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { against, runtime: runtimes, seconds = '2' } = values;
  const isComparison = against !== undefined || runtimes.length > 0;
  const { rounds = isComparison ? ROUNDS.comparison : ROUNDS.benchmarks } = values;
  if (against === '') throw new UsageError('--against needs a commit, for instance HEAD~1');
  if (against !== undefined && runtimes.length > 0)
    throw new UsageError('--against and --runtime exclude each other: compare with a commit, or with runtimes');
  if (runtimes.some((runtime) => !/^\s*\d+(\s+--\S+)*\s*$/.test(runtime)))
    throw new UsageError(
      '--runtime needs a major version of Node, and then options: --runtime "24 --single-threaded-gc"',
    );
  if (isComparison && values.seconds !== undefined)
    throw new UsageError('--seconds does not apply to a comparison, whose slices have a fixed number of requests');
  const clients = positiveInteger('clients', values.clients);
  const students = positiveInteger('students', values.students);
  if (students < 4 * clients)
    throw new UsageError('--students must be at least 4 times --clients, or requests of the same student conflict');
  return {
    only: chosen(values.only, isComparison, choice),
    against,
    runtimes,
    students,
    clients,
    seconds: positiveInteger('seconds', seconds),
    rounds: positiveInteger('rounds', rounds),
    seed: positiveInteger('seed', values.seed),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        against: { type: 'string' },
        runtime: { type: 'string', multiple: true, default: [] },
        only: { type: 'string' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        students: { type: 'string', default: '256' },
        clients: { type: 'string', default: '64' },
        seed: { type: 'string', default: '1' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. See --help`);
  }
}

/** @returns the names that --only gives, or those that run by default */
function chosen(only: string | undefined, isComparison: boolean, { benchmarks, scenarios }: Choice): string[] {
  const [kind, named] = isComparison ? ['scenario of a comparison', scenarios] : ['benchmark', benchmarks];
  if (only === undefined) return named.filter(({ runsByDefault }) => runsByDefault).map(({ name }) => name);
  const names = only.split(',');
  const unknown = names.find((wanted) => named.every(({ name }) => name !== wanted));
  if (unknown === undefined) return names;
  throw new UsageError(
    `--only: there is no ${kind} "${unknown}"; there are ${named.map(({ name }) => name).join(', ')}`,
  );
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} must be a whole number, 1 or greater`);
  return value;
}
