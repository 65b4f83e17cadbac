import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { builtServer } from '../support/built-server.js';
import { spawnedEnvironment } from '../support/spawned-environment.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let copy: string;

/** A copy of the project, because the program writes its schema file. */
beforeEach(async () => {
  copy = await mkdtemp(path.join(os.tmpdir(), 'auraledger-schema-'));
  await mkdir(path.join(copy, 'schema'));
  const dist = path.dirname(builtServer(root, 'main.js'));
  await cp(dist, path.join(copy, 'dist'), { recursive: true, filter: (file) => file !== path.join(dist, 'web') });
  await cp(path.join(root, 'package.json'), path.join(copy, 'package.json'));
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
});

afterEach(() => rm(copy, { recursive: true, force: true }));

/** Runs the program of `npm run schema`. */
function printSchema(...args: string[]) {
  const command = [builtServer(copy, path.join('cli', 'print-schema.js')), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    env: spawnedEnvironment({}),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('it writes the schema; with --check it compares only, and fails if the file differs or is not there', async () => {
  const file = path.join(copy, 'schema', 'schema.graphql');
  const differs = {
    status: 1,
    stdout: '',
    stderr: 'schema/schema.graphql does not match the code. Run "npm run schema" and review the change.\n',
  };
  expect(printSchema('--check')).toEqual(differs);
  expect(printSchema()).toEqual({ status: 0, stdout: 'schema/schema.graphql written\n', stderr: '' });
  const written = await readFile(file, 'utf8');
  expect(written).toBe(await readFile(path.join(root, 'schema', 'schema.graphql'), 'utf8'));
  expect(printSchema('--check')).toEqual({ status: 0, stdout: 'schema/schema.graphql matches the code\n', stderr: '' });

  await writeFile(file, `${written}\n`);
  expect(printSchema('--check')).toEqual(differs);
  expect(await readFile(file, 'utf8')).toBe(`${written}\n`);
  expect(printSchema('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--check only compares') });
});
