/** Which checks reach which mutants. A run of all checks finds out; the results are kept until something changes. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Check, nameOf, run } from './lane.js';
import { hashOf } from './mutants.js';
import type { ProjectCopy } from './project-copy.js';

/** What a check reaches, and how long it takes. */
export interface Covered {
  readonly name: string;
  readonly check: Check;
  /** Changes with everything that the check depends on. */
  readonly key: string;
  readonly seconds: number;
  /** When each test ended, in order. Seconds from the start of the check. */
  readonly ends: readonly number[];
  /** By the number of a mutant: the last test that reaches it; 0 if all tests may depend on it. */
  readonly reached: Readonly<Record<string, number>>;
}

interface Kept extends Covered {
  /** The output of a check that fails without any mutant; such a check finds nothing. */
  readonly failure?: string;
}

/** A check without a mutant may take this long. Milliseconds. */
const TIMEOUT_MS = 600_000;

export interface CoverageOptions {
  readonly copy: ProjectCopy;
  readonly checks: readonly Check[];
  /** The state of everything but the test files themselves. */
  readonly hash: string;
  /** The folder in which the results are kept, one file for each check. */
  readonly cache: string;
  readonly lanes: number;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
}

/** @returns what each check reaches. Checks that fail without a mutant are reported and left out */
export async function readCoverage(options: CoverageOptions): Promise<Covered[]> {
  const { copy, checks, hash, cache, lanes, report } = options;
  await mkdir(cache, { recursive: true });
  const fileOf = (check: Check) => path.join(cache, `${nameOf(check).replaceAll('/', ' ')}.json`);
  const known = new Map<Check, Kept>();
  const missing: { readonly check: Check; readonly key: string }[] = [];
  for (const check of checks) {
    const text = 'file' in check ? await readFile(path.join(copy.directory, check.file), 'utf8') : '';
    const key = hashOf([hash, nameOf(check), text]);
    const kept: Kept | null = JSON.parse(await readFile(fileOf(check), 'utf8').catch(() => 'null'));
    if (kept?.key === key) known.set(check, kept);
    else missing.push({ check, key });
  }
  let done = 0;
  await inLanes(lanes, missing, async ({ check, key }) => {
    const kept = await coverageOf(check, key, options);
    known.set(check, kept);
    if (kept.failure === undefined) await writeFile(fileOf(check), JSON.stringify(kept));
    done += 1;
    report(`coverage ${done}/${missing.length}: ${kept.name} (${kept.seconds.toFixed(1)} s)`);
  });
  const all = checks.map((check) => known.get(check)!);
  for (const { name, failure } of all) {
    if (failure !== undefined) report(`${name} fails without a mutant and is left out:\n${failure}`);
  }
  return all.filter(({ failure }) => failure === undefined);
}

type Counts = Readonly<Record<string, number>>;

/** What the environment, or a process that a test started, has written. */
interface Written {
  readonly static?: Counts;
  readonly perTest?: Readonly<Record<string, Counts>>;
  readonly ends?: readonly number[];
}

async function coverageOf(check: Check, key: string, { copy, env }: CoverageOptions): Promise<Kept> {
  const place = await mkdtemp(path.join(os.tmpdir(), 'auraledger-coverage-'));
  try {
    const coverage = path.join(place, 'reached');
    const once = () => run(copy, [check], { coverage }, { timeoutMs: TIMEOUT_MS, env });
    let result = await once();
    // A busy machine may have been the cause.
    if (result.outcome !== 'passed') result = await once();
    const written: Written[] = await Promise.all(
      (await readdir(place)).map(async (name) => JSON.parse(await readFile(path.join(place, name), 'utf8'))),
    );
    const loadSeconds = result.seconds - (written.flatMap(({ ends = [] }) => ends).at(-1) ?? 0) / 1_000;
    return {
      name: nameOf(check),
      check,
      key,
      seconds: result.seconds,
      ends: written.flatMap(({ ends = [] }) => ends.map((ms) => loadSeconds + ms / 1_000)),
      reached: reachedIn(written),
      ...(result.outcome !== 'passed' && { failure: `${result.outcome}\n${result.output}` }),
    };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function reachedIn(written: readonly Written[]): Record<string, number> {
  const reached: Record<string, number> = {};
  for (const { perTest = {} } of written) {
    for (const [test, counts] of Object.entries(perTest)) {
      for (const id of Object.keys(counts)) reached[id] = Math.max(reached[id] ?? 0, Number(test));
    }
  }
  for (const counts of written.map((each) => each.static ?? {})) for (const id of Object.keys(counts)) reached[id] = 0;
  return reached;
}

/** Works on all items, at most `lanes` at the same time. */
export async function inLanes<Item>(
  lanes: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    }),
  );
}
