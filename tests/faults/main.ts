/** npm run faults: tries to break every promise of the product, and says what came of it. See --help. */
import { parseArgs } from 'node:util';
import { project } from '../architecture/project-copy.js';
import { type Bug, bugs } from './bugs/index.js';
import { hunt, traps } from './hunt.js';
import { rows } from './rows/index.js';
import type { Row } from './rows/row.js';
import { play, type RowReport } from './rows/stage.js';
import { Sets } from './sets.js';
import { tableOf, wordsOf } from './table.js';

const USAGE = `Usage: npm run faults [-- options]
Tries to break every promise of the product: real servers and a real replica set that are killed, paused and cut off
under load. Ends with 0 where every promise was kept, 1 where one was broken or a fault fired too seldom, 2 where the
kit could not run.
  --quick          each row in seconds rather than minutes
  --seed N         the workload of a former run, which printed it
  --only NAME,...  some rows: ${rows.map(({ name }) => name).join(', ')}
  --bug NAME,...   tries the kit instead: plants a bug in a copy of the product, and ends with 0 where the kit finds it
  --bugs           the same with each of them: ${bugs.map(({ name }) => name).join(', ')}
`;

type Settings = ReturnType<typeof readArguments>;

/** @throws Error that says what is wrong */
function readArguments() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
      only: { type: 'string' },
      bug: { type: 'string' },
      bugs: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes whole numbers from 0 on');
  return {
    ...values,
    seed,
    chosenRows: chosen('row', rows, values.only),
    chosenBugs: values.bugs ? bugs : values.bug === undefined ? [] : chosen('bug', bugs, values.bug),
  };
}

/** @throws Error naming what does not exist */
function chosen<Item extends { readonly name: string }>(
  what: string,
  all: readonly Item[],
  named: string | undefined,
): readonly Item[] {
  const names = named?.split(',') ?? all.map(({ name }) => name);
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`there is no ${what} "${name}"`);
    return found;
  });
}

/** @returns the exit code */
async function main({ help, quick, seed, chosenRows, chosenBugs }: Settings): Promise<number> {
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  process.stdout.write(`seed ${seed}\n`);
  const sets = new Sets();
  try {
    return await (chosenBugs.length > 0 ? tryBugs(chosenBugs, sets, seed) : tryRows(chosenRows, sets, seed, quick));
  } finally {
    await sets.stop();
  }
}

/** @returns the exit code */
async function tryRows(chosenRows: readonly Row[], sets: Sets, seed: number, quick: boolean): Promise<number> {
  const reports: RowReport[] = [];
  const failures: string[] = [];
  const scale = quick ? 'quick' : 'full';
  for (const row of chosenRows) {
    const report = progressOf(row.name);
    report('starting');
    try {
      const played = await play(row, { set: await sets.of(row.nodes), root: project, scale, seed, report });
      reports.push(played);
      report(played.isGreen ? 'kept every promise' : 'FAILED', true);
    } catch (error) {
      failures.push(`${row.name} could not be played: ${stackOf(error)}`);
      report('COULD NOT BE PLAYED', true);
      await sets.discard(row.nodes);
    }
  }
  const words = [...reports.flatMap(wordsOf), ...failures, `seed ${seed}`];
  process.stdout.write(`\n${tableOf(reports)}\n\n${words.join('\n')}\n`);
  if (failures.length > 0) return 2;
  return reports.every(({ isGreen }) => isGreen) ? 0 : 1;
}

/** @returns the exit code */
async function tryBugs(chosenBugs: readonly Bug[], sets: Sets, seed: number): Promise<number> {
  let areFound = true;
  for (const { name } of chosenBugs) {
    const { row, breaks } = traps[name];
    const { report, isFound } = await hunt(name, await sets.of(1), seed);
    const said = isFound ? 'found' : 'NOT FOUND';
    process.stdout.write(`${name}: ${said} by ${row}: ${breaks} (seed ${seed})\n`);
    for (const words of wordsOf(report)) process.stdout.write(`    ${words.slice(0, 300)}\n`);
    areFound &&= isFound;
  }
  return areFound ? 0 : 1;
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** One line for a row on a terminal, that goes on; elsewhere only how it ended. */
function progressOf(name: string): (words: string, isLast?: boolean) => void {
  const startedAt = performance.now();
  return (words, isLast = false) => {
    const line = `${name}: ${words} (${((performance.now() - startedAt) / 1_000).toFixed(0)} s)`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}${isLast ? '\n' : ''}`);
    else if (isLast) process.stderr.write(`${line}\n`);
  };
}

let settings: Settings | undefined;
try {
  settings = readArguments();
  process.exitCode = await main(settings);
} catch (error) {
  const words = settings ? `The kit could not run: ${stackOf(error)}\n` : `${(error as Error).message}\n${USAGE}`;
  process.stderr.write(words);
  process.exitCode = 2;
}
