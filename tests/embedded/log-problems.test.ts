/** The messages when mongod cannot start or ends unexpectedly, for full disks, damaged files and unusable directories. */
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { diagnose, errorTextOf } from '../../src/embedded/log-problems.js';

let binary: string;
/** The data directory of a database that has data and was stopped. */
let used: string;
let scratch: string;
let dataDir: string;
let running: EmbeddedMongod[];
let mounted: string[];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
  used = await mkdtemp(path.join(os.tmpdir(), 'auraledger-used-'));
  const mongod = await startEmbeddedMongod({ binary, dataDir: used, report: () => {} });
  await fill(mongod.uri, 20);
  await mongod.stop();
  // Preallocated journal files: 100 MB each, and empty.
  const journal = path.join(used, 'mongodb', 'journal');
  for (const name of await readdir(journal)) if (name.includes('Preplog')) await rm(path.join(journal, name));
});

afterAll(async () => {
  await rm(used, { recursive: true, force: true });
});

beforeEach(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'auraledger-problems-'));
  dataDir = path.join(scratch, 'data');
  await mkdir(dataDir);
  running = [];
  mounted = [];
});

afterEach(async () => {
  for (const mongod of running) mongod.kill();
  await Promise.all(running.map((mongod) => mongod.stop()));
  for (const directory of mounted) execFileSync('umount', ['--lazy', directory]);
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** Writes this many rows of 100 kB. */
async function fill(uri: string, rows: number): Promise<void> {
  const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 500 });
  try {
    for (let n = 0; n < rows; n += 1)
      await client
        .db()
        .collection('rows')
        .insertOne({ text: 'x'.repeat(100_000) });
  } finally {
    await client.close();
  }
}

async function start(): Promise<EmbeddedMongod> {
  const mongod = await startEmbeddedMongod({ binary, dataDir, report: () => {} });
  running.push(mongod);
  return mongod;
}

/** Starts the database and returns the message of its failure, which must be one line. */
async function refusal(): Promise<string> {
  const error = await start().then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EmbeddedMongodError);
  expect(`${error}`).toMatch(/^EmbeddedMongodError: /);
  const { message } = error as Error;
  expect(message).not.toMatch(/\n|fassert|Writing fatal message/);
  return message;
}

/** Mounts a small disk at dataDir. Returns false if this user may not mount; the test is then skipped with a note. */
function mount(options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', dataDir], { stdio: 'pipe' });
    mounted.push(dataDir);
    return true;
  } catch {
    process.stderr.write(`Skipped: this user cannot mount a small disk (${expect.getState().currentTestName})\n`);
    return false;
  }
}

const ADVICE = {
  full: 'the disk of /data is full: free some space, or move the directory to a larger disk and set DATA_DIR',
  openFiles: 'the limit of open files is too low: raise it (ulimit -n 4096)',
  version:
    'the data in /data were written by another version of mongod: name a mongod of that version with MONGOD_BINARY, ' +
    'or set DATA_DIR to another directory',
  key:
    'mongod does not accept /data/database-key: it must be readable by this user only (chmod 600), and so DATA_DIR ' +
    'must be on a file system with permissions; or delete the file, and the next start creates a new one',
  owner: 'files in /data belong to another user: start as that user, or give them to this one (chown -R)',
  readOnly: '/data is on a read-only file system: set DATA_DIR to a directory that can be written',
  disk: 'the disk of /data does not work: replace it and restore a backup (docs/operations.md)',
  memory: 'the machine has too little free memory: stop another program, or add memory',
  damaged:
    'the data files in /data/mongodb are damaged: keep them, restore a backup (docs/operations.md), or set DATA_DIR ' +
    'to an empty directory',
  processor: 'this processor lacks instructions that this mongod needs (AVX): name another one with MONGOD_BINARY',
  library: 'a library is missing: install it (on Debian and Ubuntu: apt-get install libcurl4 libssl3)',
};

test.each<[string, keyof typeof ADVICE]>([
  ['/data/mongodb/journal/WiredTigerLog.1: handle-write: pwrite: No space left on device', 'full'],
  ['pwrite: Disk quota exceeded', 'full'],
  ['accept: Too many open files', 'openFiles'],
  ['** UPGRADE PROBLEM: the data files need to be fully upgraded to version 7.0', 'version'],
  ['unsupported WiredTiger file version: this build only supports versions up to 3.5', 'version'],
  ['exit code 62', 'version'],
  ['Unable to acquire security key[s]', 'key'],
  ['permissions on /data/database-key are too open', 'key'],
  ['/data/mongodb/WiredTiger.wt: handle-open: open: Permission denied', 'owner'],
  ['Operation not permitted', 'owner'],
  ['/data/mongodb/mongod.lock: Read-only file system', 'readOnly'],
  ['/data/mongodb/collection-0.wt: handle-read: pread: Input/output error', 'disk'],
  ['mmap: Cannot allocate memory', 'memory'],
  ['Out of memory', 'memory'],
  ['WT_TRY_SALVAGE: database corruption detected', 'damaged'],
  ['the data files are CORRUPT', 'damaged'],
  ['read checksum error for 4096B block at offset 8192', 'damaged'],
  ['file does not appear to be a WiredTiger file', 'damaged'],
  ['fatal read error', 'damaged'],
  ['WT_ERROR: non-specific WiredTiger error', 'damaged'],
  ['/data/mongodb/collection-0.wt: handle-open: open: No such file or directory', 'damaged'],
  ['_mdb_catalog.wt: unexpected end-of-file', 'damaged'],
  ['SIGILL', 'processor'],
  ['mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file', 'library'],
])('for "%s", the message says what to do: %s', (text, advice) => {
  const described = `${ADVICE[advice]} (${text})`;
  expect(diagnose([text], 'SIGABRT', '/data')).toBe(described);
  expect(diagnose(['Boom', text, 'pwrite: No space left on device', 'SIGILL'], 'SIGABRT', '/data')).toBe(described);
  expect(diagnose(['Boom'], text, '/data')).toBe(described);
});

test('of unknown errors, the message has the first; without one, how mongod ended', () => {
  expect(diagnose(['Boom', 'Bang'], 'SIGABRT', '/data')).toBe('Boom');
  expect(diagnose([], 'SIGABRT', '/data')).toBe('SIGABRT');
});

test('errors in the log are not the cause of a shutdown by somebody else', () => {
  const cut = 'CloseConnectionForShutdownCommand: Closing the connection running the shutdown command';
  expect(diagnose([cut, 'pwrite: No space left on device'], 'exit code 0', '/data')).toBe('exit code 0');
});

test.each<[unknown, string | null]>([
  [{ s: 'I', msg: 'Started' }, null],
  [{ s: 'W', msg: 'Slow disk' }, null],
  [{ s: 'E', msg: 'No luck' }, 'No luck'],
  [{ s: 'F', msg: 'No luck', attr: {} }, 'No luck'],
  [{ s: 'E', msg: 'Failed', attr: { error: 'no\n  luck' } }, 'no luck'],
  [{ s: 'E', msg: 'Failed', attr: { error: { code: 2, errmsg: 'no luck' } } }, 'no luck'],
  [{ s: 'E', msg: 'Failed', attr: { message: 'no luck' } }, 'no luck'],
  [{ s: 'E', msg: 'Failed', attr: { message: { msg: 'pwrite', error_str: 'no luck' } } }, 'pwrite: no luck'],
  [
    { s: 'E', msg: 'Failed', attr: { message: { msg: 'pwrite', error_str: 'no luck' }, error: 'x' } },
    'pwrite: no luck',
  ],
  [{ s: 'F', msg: 'x'.repeat(301) }, 'x'.repeat(300)],
  [{ msg: 'No severity' }, null],
  [null, null],
])('the error of the log line %j is %j', (line, text) => {
  expect(errorTextOf(JSON.stringify(line))).toBe(text);
});

test.each([
  ['mongod: error while loading shared libraries: libcurl.so.4: cannot open', true],
  ['accept: Too many open files', true],
  ['BACKTRACE: 0x55', false],
  ['', false],
])('a line outside the format of the log is an error only if it has a known cause: %s', (line, isError) => {
  expect(errorTextOf(line)).toBe(isError ? line : null);
});

const FULL = /the disk of .* is full: free some space, .*DATA_DIR \(.*No space left on device.*\)/;

describe('a full disk', () => {
  test('ends the database; its message and that of the next start name the cause, though no log can be written', async () => {
    if (!mount('size=60m')) return;
    const mongod = await start();
    await writeFile(path.join(dataDir, 'filler'), '');
    await expect(
      (async () => {
        const filler = await open(path.join(dataDir, 'filler'), 'a');
        for (;;)
          await filler.write(Buffer.alloc(100_000)).catch(() => filler.close().then(() => Promise.reject('full')));
      })(),
    ).rejects.toBe('full');
    await expect(fill(mongod.uri, 1_000)).rejects.toThrow();
    const how = await mongod.ended;
    expect(how).toMatch(/^SIGABRT: /);
    expect(how).toMatch(FULL);
    expect(how).toMatch(/its log could not be written to .*mongod\.log \(ENOSPC\)$/);
    expect(await readdir(dataDir)).not.toContain('mongod.log');

    const next = await refusal();
    expect(next).toMatch(/^The embedded mongod \(.*\) did not start: /);
    expect(next).toMatch(FULL);

    await rm(path.join(dataDir, 'filler'));
    await fill((await start()).uri, 1);
  });

  test('without room for the directory is an error about DATA_DIR', async () => {
    if (!mount('size=4k,nr_inodes=2')) return;
    expect(await refusal()).toMatch(
      /^DATA_DIR: .* cannot be written: its disk is full; free some space, .* \(ENOSPC\)$/,
    );
  });
});

describe('damaged files', () => {
  const dbPath = () => path.join(dataDir, 'mongodb');

  async function damage(file: string, from = 0): Promise<void> {
    const handle = await open(path.join(dbPath(), file), 'r+');
    await handle.write(Buffer.alloc(4_096, 'damage'), 0, 4_096, from);
    await handle.close();
  }

  async function collectionFiles(): Promise<string[]> {
    return (await readdir(dbPath())).filter((name) => name.startsWith('collection-'));
  }

  const damages: Record<string, () => Promise<void>> = {
    'WiredTiger.wt': () => damage('WiredTiger.wt'),
    'WiredTiger.turtle': () => damage('WiredTiger.turtle'),
    'the catalog': () => damage('_mdb_catalog.wt'),
    'sizeStorer.wt': () => damage('sizeStorer.wt'),
    'every collection file': async () => {
      for (const name of await collectionFiles()) await damage(name);
    },
    'a block of every collection': async () => {
      for (const name of await collectionFiles()) await damage(name, 4_096);
    },
    'the journal': async () => {
      const names = await readdir(path.join(dbPath(), 'journal'));
      for (const name of names.filter((each) => each.startsWith('WiredTigerLog')))
        await damage(path.join('journal', name));
    },
    'an empty WiredTiger.wt': () => truncate(path.join(dbPath(), 'WiredTiger.wt')),
    'a missing WiredTiger.wt': () => rm(path.join(dbPath(), 'WiredTiger.wt')),
    'missing collection files': async () => {
      for (const name of await collectionFiles()) await rm(path.join(dbPath(), name));
    },
  };

  test.each(Object.keys(damages))(
    '%s: the message says what is damaged and what to do, and mongod.log has the details',
    async (what) => {
      await cp(used, dataDir, { recursive: true });
      await damages[what]!();
      const message = await refusal();
      expect(message).toContain(`the data files in ${dataDir}/mongodb are damaged: keep them, restore a backup`);
      expect(message).toMatch(/docs\/operations\.md.*\(.+\); the end of its log is in .*mongod\.log$/);
      expect(await readFile(path.join(dataDir, 'mongod.log'), 'utf8')).toMatch(/"s":"F"/);
    },
  );
});

describe('a start fails with a clear message if the directory', () => {
  test('is on a read-only file system', async () => {
    if (!mount('size=1m,ro')) return;
    expect(await refusal()).toMatch(
      /^DATA_DIR: .* cannot be written: it is on a read-only file system; set it to .* \(EROFS\)$/,
    );
  });

  test('became read-only after the last run', async () => {
    if (!mount('size=200m')) return;
    await cp(used, dataDir, { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', dataDir]);
    expect(await refusal()).toMatch(/read-only file system/);
  });

  test('is a file, or is below a file', async () => {
    dataDir = path.join(scratch, 'file');
    await writeFile(dataDir, '');
    const problem = 'it or a parent of it is a file; set it to a directory (ENOTDIR)';
    expect(await refusal()).toBe(`DATA_DIR: ${dataDir} cannot be written: ${problem}`);
    dataDir = path.join(scratch, 'file', 'below');
    expect(await refusal()).toBe(`DATA_DIR: ${dataDir} cannot be written: ${problem}`);
  });

  test('has a file in place of the directory of the data', async () => {
    await writeFile(path.join(dataDir, 'mongodb'), '');
    expect(await refusal()).toBe(
      `DATA_DIR: ${dataDir} cannot be written: mongodb in it is a file; set it to another directory (EEXIST)`,
    );
  });

  test('has a lock file that mongod cannot open; it is not taken for that of another mongod', async () => {
    await mkdir(path.join(dataDir, 'mongodb'));
    await symlink('/nowhere/mongod.lock', path.join(dataDir, 'mongodb', 'mongod.lock'));
    expect(await refusal()).toMatch(
      /^The embedded mongod \(.*\) did not start: .*Unable to create\/open the lock file: .*mongod\.log$/,
    );
  });

  test('has too long a name', async () => {
    dataDir = path.join(scratch, 'x'.repeat(300));
    expect(await refusal()).toBe(
      `DATA_DIR: ${dataDir} cannot be written: ${dataDir}/mongodb: ENAMETOOLONG; set it to a directory of your own`,
    );
  });

  test('has data of another version of mongod', async () => {
    const fake = path.join(scratch, 'fake');
    await writeFile(fake, '#!/bin/sh\nexit 62\n');
    await chmod(fake, 0o755);
    const starting = startEmbeddedMongod({ binary: fake, dataDir, report: () => {} });
    await expect(starting).rejects.toThrow(/were written by another version of mongod: .* MONGOD_BINARY/);
  });
});
