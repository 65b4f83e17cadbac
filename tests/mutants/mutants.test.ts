/** The runner of mutants, on a planted project of a few lines. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Covered } from './coverage.js';
import { instrument, type Mutant } from './mutants.js';
import { sampleOf, trialsFor } from './plan.js';
import { reportText, scoresOf, survivorsOf } from './report.js';
import { Results } from './results.js';
import { type Outcome, type RunOptions, runMutants } from './run-mutants.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'auraledger-planted-'));
  await symlink(path.join(project, 'node_modules'), path.join(root, 'node_modules'));
  await plant({
    'package.json': '{ "type": "module" }',
    '.swcrc': '{ "jsc": { "parser": { "syntax": "typescript" }, "target": "es2022" }, "module": { "type": "es6" } }',
    'jest.config.js': `export default {
      extensionsToTreatAsEsm: ['.ts'],
      moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
      transform: { '^.+\\\\.ts$': ['@swc/jest'] },
    };`,
    'src/rules/age.ts': 'export function isAdult(age: number): boolean {\n  return age >= 18;\n}\n',
    'tsconfig.json': '{ "compilerOptions": { "module": "NodeNext", "strict": true, "types": [] } }',
    'src/other/kind.ts': "export const kind = (): 'one' | 'other' => 'one';\n",
    'src/other/unused.ts': "export const unused = (): string => 'a text';\n",
    'src/other/endless.ts': `export function count(to: number): number {
      let at = 0;
      while (at < to) at += 1;
      return at;
    }`,
    'tests/rules/age.test.ts': testOf('../../src/rules/age.js', 'isAdult', { 17: false, 30: true }),
    'tests/other/endless.test.ts': testOf('../../src/other/endless.js', 'count', { 3: 3 }),
  });
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function plant(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
}

/** A test file that calls a function. */
const testOf = (module: string, name: string, results: Readonly<Record<number, unknown>>): string =>
  `import { expect, test } from '@jest/globals';
import { ${name} } from '${module}';
${Object.entries(results)
  .map(([of, is]) => `test('${of}', () => { expect(${name}(${of})).toBe(${is}); });`)
  .join('\n')}`;

async function tried(options: Partial<RunOptions>): Promise<Outcome & { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const outcome = await runMutants({
    ...{ root, cache: path.join(root, 'cache'), seed: '1', sample: undefined, only: '', resume: true },
    ...{ lanes: 2, maxSeconds: 60, graceMs: 4_000, leftOut: [], commands: [] },
    surroundings: async () => ({ env: {}, cleanUpAfter: async () => {}, stop: async () => {} }),
    report: (line) => lines.push(line),
    ...options,
  });
  return { ...outcome, lines };
}

/** Each change and what became of it. */
const statuses = ({ tried: mutants, results }: Outcome): Record<string, string> =>
  Object.fromEntries(
    mutants.map(({ original, replacement, key }) => [`${original} => ${replacement}`, results.get(key)!.status]),
  );

describe('a mutant', () => {
  test('is found if a test fails, and survives if none does', async () => {
    const outcome = await tried({ only: 'src/rules' });
    const source = 'age >= 18';
    expect(statuses(outcome)).toEqual({
      [`{\n  return ${source};\n} => {}`]: 'killed',
      [`${source} => true`]: 'killed',
      [`${source} => false`]: 'killed',
      [`${source} => age > 18`]: 'survived',
      [`${source} => age < 18`]: 'killed',
    });
    const [survivor] = survivorsOf(outcome.tried, outcome.results);
    expect(survivor).toMatchObject({ file: 'src/rules/age.ts', line: 2, mutator: 'EqualityOperator' });
    expect(scoresOf(outcome.tried, outcome.results).map(({ folder, score }) => [folder, score])).toEqual([
      ['rules', 80],
      ['all', 80],
    ]);
    const facts = { date: '2026-03-11', commit: 'abc', seed: '1', all: 5, maxSeconds: 60 };
    const reasons = { [survivor!.change]: 'Nobody is 18.' };
    expect(reportText(outcome.tried, outcome.results, reasons, facts)).toContain(
      '- `src/rules/age.ts:2: age >= 18 => age > 18`\n  Nobody is 18.',
    );
    expect(reportText(outcome.tried, outcome.results, {}, facts)).toContain('Not reviewed yet.');
  });

  test('that survived is tried again with new tests only, and one that was found is not', async () => {
    const again = await tried({ only: 'src/rules' });
    expect(again.lines.filter((line) => line.startsWith('coverage'))).toEqual([]);
    const before = again.tried.map(({ key }) => again.results.get(key));

    await plant({ 'tests/rules/of-age.test.ts': testOf('../../src/rules/age.js', 'isAdult', { 18: true }) });
    const { tried: mutants, results, lines } = await tried({ only: 'src/rules' });
    expect(lines.filter((line) => line.startsWith('coverage'))).toHaveLength(1);
    for (const [position, { key }] of mutants.entries()) {
      const result = results.get(key)!;
      if (before[position]!.status === 'killed') expect(result).toEqual(before[position]);
      else expect(result).toMatchObject({ status: 'killed', by: 'tests/rules/of-age.test.ts' });
    }
  });

  test('that no test reaches is listed as such, unless it does not compile; one that never ends is stopped', async () => {
    const outcome = await tried({ only: 'src/other' });
    const results = statuses(outcome);
    expect(results['\'a text\' => ""'] ?? results['"a text" => ""']).toBe('not reached');
    expect(results['at += 1 => at -= 1']).toBe('timed out');
    expect(results['at < to => false']).toBe('killed');
    expect(results['\'one\' => ""']).toBe('killed');
    expect(scoresOf(outcome.tried, outcome.results)[0]).toMatchObject({ folder: 'other', byTypes: 1 });
  });

  test('is never tried with a test that fails without it', async () => {
    const failing = 'tests/rules/failing.test.ts';
    await plant({ [failing]: testOf('../../src/rules/age.js', 'isAdult', { 1: true }) });
    const { lines, results, tried: mutants } = await tried({ only: 'src/rules', resume: false });
    expect(lines.filter((line) => line.includes('fails without a mutant'))).toHaveLength(1);
    expect(mutants.map(({ key }) => results.get(key)?.by)).not.toContain(failing);
    await rm(path.join(root, failing));
  });
});

test('the project itself is left as it is', async () => {
  expect(existsSync(path.join(root, 'mutants.jest.config.js'))).toBe(false);
  const { files } = await instrument(root);
  expect(files.get('src/rules/age.ts')).toContain('stryMutAct');
});

describe('a sample', () => {
  const mutant = (folder: string, number: number): Mutant => ({
    ...{
      id: `${number}`,
      file: `src/${folder}/file.ts`,
      line: 1,
      start: 0,
      mutator: 'x',
      original: 'x',
      replacement: 'y',
    },
    ...{ key: `${folder} ${number}`, change: `${folder} ${number}` },
  });
  const many = (folder: string, count: number) => Array.from({ length: count }, (_, number) => mutant(folder, number));
  const all = [...many('large', 900), ...many('small', 98), ...many('tiny', 2)];
  const countsOf = (sample: readonly Mutant[]) =>
    ['large', 'small', 'tiny'].map((folder) => sample.filter(({ file }) => file.includes(folder)).length);

  test('has mutants of each folder in proportion, and at least one', () => {
    expect(countsOf(sampleOf(all, 100, '1'))).toEqual([90, 10, 1]);
  });

  test('is the same for the same seed, and another one for another', () => {
    const keys = (seed: string) => sampleOf(all, 100, seed).map(({ key }) => key);
    expect(keys('1')).toEqual(keys('1'));
    expect(keys('2')).not.toEqual(keys('1'));
  });
});

describe('the checks for a mutant', () => {
  const mutant = { id: '7', file: 'src/actions/sign-in.ts' } as Mutant;
  const check = (file: string, seconds: number, reached: Record<string, number>, ends: number[] = []): Covered => ({
    ...{ name: file, check: { file }, key: file, seconds, reached, ends },
  });
  const coverage = [
    check('tests/http/long.test.ts', 20, { 7: 0 }),
    check('tests/http/short.test.ts', 1, { 7: 0 }),
    check('tests/actions/sign-out.test.ts', 5, { 7: 0 }),
    check('tests/actions/sign-in.test.ts', 9, { 7: 2 }, [3, 4, 8]),
    check('tests/http/helpful.test.ts', 30, { 7: 0 }),
    check('tests/actions/other.test.ts', 1, { 8: 0 }),
  ];
  const ofAll = new Map<string, number>();
  const names = (maxSeconds: number) =>
    trialsFor(mutant, coverage, { ofFile: new Map([['tests/http/helpful.test.ts', 3]]), ofAll }, maxSeconds).map(
      ({ covered }) => covered.name.split('/').at(-1),
    );

  test('begin with those of its file, then those that found others of it, then those of its folder', () => {
    expect(names(1_000)).toEqual([
      'sign-in.test.ts',
      'helpful.test.ts',
      'sign-out.test.ts',
      'short.test.ts',
      'long.test.ts',
    ]);
  });

  test('together take no longer than allowed, and end after the last test that reaches it', () => {
    expect(names(12)).toEqual(['sign-in.test.ts', 'sign-out.test.ts', 'short.test.ts']);
    ofAll.set('tests/http/long.test.ts', 50);
    expect(names(31)).toEqual(['sign-in.test.ts', 'sign-out.test.ts', 'long.test.ts', 'short.test.ts']);
    ofAll.clear();
    expect(trialsFor(mutant, coverage, { ofFile: new Map(), ofAll }, 1)[0]).toMatchObject({ lastTest: 2, seconds: 4 });
  });
});

test('results outlive an interrupted run, except for a line that was cut off', async () => {
  const file = path.join(root, 'results.jsonl');
  const result = { mutant: 'a', status: 'killed', missedBy: [], seconds: 1, cpuSeconds: 1 } as const;
  new Results(file, false).add(result);
  await writeFile(file, `${JSON.stringify(result)}\n{"mutant":"b","sta`);
  const resumed = new Results(file, true);
  expect([resumed.get('a'), resumed.get('b')]).toEqual([result, undefined]);
});
