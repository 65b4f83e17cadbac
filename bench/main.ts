/** npm run bench: measures the cost of a grant and compares it with alternatives, another commit, or other runtimes. See --help. */
import { cpus } from 'node:os';
import { reportTo } from '../src/report.js';
import { compare } from './against/run.js';
import { scenarios } from './against/scenarios.js';
import { openBench, type Side } from './bench.js';
import { benchmarks } from './benchmarks/index.js';
import { patternNames } from './patterns/index.js';
import { type BenchSettings, readSettings, UsageError, usage } from './settings.js';
import { tablesOf } from './tables.js';

const choice = { benchmarks, scenarios };
const report = reportTo(process.stderr);

try {
  const settings = readSettings(process.argv.slice(2), choice);
  if (settings === 'help') process.stdout.write(usage(choice));
  else if (settings.against === undefined && settings.runtimes.length === 0) process.stdout.write(await run(settings));
  else process.stdout.write(await compareUntilSignal(settings));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  report(error.message);
  process.exitCode = 1;
}

/** Removes what the run created also if it is interrupted. A second signal ends the process at once. */
function compareUntilSignal(settings: BenchSettings): Promise<string> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      report('Interrupted: removing the worktree and the databases');
      interrupted.abort(new UsageError('Interrupted'));
    });
  }
  return compare(settings, report, interrupted.signal);
}

/** @returns the results as Markdown tables */
async function run(benchSettings: BenchSettings): Promise<string> {
  const bench = await openBench(benchSettings, report);
  const { rounds, only, clients } = benchSettings;
  const chosen = benchmarks.filter(({ name }) => only.includes(name));
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const sides: Side[] = [];
      for (const benchmark of chosen) sides.push(...((await benchmark.sides?.(bench)) ?? []));
      for (const count of new Set(sides.map((side) => side.clients))) {
        report(`round ${round} of ${rounds}: grants in turn, clients: ${count}`, 'progress');
        await bench.takeTurns(sides.filter((side) => side.clients === count));
      }
      for (const benchmark of chosen.filter(({ measure }) => measure !== undefined)) {
        report(`round ${round} of ${rounds}: ${benchmark.description}`, 'progress');
        await benchmark.measure?.(bench);
      }
    }
    return `${heading(benchSettings, bench.mongodVersion)}\n${tablesOf(bench.results, patternNames, clients)}`;
  } finally {
    await bench.stop();
  }
}

function heading({ rounds, seconds, students, seed }: BenchSettings, mongodVersion: string): string {
  const [processor] = cpus();
  return [
    `Node ${process.version}, mongod ${mongodVersion}, ${cpus().length} x ${processor?.model ?? 'an unknown processor'}`,
    `${rounds} rounds of ${seconds} s, ${students} students, seed ${seed}; server, mongod and load share the machine`,
    '',
  ].join('\n');
}
