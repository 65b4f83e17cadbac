/** Tries mutants: runs the checks that reach a mutant until one of them fails. */
import { type Covered, inLanes } from './coverage.js';
import { type Run, run } from './lane.js';
import type { Mutant } from './mutants.js';
import { type Trial, trialsFor } from './plan.js';
import type { ProjectCopy } from './project-copy.js';
import { isFound, type Result, type Results, type Status } from './results.js';
import { TYPES, type TypeCheck } from './type-check.js';

export interface TryOptions {
  readonly copy: ProjectCopy;
  readonly coverage: readonly Covered[];
  readonly results: Results;
  readonly types: TypeCheck;
  readonly lanes: number;
  readonly env: NodeJS.ProcessEnv;
  /** What the checks of one mutant may take, measured without a mutant. */
  readonly maxSeconds: number;
  /** How much longer than expected a mutant may take before it counts as endless. Milliseconds. */
  readonly graceMs: number;
  /** Removes what the tests of a process that did not end by itself left behind. */
  readonly cleanUpAfter: (pid: number) => Promise<void>;
  readonly report: (line: string) => void;
}

/** With a mutant, checks may take this many times longer before they count as endless: other work may slow them down. */
const TIMEOUT_FACTOR = 4;

export async function tryMutants(mutants: readonly Mutant[], options: TryOptions): Promise<void> {
  const { coverage, results, lanes, report } = options;
  const kills = new Kills();
  const started = performance.now();
  let done = 0;
  await inLanes(lanes, mutants, async (mutant) => {
    const earlier = results.get(mutant.key);
    const missed = new Set(earlier?.missedBy);
    const isNew = ({ covered }: Trial) => !missed.has(covered.key);
    if (!earlier || !isFound(earlier)) {
      const trials = trialsFor(mutant, coverage, kills.before(mutant), options.maxSeconds).filter(isNew);
      if (!earlier || trials.length > 0 || !missed.has(TYPES))
        results.add(await tryMutant(mutant, trials, earlier, options));
    }
    const result = results.get(mutant.key)!;
    if (result.by !== undefined) kills.add(mutant, result.by);
    done += 1;
    const left = ((performance.now() - started) / done / 60_000) * (mutants.length - done);
    const cost = `${result.seconds.toFixed(0)} s, CPU ${result.cpuSeconds.toFixed(1)} s`;
    const place = `${mutant.file}:${mutant.line} ${mutant.mutator}`;
    const by = result.by === undefined ? '' : ` by ${result.by}`;
    report(
      `${done}/${mutants.length} ${result.status}: ${place}${by} (${cost}); about ${left.toFixed(0)} minutes left`,
    );
  });
}

/** How many mutants each check has found. */
class Kills {
  readonly #ofFiles = new Map<string, Map<string, number>>();
  readonly #ofAll = new Map<string, number>();

  before({ file }: Mutant) {
    return { ofFile: this.#ofFiles.get(file) ?? new Map<string, number>(), ofAll: this.#ofAll };
  }

  add({ file }: Mutant, check: string): void {
    const ofFile = this.#ofFiles.get(file) ?? new Map<string, number>();
    this.#ofFiles.set(file, ofFile);
    for (const counts of [ofFile, this.#ofAll]) counts.set(check, (counts.get(check) ?? 0) + 1);
  }
}

async function tryMutant(
  mutant: Mutant,
  trials: readonly Trial[],
  earlier: Result | undefined,
  options: TryOptions,
): Promise<Result> {
  const missedBy = [...(earlier?.missedBy ?? []), ...trials.map(({ covered }) => covered.key)];
  let [seconds, cpuSeconds] = [0, 0];
  let status: Status = missedBy.some((check) => check !== TYPES) ? 'survived' : 'not reached';
  let by: string | undefined;
  for (const together of inOneProcess(trials)) {
    const result = await runTrials(mutant, together, options);
    seconds += result.seconds;
    cpuSeconds += result.cpuSeconds;
    if (result.outcome === 'passed') continue;
    status = result.outcome === 'timed out' ? 'timed out' : 'killed';
    by = result.lastFile ?? together[0]!.covered.name;
    break;
  }
  if (by === undefined && !missedBy.includes(TYPES)) {
    // Last: it would find many that a test finds too, and those say more about the tests.
    if (options.types.fails(mutant)) [status, by] = ['killed', TYPES];
    else missedBy.push(TYPES);
  }
  return { mutant: mutant.key, status, ...(by !== undefined && { by }), missedBy, seconds, cpuSeconds };
}

/** Test files share a process. A command has its own. */
function inOneProcess(trials: readonly Trial[]): Trial[][] {
  const files = trials.filter(({ covered }) => 'file' in covered.check);
  const commands = trials.filter(({ covered }) => !('file' in covered.check));
  return [...(files.length > 0 ? [files] : []), ...commands.map((command) => [command])];
}

async function runTrials(mutant: Mutant, trials: readonly Trial[], options: TryOptions): Promise<Run> {
  const lastTests = Object.fromEntries(
    trials.flatMap(({ covered, lastTest }) => (lastTest === undefined ? [] : [[covered.name, lastTest]])),
  );
  const expectedMs = 1_000 * trials.reduce((sum, { seconds }) => sum + seconds, 0);
  const result = await run(
    options.copy,
    trials.map(({ covered }) => covered.check),
    { mutant: mutant.id, lastTests },
    { timeoutMs: expectedMs * TIMEOUT_FACTOR + options.graceMs, env: options.env },
  );
  if (result.outcome !== 'passed') await options.cleanUpAfter(result.pid);
  return result;
}
