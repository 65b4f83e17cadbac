import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assertFirstLoad, LARGEST_FIRST_LOAD } from '../../scripts/first-load.mjs';
import { project } from './project-copy.js';

let built: string;

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), 'auraledger-first-load-'));
  const chunks = {
    'main.tsx': { file: 'main.js', isEntry: true, imports: ['_shared.js'], dynamicImports: ['teacher.tsx'] },
    '_shared.js': { file: 'shared.js', imports: ['_deep.js'] },
    '_deep.js': { file: 'deep.js', imports: ['_shared.js'] },
    'teacher.tsx': { file: 'teacher.js', imports: ['main.tsx'] },
  };
  await writeFile(path.join(built, 'assets.json'), JSON.stringify(chunks));
  for (const [name, size] of Object.entries({ main: 500, shared: 300, deep: 200, teacher: 5_000 }))
    await writeFile(path.join(built, `${name}.js.gz`), Buffer.alloc(size));
});

afterAll(() => rm(built, { recursive: true, force: true }));

test('the first load is the entry and all that it imports at once, each chunk once', async () => {
  expect(await assertFirstLoad(built, 1_000)).toBe(1_000);
});

test('above its limit the build fails, with the size of each chunk, the largest first', async () => {
  await expect(assertFirstLoad(built, 999)).rejects.toThrow(
    /1000 bytes of script, and may have 999[\s\S]*500 main\.js\n {2}300 shared\.js\n {2}200 deep\.js$/,
  );
});

test('the first load of the built web client is within the limit', async () => {
  expect(await assertFirstLoad(path.join(project, 'dist/web/app'))).toBeLessThanOrEqual(LARGEST_FIRST_LOAD);
});
