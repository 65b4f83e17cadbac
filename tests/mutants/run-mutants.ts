/** All steps of a run of mutants, for any project that has src/, tests/ and a jest.config.js. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCoverage } from './coverage.js';
import type { Check } from './lane.js';
import { hashOf, instrument, type Mutant } from './mutants.js';
import { sampleOf } from './plan.js';
import { copyProject, type ProjectCopy } from './project-copy.js';
import { Results } from './results.js';
import type { Command } from './settings.js';
import { tryMutants } from './try-mutants.js';
import { TypeCheck } from './type-check.js';

export interface RunOptions {
  readonly root: string;
  /** The folder for what is kept between runs. */
  readonly cache: string;
  readonly seed: string;
  /** How many mutants to try; undefined: all. */
  readonly sample: number | undefined;
  /** Only mutants of files whose path begins with this. */
  readonly only: string;
  readonly resume: boolean;
  readonly lanes: number;
  /** What the checks of one mutant may take, measured without a mutant. */
  readonly maxSeconds: number;
  /** How much longer than expected a mutant may take before it counts as endless. Milliseconds. */
  readonly graceMs: number;
  readonly leftOut: readonly RegExp[];
  readonly commands: readonly Command[];
  /** Starts what the tests need. It gets the copy in which they run. */
  readonly surroundings: (copy: ProjectCopy) => Promise<Surroundings>;
  readonly report: (line: string) => void;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Removes what the tests of a process that did not end by itself left behind. */
  cleanUpAfter(pid: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Outcome {
  /** All mutants that were tried. Each has a result. */
  readonly tried: readonly Mutant[];
  /** How many mutants there are. */
  readonly all: number;
  readonly results: Results;
}

export async function runMutants(options: RunOptions): Promise<Outcome> {
  const { root, cache, seed, sample, only, resume, lanes, commands, report } = options;
  const instrumented = await instrument(root);
  const copy = await copyProject(root, instrumented);
  const { tests, helpers } = await testFilesOf(root, options.leftOut);
  const wanted = instrumented.mutants.filter(({ file }) => file.startsWith(only));
  const tried = sample === undefined ? wanted : sampleOf(wanted, sample, seed);
  report(`${instrumented.mutants.length} mutants, of which ${tried.length} are tried with ${tests.length} test files`);
  const surroundings = await options.surroundings(copy);
  try {
    const { env } = surroundings;
    const checks: Check[] = [...tests.map((file) => ({ file })), ...commands];
    const hash = hashOf([instrumented.hash, await contentOf(root, helpers)]);
    const kept = path.join(cache, 'coverage');
    const coverage = await readCoverage({ copy, checks, hash, cache: kept, lanes, env, report });
    const results = new Results(path.join(cache, 'results.jsonl'), resume);
    const types = new TypeCheck(root);
    await tryMutants(tried, { ...options, ...surroundings, copy, coverage, results, types });
    return { tried, all: instrumented.mutants.length, results };
  } finally {
    await surroundings.stop();
  }
}

/** @returns the test files to run, and the other files that they may depend on */
async function testFilesOf(root: string, leftOut: readonly RegExp[]): Promise<{ tests: string[]; helpers: string[] }> {
  const entries = await readdir(path.join(root, 'tests'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !leftOut.some((pattern) => pattern.test(file)))
    .sort();
  const isTest = (file: string) => file.endsWith('.test.ts');
  return { tests: files.filter(isTest), helpers: files.filter((file) => !isTest(file)) };
}

async function contentOf(root: string, files: readonly string[]): Promise<string> {
  const settings = ['package-lock.json', 'jest.config.js', '.swcrc'];
  const texts: string[] = [];
  for (const file of [...files, ...settings]) {
    texts.push(file, await readFile(path.join(root, file), 'utf8').catch(() => ''));
  }
  return hashOf(texts);
}
