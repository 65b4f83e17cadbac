/** The files beside the data: the note about the running database, the end of its log, and the lock. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DataDirectory } from '../../src/embedded/data-directory.js';

let root: string;
let directory: DataDirectory;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'auraledger-directory-'));
  directory = new DataDirectory(root);
  await directory.ensureExists();
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const noteFile = (of = root) => path.join(of, 'embedded.json');

describe('the note', () => {
  const note = { pid: 7, mongodPid: 8, port: 27_017 };

  test('is read as it was written, also if the path is written in another way', async () => {
    await directory.writeNote(note);
    expect(await directory.readNote()).toEqual(note);
    expect(await new DataDirectory(path.relative(process.cwd(), `${root}/mongodb/..`)).readNote()).toEqual(note);
  });

  test('is ignored in a copy of the directory, where it describes the database of the original', async () => {
    await directory.writeNote(note);
    const copy = path.join(root, 'copy');
    await mkdir(copy);
    await copyFile(noteFile(), noteFile(copy));
    expect(await new DataDirectory(copy).readNote()).toBeNull();
  });

  test.each([
    [{ pid: undefined }],
    [{ mongodPid: null }],
    [{ port: '27017' }],
    [{ port: 0 }],
    [{ pid: -1 }],
    [{ port: 1.5 }],
  ])('is ignored if it is incomplete: %j', async (change) => {
    await writeFile(noteFile(), JSON.stringify({ ...note, of: root, ...change }));
    expect(await directory.readNote()).toBeNull();
  });

  test.each(['', '{"pid":', 'null'])('is ignored if it is damaged: %j', async (content) => {
    await writeFile(noteFile(), content);
    expect(await directory.readNote()).toBeNull();
  });
});

describe('the log', () => {
  test('is written, and replaces the former one', async () => {
    await directory.writeLog(['a', 'long', 'log']);
    expect(await readFile(path.join(root, 'mongod.log'), 'utf8')).toBe('a\nlong\nlog\n');
    expect(await directory.writeLog(['short'])).toBe(`the end of its log is in ${root}/mongod.log`);
    expect(await readFile(path.join(root, 'mongod.log'), 'utf8')).toBe('short\n');
  });

  test('that cannot be written is named with the reason', async () => {
    await mkdir(path.join(root, 'mongod.log'));
    expect(await directory.writeLog(['text'])).toBe(`its log could not be written to ${root}/mongod.log (EISDIR)`);
  });
});

test.each([
  ['4711\n', 4_711],
  ['', null],
  [null, null],
])('the holder of a lock file with %j is process %j', async (content, pid) => {
  if (content !== null) await writeFile(path.join(root, 'mongodb', 'mongod.lock'), content);
  expect(await directory.lockHolderPid()).toBe(pid);
});

test('the key is null if there is none, or if it cannot be read', async () => {
  expect(await directory.readKey()).toBeNull();
  await mkdir(directory.keyFile);
  expect(await directory.readKey()).toBeNull();
});
