/** Which server may use a data directory, also after a SIGKILL. The database's answers decide, not process IDs. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import {
  type EmbeddedMongod,
  type EmbeddedMongodOptions,
  runningEmbeddedUri,
  startEmbeddedMongod,
} from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { createOwnerClient } from '../../src/embedded/holder.js';
import { MongodProcess } from '../../src/embedded/mongod-process.js';
import { type Elsewhere, eventually, processesOf, startElsewhere, watchdogsOf } from '../support/embedded.js';
import { until } from '../support/main-process.js';

let binary: string;
let dataDir: string;
let running: EmbeddedMongod[];
let others: ChildProcess[];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
  foreign = startOnForeign();
  foreign.catch(() => {});
});

afterAll(async () => {
  await foreign.catch(() => {});
});

interface Foreign {
  readonly directory: string;
  readonly pid: number;
  readonly refusal: string;
}

/** The start waits 30 s for that mongod to end, so it runs concurrently with the other tests. */
let foreign: Promise<Foreign>;

async function startOnForeign(): Promise<Foreign> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-foreign-'));
  const dbPath = path.join(directory, 'mongodb');
  await mkdir(dbPath);
  const args = ['--dbpath', dbPath, '--port', '0', '--bind_ip', '127.0.0.1', '--nounixsocket'];
  const mongod = spawn(binary, args, { stdio: 'ignore' });
  try {
    await eventually(() => existsSync(path.join(dbPath, 'WiredTiger.turtle')));
    const started = startEmbeddedMongod({ binary, dataDir: directory, report: () => {} });
    const refusal = await started.then(
      () => 'none',
      (error: Error) => error.message,
    );
    return { directory, pid: mongod.pid!, refusal };
  } finally {
    mongod.kill('SIGKILL');
    await once(mongod, 'exit');
    await rm(directory, { recursive: true, force: true });
  }
}

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger-lock-'));
  running = [];
  others = [];
});

afterEach(async () => {
  for (const other of others) other.kill('SIGKILL');
  for (const mongod of running) mongod.kill();
  await Promise.all(running.map((mongod) => mongod.stop()));
  for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
  await eventually(() => processesOf(dataDir).length === 0);
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function start(options: Partial<EmbeddedMongodOptions> = {}): Promise<EmbeddedMongod> {
  const mongod = await startEmbeddedMongod({ binary, dataDir, report: () => {}, ...options });
  running.push(mongod);
  return mongod;
}

async function elsewhere(options?: { isReaped: boolean }): Promise<Elsewhere> {
  const started = await startElsewhere(binary, dataDir, options);
  others.push(started.owner);
  return started;
}

const noteFile = () => path.join(dataDir, 'embedded.json');

/** Makes the note name a running process that is not the server, as after the reuse of a process ID. */
async function setOwnerInNote(pid: number): Promise<void> {
  const before = JSON.parse(await readFile(noteFile(), 'utf8'));
  await writeFile(noteFile(), JSON.stringify({ ...before, pid }));
}

function sleeper(): number {
  const other = spawn('sleep', ['120'], { stdio: 'ignore' });
  others.push(other);
  return other.pid!;
}

const stateOf = (pid: number) => execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim();

async function using<T>(uri: string, work: (rows: mongoose.mongo.Collection) => Promise<T>): Promise<T> {
  const client = await mongoose.mongo.MongoClient.connect(uri, { serverSelectionTimeoutMS: 5_000 });
  return work(client.db().collection('rows')).finally(() => client.close());
}

describe('a start is not blocked', () => {
  test('by a killed server that is a zombie', async () => {
    const { ownerPid } = await elsewhere({ isReaped: false });
    process.kill(ownerPid, 'SIGKILL');
    await eventually(() => stateOf(ownerPid) === 'Z');
    const mongod = await start();
    expect(stateOf(ownerPid)).toBe('Z');
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
  });

  test("by another process with the former server's process ID", async () => {
    const { owner, pid } = await elsewhere();
    for (const watchdog of watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
    owner.kill('SIGKILL');
    await setOwnerInNote(sleeper());
    const mongod = await start();
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
  });

  test('by a zombie whose watchdog was killed as well', async () => {
    const { ownerPid, pid } = await elsewhere({ isReaped: false });
    for (const watchdog of watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
    process.kill(ownerPid, 'SIGKILL');
    const mongod = await start();
    expect(stateOf(ownerPid)).toBe('Z');
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
  });

  test("by a client without a login that uses the server's application name", async () => {
    const { owner, pid, uri } = await elsewhere();
    const address = uri.replace(/\/\/[^@]*@/, '//').replace('&authSource=admin', '');
    const stranger = await mongoose.mongo.MongoClient.connect(address, { appName: 'auraledger-owner 1' });
    try {
      for (const watchdog of watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
      owner.kill('SIGKILL');
      const mongod = await start();
      expect(processesOf(dataDir)).toEqual([mongod.pid]);
    } finally {
      await stranger.close();
    }
  });

  test('by the note of a stopped database whose port another database uses now', async () => {
    const { port, pid } = JSON.parse(await start().then(() => readFile(noteFile(), 'utf8')));
    await running[0]!.stop();
    const other = await mkdtemp(path.join(os.tmpdir(), 'auraledger-lock-'));
    try {
      await start({ dataDir: other, port });
      await setOwnerInNote(pid);
      expect(await runningEmbeddedUri(dataDir)).toBeNull();
      const mongod = await start();
      expect(mongod.uri).not.toContain(`:${port}/`);
    } finally {
      await running[1]?.stop();
      await rm(other, { recursive: true, force: true });
    }
  });

  // Run twice, because a failure depends on timing.
  test.each([1, 2])('by a server that is killed while it writes (run %d)', async () => {
    const { owner, uri } = await elsewhere();
    const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 500 });
    const rows = client.db().collection<{ _id: number }>('rows');
    let acknowledged = 0;
    let isOver = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !isOver; n += 1) {
        await rows.insertOne({ _id: n * 8 + writer }, { writeConcern: { w: 'majority', journal: true } });
        acknowledged += 1;
      }
    });
    for (const writer of writers) writer.catch(() => {});
    await eventually(() => acknowledged > 200);
    owner.kill('SIGKILL');
    const mongod = await start();
    isOver = true;
    await Promise.allSettled(writers);
    await client.close();
    expect(await using(mongod.uri, (collection) => collection.countDocuments())).toBeGreaterThanOrEqual(acknowledged);
  });
});

describe('a second server', () => {
  test('is refused with the process ID of the first, even if the note has another one', async () => {
    const first = await elsewhere();
    await setOwnerInNote(sleeper());
    await expect(start()).rejects.toThrow(
      `Another Auraledger (process ${first.ownerPid}) is using ${dataDir}: stop it, or set DATA_DIR to another directory`,
    );
    expect(await using(first.uri, (rows) => rows.countDocuments())).toBe(0);
  });

  test('is refused while the first one hangs, because its connection is open', async () => {
    const first = await elsewhere();
    process.kill(first.ownerPid, 'SIGSTOP');
    await expect(start()).rejects.toThrow(`Another Auraledger (process ${first.ownerPid})`);
    expect(processesOf(dataDir)).toEqual([first.pid]);
  });

  test('of three at the same time: one succeeds, and the others name it', async () => {
    const all = await Promise.all([elsewhere(), elsewhere(), elsewhere()]);
    const winners = all.filter(({ error }) => error === undefined);
    expect(winners).toHaveLength(1);
    const refusal = `Another Auraledger (process ${winners[0]!.ownerPid}) is using ${dataDir}: stop it, or set DATA_DIR to another directory`;
    expect(all.flatMap(({ error }) => error ?? [])).toEqual([refusal, refusal]);
    expect(processesOf(dataDir)).toEqual([winners[0]!.pid]);
  });

  test('is refused with the process ID of a foreign mongod that holds the directory', async () => {
    const { directory, pid, refusal } = await foreign;
    expect(refusal).toBe(
      `A mongod (process ${pid}) is using ${directory}: stop it, or set DATA_DIR to another directory`,
    );
  });
});

test('a database that answers again, and has no server yet, is not shut down by a start that waits for it', async () => {
  await (await start()).stop();
  const directory = new DataDirectory(dataDir);
  const { port } = (await directory.readNote())!;
  const { dbPath, keyFile } = directory;
  const mongod = new MongodProcess({ binary, dbPath, port, keyFile });
  const owner = createOwnerClient(port, await directory.key(), 10_000);
  try {
    await mongod.waitUntilListening(() => {});
    process.kill(mongod.pid, 'SIGSTOP');
    let checks = 0;
    const report = () => {
      checks += 1;
    };
    const starting = start({ report });
    starting.catch(() => {});
    // A check takes 3 s without an answer, so the third one is more than 3 s after the end of the first.
    await until(() => checks === 3);
    process.kill(mongod.pid, 'SIGCONT');
    await until(() => checks === 4);
    await owner.connect();
    await expect(starting).rejects.toThrow(`Another Auraledger (process ${process.pid}) is using ${dataDir}`);
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
  } finally {
    await owner.close();
    mongod.kill();
    await mongod.stop();
  }
});

describe('the URI of a running database', () => {
  test('is returned while its server runs, and null once the server is gone, even if mongod still runs', async () => {
    const { uri, owner, pid } = await elsewhere();
    expect(await runningEmbeddedUri(dataDir)).toBe(uri);
    await setOwnerInNote(sleeper());
    expect(await runningEmbeddedUri(dataDir)).toBe(uri);
    for (const watchdog of watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
    owner.kill('SIGKILL');
    await eventually(() => owner.signalCode !== null);
    const deadline = Date.now() + 5_000;
    let found = await runningEmbeddedUri(dataDir);
    while (found !== null && Date.now() < deadline) found = await runningEmbeddedUri(dataDir);
    expect(found).toBeNull();
    expect(processesOf(dataDir)).toEqual([pid]);
  });
});

test('a database that runs on a copy of the directory is not mistaken for it, despite the same port and key', async () => {
  await (await start()).stop();
  const { port } = JSON.parse(await readFile(noteFile(), 'utf8'));
  const copy = `${dataDir}-copy`;
  await cp(dataDir, copy, { recursive: true });
  const copied = await start({ dataDir: copy, port });
  try {
    expect(await runningEmbeddedUri(copy)).toBe(copied.uri);
    expect(await runningEmbeddedUri(dataDir)).toBeNull();
  } finally {
    await copied.stop();
    await rm(copy, { recursive: true, force: true });
  }
});

test('a start that is cancelled while it waits for the directory ends and leaves no process', async () => {
  const first = await elsewhere();
  const cancelling = new AbortController();
  const starting = start({ signal: cancelling.signal });
  setTimeout(() => cancelling.abort(new Error('stopped')), 500);
  await expect(starting).rejects.toThrow(/^stopped$/);
  expect(processesOf(dataDir)).toEqual([first.pid]);
});
