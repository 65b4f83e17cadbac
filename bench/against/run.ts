import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '../../src/embedded/find-mongod.js';
import type { Report } from '../../src/report.js';
import { figuresOf, MeasuredSide } from '../measured-side.js';
import { Results } from '../results.js';
import type { BenchSettings } from '../settings.js';
import { ROOT } from '../start-command.js';
import { orderOf, takeTurns } from '../turns.js';
import { checkOut, commitOf } from './checkout.js';
import { installRuntimes, type Runtime } from './runtimes.js';
import { type Scenario, scenarios } from './scenarios.js';
import { comparisonOf } from './tables.js';
import { type SeededSchool, startVersion, type Version } from './version.js';

/**
 * The rounds that are not counted: in them the code of all versions is compiled and their caches are filled, by the
 * same number of requests. In the first five rounds the processor time of a grant still falls, to a third.
 */
const WARM_UP_ROUNDS = 6;

/**
 * How often all versions are started anew, at most. Two processes with the same code differ by up to a tenth, as long as
 * they run: in what the compiler inlined, and where their memory lies.
 */
const STARTS = 4;

/** Steps that undo what was started, in the order in which it was started. */
type Undo = (() => Promise<void>)[];

/** What is compared. */
interface Compared {
  readonly name: string;
  readonly root: string;
  readonly runtime?: Runtime;
  readonly results: Results;
}

/**
 * Measures another commit, or this tree under other runtimes, in turn with this tree, and removes all that it created
 * for that.
 * @param signal cancels the run
 * @returns the results as Markdown tables
 */
export async function compare(settings: BenchSettings, report: Report, signal: AbortSignal): Promise<string> {
  const undo: Undo = [];
  try {
    const scratch = await mkdtemp(join(tmpdir(), 'auraledger-against-'));
    undo.push(() => rm(scratch, { recursive: true, force: true }));
    const own: Compared = { name: 'this tree', root: ROOT, results: new Results() };
    const versions = [own, ...(await othersOf(settings, scratch, undo, report, signal))] as const;
    const mongod = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
    const chosen = scenarios.filter(({ name }) => settings.only.includes(name));
    const starts = Math.min(STARTS, settings.rounds);
    const each = { ...settings, rounds: Math.ceil(settings.rounds / starts) };
    for (let start = 0; start < starts; start += 1) {
      report(`start ${start + 1} of ${starts}: a mongod and a server for each`);
      const options = { scratch: join(scratch, `start-${start}`), mongodBinary: mongod.path, signal };
      await measureStarted(orderOf(versions, start), chosen, each, options, report);
    }
    const rounds = starts * each.rounds;
    return `${heading({ ...settings, rounds }, mongod.version)}\n${comparisonOf(versions, chosen)}`;
  } catch (error) {
    // A process that was interrupted too may have caused it.
    signal.throwIfAborted();
    throw error;
  } finally {
    await undoAll(undo, report);
  }
}

async function othersOf(
  { against, runtimes }: BenchSettings,
  scratch: string,
  undo: Undo,
  report: Report,
  signal: AbortSignal,
): Promise<Compared[]> {
  if (against !== undefined) {
    const { name, root, remove } = await checkOut(await commitOf(against), join(scratch, 'tree'), report, signal);
    undo.push(remove);
    return [{ name, root, results: new Results() }];
  }
  const installed = await installRuntimes(runtimes, join(scratch, 'runtimes'), report, signal);
  return installed.map((runtime) => ({ name: runtime.name, root: ROOT, runtime, results: new Results() }));
}

/** Undoes all steps, the last one first, also if one of them fails. */
async function undoAll(undo: Undo, report: Report): Promise<void> {
  for (const step of undo.reverse()) {
    await step().catch((error) => report(`While cleaning up: ${error.message}`));
  }
}

/** Starts the versions, has them take turns, and ends them. */
async function measureStarted(
  versions: readonly Compared[],
  chosen: readonly Scenario[],
  settings: BenchSettings,
  { scratch, ...options }: { scratch: string; mongodBinary: string; signal: AbortSignal },
  report: Report,
): Promise<void> {
  const undo: Undo = [() => rm(scratch, { recursive: true, force: true })];
  try {
    const sides: ComparedSide[] = [];
    for (const [position, { root, runtime, results }] of versions.entries()) {
      const version = await startVersion({ root, runtime, dataDir: join(scratch, `${position}`), ...options });
      undo.push(version.stop);
      sides.push(...(await openSides(version, results, withWarmUp(chosen), settings, undo)));
    }
    await measure(sides, chosen, settings.rounds, report, options.signal);
  } finally {
    await undoAll(undo, report);
  }
}

interface ComparedSide {
  readonly scenario: Scenario;
  readonly measured: MeasuredSide;
  readonly results: Results;
}

/**
 * A slice of one client is so small that its warm-up would compile little.
 * @returns the scenarios that take turns in the rounds of the warm-up: also grants of all clients, if one client sends some
 */
function withWarmUp(chosen: readonly Scenario[]): readonly Scenario[] {
  const names = chosen.map(({ name }) => name);
  return scenarios.filter(({ name }) => names.includes(name) || (name === 'grant' && names.includes('lone')));
}

/** Opens the schools that the scenarios need, and a load process for each scenario. */
async function openSides(
  version: Version,
  results: Results,
  chosen: readonly Scenario[],
  { students, rounds, clients, seed }: BenchSettings,
  undo: Undo,
): Promise<ComparedSide[]> {
  const clientsOf = (scenario: Scenario) => (scenario.clients === 'one' ? 1 : clients);
  const grants = chosen.filter(({ isGrant }) => isGrant);
  // Each student submits each assignment once, in one scenario only.
  const needed = grants.map((scenario) => Math.ceil(((rounds + WARM_UP_ROUNDS) * scenario.requests) / students));
  const assignments = needed.reduce((sum, each) => sum + each, 0);
  const schools = new Map<number, SeededSchool>();
  const sides: ComparedSide[] = [];
  let used = 0;
  for (const scenario of chosen) {
    const { rewardsBefore } = scenario;
    const name = `school_${rewardsBefore}`;
    const school =
      schools.get(rewardsBefore) ??
      (await version.openSchool({ name, students, rewardsOfEach: rewardsBefore, assignments, seed }));
    schools.set(rewardsBefore, school);
    const count = needed[grants.indexOf(scenario)] ?? 0;
    const job = scenario.job(school, school.assignments.slice(used, used + count));
    used += count;
    const shape = { kind: 'slice', clients: clientsOf(scenario), requests: scenario.requests } as const;
    const measured = await MeasuredSide.open({
      file: 'load.ts',
      job: { ...job, urls: [school.server.url], warmUpSeconds: 0, shape },
      servers: [school.server.pid],
      database: version.database,
    });
    undo.push(() => measured.close());
    sides.push({ scenario, measured, results });
  }
  return sides;
}

async function measure(
  sides: readonly ComparedSide[],
  chosen: readonly Scenario[],
  rounds: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  // A slice may be running. Without its load process it fails at once.
  signal.addEventListener('abort', () => {
    for (const { measured } of sides) void measured.close();
  });
  for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round += 1) {
    report(round < 1 ? 'warming up' : `round ${round} of ${rounds}`, 'progress');
    for (const compared of round < 1 ? withWarmUp(chosen) : chosen) {
      const ofScenario = sides.filter(({ scenario }) => scenario === compared);
      await takeTurns(orderOf(ofScenario, round), 1, async ({ measured, results }) => {
        signal.throwIfAborted();
        const { slice } = await measured.slice();
        if (round >= 1) results.add(compared.name, figuresOf([slice]));
      });
    }
  }
}

function heading({ rounds, students, clients, seed }: BenchSettings, mongodVersion: string): string {
  const [processor] = cpus();
  return [
    `Node ${process.version}, mongod ${mongodVersion}, ${cpus().length} x ${processor?.model ?? 'an unknown processor'}`,
    `${rounds} rounds, ${students} students, ${clients} clients, seed ${seed}; each version has its own server and mongod`,
    '',
  ].join('\n');
}
