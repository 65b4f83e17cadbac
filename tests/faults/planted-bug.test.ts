import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inCopy, project } from '../architecture/project-copy.js';
import { bugs } from './bugs/index.js';
import { applyPatch, withPlantedBug } from './planted-bug.js';

const file = 'src/granting/pay-reward.ts';
const planted = 'grantedAt: new Date()';
const read = (root: string) => readFile(path.join(root, file), 'utf8');

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-variant-'));
});

afterEach(async () => {
  delete process.env.GIT_DIR;
  delete process.env.GIT_WORK_TREE;
  await rm(directory, { recursive: true });
});

test('the copy has the bug, the project does not, and the copy is deleted afterwards', async () => {
  const copy = await withPlantedBug('clock-read-inside', async (root) => {
    expect(await read(root)).toContain(planted);
    return root;
  });
  expect(existsSync(copy)).toBe(false);
  expect(await read(project)).not.toContain(planted);
});

test.each(bugs.map(({ name }) => name))('the patch of %s applies to the product', async (name) => {
  const patch = path.join(project, `tests/faults/bugs/${name}.patch`);
  const files = [...(await readFile(patch, 'utf8')).matchAll(/^--- a\/(.+)$/gm)].map(([, changed]) => changed!);
  await inCopy(files, {}, async (root) => {
    expect(await applyPatch(patch, root)).toEqual(files);
  });
});

test('given a copy inside a repository that GIT_DIR names, the patch is still applied', async () => {
  execFileSync('git', ['init', '--quiet', directory]);
  process.env.GIT_DIR = path.join(directory, '.git');
  process.env.GIT_WORK_TREE = directory;
  const root = path.join(directory, 'copy');
  await cp(path.join(project, file), path.join(root, file));
  await applyPatch(path.join(project, 'tests/faults/bugs/clock-read-inside.patch'), root);
  expect(await read(root)).toContain(planted);
});

test.each([
  ['no longer applies', '-no such line', '+another line', 'patch does not apply'],
  ['changes nothing', '-/** What', '+/** What', 'has changed nothing in src/group-by.ts'],
])('given a patch that %s, applyPatch throws', async (_, removed, added, message) => {
  await inCopy(['src/group-by.ts'], {}, async (root) => {
    const [first = '', second = ''] = (await readFile(path.join(root, 'src/group-by.ts'), 'utf8')).split('\n');
    const body = [removed, added].map((line) => line.replace('/** What', first));
    const name = 'src/group-by.ts';
    const patch = path.join(directory, 'some.patch');
    const lines = [`--- a/${name}`, `+++ b/${name}`, '@@ -1,2 +1,2 @@', ...body, ` ${second}`, ''];
    await writeFile(patch, lines.join('\n'));
    await expect(applyPatch(patch, root)).rejects.toThrow(message);
  });
});
