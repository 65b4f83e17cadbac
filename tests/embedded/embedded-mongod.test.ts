import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { eventually, processesOf, startElsewhere, watchdogsOf } from '../support/embedded.js';

let binary: string;
let dataDir: string;
let running: EmbeddedMongod[];
let owners: ChildProcess[];
let squatters: net.Server[];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
});

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger embedded-'));
  running = [];
  owners = [];
  squatters = [];
});

afterEach(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  for (const mongod of running) mongod.kill();
  await Promise.all(running.map((mongod) => mongod.stop()));
  for (const squatter of squatters) squatter.close();
  await eventually(() => processesOf(dataDir).length === 0);
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startEmbeddedMongod>[0]> = {}): Promise<EmbeddedMongod> {
  const mongod = await startEmbeddedMongod({ binary, dataDir, report: () => {}, ...options });
  running.push(mongod);
  return mongod;
}

async function elsewhere(options?: { isReaped: boolean }) {
  const started = await startElsewhere(binary, dataDir, options);
  owners.push(started.owner);
  return started;
}

async function using<T>(uri: string, work: (client: mongoose.mongo.MongoClient) => Promise<T>): Promise<T> {
  const client = await mongoose.mongo.MongoClient.connect(uri, { serverSelectionTimeoutMS: 5_000 });
  return work(client).finally(() => client.close());
}

/** Writes a row in a transaction with the write concern of a reward. */
const write = (uri: string, n: number) =>
  using(uri, (client) =>
    client.withSession((session) =>
      session.withTransaction(
        async () => {
          await client.db().collection('rows').insertOne({ n }, { session });
        },
        { writeConcern: { w: 'majority', journal: true } },
      ),
    ),
  );
const rows = (uri: string) =>
  using(uri, async (client) =>
    (await client.db().collection('rows').find().sort({ n: 1 }).toArray()).map(({ n }) => n),
  );
const portOf = (uri: string) => Number(/:(\d+)\//.exec(uri)?.[1]);
/** Another program on a port. It closes every connection, including mongod's. */
async function squat(port: number): Promise<void> {
  const squatter = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  squatters.push(squatter);
  await once(squatter, 'listening');
}
const freePort = async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  return port;
};

describe('a start', () => {
  test('returns a primary with transactions and change streams, which listens on 127.0.0.1 only', async () => {
    const { uri } = await start();
    expect(uri).toMatch(
      /^mongodb:\/\/auraledger:[0-9a-f]{64}@127\.0\.0\.1:\d+\/auraledger\?replicaSet=auraledger&authSource=admin$/,
    );
    await using(uri, async (client) => {
      const changes = client.db().collection('rows').watch();
      const change = changes.next();
      await write(uri, 1);
      expect(await change).toMatchObject({ operationType: 'insert', fullDocument: { n: 1 } });
      await changes.close();
      const { parsed } = await client.db('admin').command({ getCmdLineOpts: 1 });
      expect(parsed).toMatchObject({
        net: { bindIp: '127.0.0.1', unixDomainSocket: { enabled: false } },
        storage: { engine: 'wiredTiger', wiredTiger: { engineConfig: { cacheSizeGB: 0.25 } } },
        setParameter: { transactionLifetimeLimitSeconds: '10' },
      });
    });
  });

  test('disables failpoints unless enableTestCommands is set', async () => {
    const failpoint = { configureFailPoint: 'failCommand', mode: 'off' };
    await using((await start()).uri, async (client) => {
      await expect(client.db('admin').command(failpoint)).rejects.toThrow(/no such command|configureFailPoint/);
    });
    await running[0]?.stop();
    await using((await start({ enableTestCommands: true })).uri, async (client) => {
      expect(await client.db('admin').command(failpoint)).toMatchObject({ ok: 1 });
    });
  });

  test('runs the database in its own process group, so that Ctrl-C does not reach it', async () => {
    const { pid } = await start();
    const group = (id: number) => Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(id)], { encoding: 'utf8' }));
    expect(group(pid)).toBe(pid);
    expect(group(pid)).not.toBe(group(process.pid));
  });

  test('creates the data directory without access for other users', async () => {
    await start();
    expect(((await stat(path.join(dataDir, 'mongodb'))).mode & 0o777).toString(8)).toBe('700');
  });
});

describe('a stop', () => {
  test('ends mongod and its watchdog, and may be called twice', async () => {
    const mongod = await start();
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
    expect(watchdogsOf(mongod.pid)).toHaveLength(1);
    const watchdogs = watchdogsOf(mongod.pid);
    await Promise.all([mongod.stop(), mongod.stop()]);
    expect(processesOf(dataDir)).toEqual([]);
    for (const watchdog of watchdogs) expect(() => process.kill(watchdog, 0)).toThrow('ESRCH');
    await mongod.stop();
  });

  test('by kill ends both and loses no data', async () => {
    const mongod = await start();
    await write(mongod.uri, 1);
    const watchdogs = watchdogsOf(mongod.pid);
    mongod.kill();
    await eventually(() => processesOf(dataDir).length === 0 && watchdogsOf(mongod.pid).length === 0);
    expect(watchdogs).toHaveLength(1);
    expect(await rows((await start()).uri)).toEqual([1]);
  });
});

describe('the data survive', () => {
  test('a stop; the next start uses the same port if it is free', async () => {
    const first = await start();
    await write(first.uri, 1);
    await first.stop();
    const second = await start();
    expect(second.uri).toBe(first.uri);
    await write(second.uri, 2);
    expect(await rows(second.uri)).toEqual([1, 2]);
  });

  test('a SIGKILL of mongod; the server is notified, and the end of the log is kept', async () => {
    const first = await start();
    await write(first.uri, 1);
    process.kill(first.pid, 'SIGKILL');
    expect(await first.ended).toBe(`SIGKILL; the end of its log is in ${dataDir}/mongod.log`);
    expect(watchdogsOf(first.pid)).toEqual([]);
    const second = await start();
    expect(await rows(second.uri)).toEqual([1]);
    expect(await readFile(path.join(dataDir, 'mongod.log'), 'utf8')).toMatch(/Waiting for connections/);
  });

  test('a change of port, also because the former port is in use', async () => {
    const first = await start();
    await write(first.uri, 1);
    await first.stop();
    const port = await freePort();
    const second = await start({ port });
    expect(portOf(second.uri)).toBe(port);
    await write(second.uri, 2);
    await second.stop();

    await squat(port);
    const third = await start();
    expect(portOf(third.uri)).not.toBe(port);
    expect(await rows(third.uri)).toEqual([1, 2]);
  });

  test('a SIGKILL of the server, followed by an immediate start', async () => {
    const first = await elsewhere();
    await write(first.uri, 1);
    first.owner.kill('SIGKILL');
    const second = await start();
    expect(await rows(second.uri)).toEqual([1]);
    expect(processesOf(dataDir)).toEqual([second.pid]);
  });

  test('a SIGKILL of the server and of its watchdog', async () => {
    const first = await elsewhere();
    await write(first.uri, 1);
    for (const watchdog of watchdogsOf(first.pid)) process.kill(watchdog, 'SIGKILL');
    first.owner.kill('SIGKILL');
    expect(await rows((await start()).uri)).toEqual([1]);
  });
});

test.each([true, false])(
  'after a SIGKILL of the server, the watchdog ends the database (server reaped: %s)',
  async (isReaped) => {
    const { ownerPid, pid } = await elsewhere({ isReaped });
    process.kill(ownerPid, 'SIGKILL');
    await eventually(() => processesOf(dataDir).length === 0 && watchdogsOf(pid).length === 0);
  },
);

describe('a second start on the same directory', () => {
  test('fails with one line that names the first server, which keeps running', async () => {
    const first = await elsewhere();
    const before = await readFile(path.join(dataDir, 'embedded.json'), 'utf8');
    await expect(start()).rejects.toThrow(
      new EmbeddedMongodError(
        `Another Auraledger (process ${first.owner.pid}) is using ${dataDir}: stop it, or set DATA_DIR to another directory`,
      ),
    );
    await write(first.uri, 1);
    expect(await rows(first.uri)).toEqual([1]);
    expect(processesOf(dataDir)).toEqual([first.pid]);
    expect(await readFile(path.join(dataDir, 'embedded.json'), 'utf8')).toBe(before);
  });

  test('at the same time: exactly one of the two succeeds', async () => {
    const both = await Promise.all([elsewhere(), elsewhere()]);
    const [winner] = both.filter(({ error }) => error === undefined);
    const [loser] = both.filter(({ error }) => error !== undefined);
    expect(loser?.error).toMatch(`Another Auraledger (process ${winner?.owner.pid})`);
    expect(processesOf(dataDir)).toEqual([winner?.pid]);
  });
});

describe('a start fails with a message for users', () => {
  test('if the port is in use', async () => {
    const port = await freePort();
    await squat(port);
    await expect(start({ port })).rejects.toThrow(`Port ${port} for the database is in use`);
  });

  test('if the directory is a file', async () => {
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    await expect(start({ dataDir: file })).rejects.toThrow(
      /^DATA_DIR: .*\/file cannot be written: .* is a file; set it to a directory \((ENOTDIR|EEXIST)\)$/,
    );
  });

  test('if mongod exits immediately; the message has its error', async () => {
    const fake = path.join(dataDir, 'fake');
    const line = JSON.stringify({ s: 'F', msg: 'Boom', attr: { error: 'no more\nluck' } });
    await writeFile(fake, `#!/bin/sh\nprintf '%s\\n' '${line}'\nexit 14\n`);
    await chmod(fake, 0o755);
    await expect(start({ binary: fake })).rejects.toThrow(
      `The embedded mongod (${fake}) did not start: no more luck; the end of its log is in ${dataDir}/mongod.log`,
    );
    expect(await readFile(path.join(dataDir, 'mongod.log'), 'utf8')).toBe(`${line}\n`);
  });

  test('if another version of mongod wrote the data', async () => {
    const fake = path.join(dataDir, 'fake');
    await writeFile(fake, '#!/bin/sh\nexit 62\n');
    await chmod(fake, 0o755);
    await expect(start({ binary: fake })).rejects.toThrow(
      /were written by another version of mongod: .* MONGOD_BINARY/,
    );
  });

  test('if the mongod does not exist', async () => {
    await expect(start({ binary: '/nowhere/mongod' })).rejects.toThrow(/\/nowhere\/mongod\) did not start: .*ENOENT/);
  });
});
