import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { MongodProcess } from '../../src/embedded/mongod-process.js';
import type { Report } from '../../src/report.js';
import { eventually, processesOf, startElsewhere, watchdogsOf } from '../support/embedded.js';
import { until } from '../support/main-process.js';

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
/** Counts the changes of the replica set. */
const configVersion = (uri: string): Promise<number> =>
  using(uri, async (client) => (await client.db('admin').command({ replSetGetConfig: 1 })).config.version);
const portOf = (uri: string) => Number(/:(\d+)\//.exec(uri)?.[1]);
/** Another program on a port. It closes every connection, including mongod's. */
async function squat(port: number): Promise<void> {
  const squatter = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  squatters.push(squatter);
  await once(squatter, 'listening');
}
/** A program in place of mongod. */
async function fakeMongod(body: string): Promise<string> {
  const file = path.join(dataDir, 'fake');
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
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
        operationProfiling: { slowOpThresholdMs: 1_000 },
        replication: { oplogSizeMB: 256 },
        setParameter: {
          diagnosticDataCollectionEnabled: 'false',
          enableLocalhostAuthBypass: 'false',
          shutdownTimeoutMillisForSignaledShutdown: '1000',
          transactionLifetimeLimitSeconds: '10',
        },
        storage: {
          engine: 'wiredTiger',
          wiredTiger: {
            engineConfig: {
              cacheSizeGB: 0.25,
              configString:
                'eviction_dirty_target=50,eviction_dirty_trigger=75,eviction_updates_target=40,eviction_updates_trigger=60',
            },
          },
        },
        systemLog: { quiet: true },
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

  test('has a watchdog, whatever options this process has for Node.js', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--import /nowhere.mjs';
    try {
      const { pid } = await start();
      expect(watchdogsOf(pid)).toHaveLength(1);
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });

  test('creates the data directory without access for other users', async () => {
    await start();
    expect(((await stat(path.join(dataDir, 'mongodb'))).mode & 0o777).toString(8)).toBe('700');
  });
});

describe('a stop', () => {
  /** Nobody is told that the database ended, and no log of a failure is written. */
  async function expectNoReport({ ended }: EmbeddedMongod): Promise<void> {
    expect(await Promise.race([ended, sleep(300, 'nothing')])).toBe('nothing');
    expect(await readdir(dataDir)).not.toContain('mongod.log');
  }

  test('ends mongod and its watchdog, and may be called twice', async () => {
    const mongod = await start();
    expect(processesOf(dataDir)).toEqual([mongod.pid]);
    expect(watchdogsOf(mongod.pid)).toHaveLength(1);
    const watchdogs = watchdogsOf(mongod.pid);
    await Promise.all([mongod.stop(), mongod.stop()]);
    expect(processesOf(dataDir)).toEqual([]);
    await expectNoReport(mongod);
    for (const watchdog of watchdogs) expect(() => process.kill(watchdog, 0)).toThrow('ESRCH');
    // mongod empties its lock file when it shuts down cleanly.
    expect(await new DataDirectory(dataDir).lockHolderPid()).toBeNull();
    await mongod.stop();
  });

  test('by kill ends both and loses no data', async () => {
    const mongod = await start();
    await write(mongod.uri, 1);
    const watchdogs = watchdogsOf(mongod.pid);
    mongod.kill();
    await eventually(() => processesOf(dataDir).length === 0 && watchdogsOf(mongod.pid).length === 0);
    expect(watchdogs).toHaveLength(1);
    await expectNoReport(mongod);
    expect(await rows((await start()).uri)).toEqual([1]);
  });

  test('that mongod does not react to ends it by force, and so does the watchdog of a server that is gone', async () => {
    const [own, theirs] = [await start(), await startElsewhere(binary, path.join(dataDir, 'second'))];
    owners.push(theirs.owner);
    for (const { pid } of [own, theirs]) process.kill(pid, 'SIGSTOP');
    theirs.owner.kill('SIGKILL');
    await own.stop();
    const left = () => [
      ...processesOf(dataDir),
      ...processesOf(path.join(dataDir, 'second')),
      ...watchdogsOf(theirs.pid),
    ];
    await until(() => left().length === 0);
    expect(left()).toEqual([]);
  });
});

test('a shutdown by somebody else is reported with the exit code', async () => {
  const { uri, ended } = await start();
  await using(uri, (client) =>
    client
      .db('admin')
      .command({ shutdown: 1, force: true })
      .catch(() => {}),
  );
  expect(await ended).toBe(`exit code 0; the end of its log is in ${dataDir}/mongod.log`);
});

describe('the data survive', () => {
  test('a stop; the next start uses the same port if it is free', async () => {
    const first = await start();
    await write(first.uri, 1);
    const version = await configVersion(first.uri);
    await first.stop();
    const second = await start();
    expect(second.uri).toBe(first.uri);
    await write(second.uri, 2);
    expect(await rows(second.uri)).toEqual([1, 2]);
    expect(await configVersion(second.uri)).toBe(version);
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
    const lines: string[] = [];
    const report: Report = (line, kind) => lines.push(`${kind}: ${line}`);
    expect(await rows((await start({ report })).uri)).toEqual([1]);
    expect(lines).toContain('progress: Waiting for the database of the last run to end');
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
      /^DATA_DIR: .*\/file cannot be written: .* is a file; set it to a directory \(ENOTDIR\)$/,
    );
  });

  test('if mongod exits immediately; the message has its error', async () => {
    const line = JSON.stringify({ s: 'F', msg: 'Boom', attr: { error: 'no more\nluck' } });
    const fake = await fakeMongod(`printf '%s\\n' '${line}'; exit 14`);
    await expect(start({ binary: fake })).rejects.toThrow(
      `The embedded mongod (${fake}) did not start: no more luck; the end of its log is in ${dataDir}/mongod.log`,
    );
    expect(await readFile(path.join(dataDir, 'mongod.log'), 'utf8')).toBe(`${line}\n`);
  });

  test.each([
    ['exits without a word', 'exit 14', 'exit code 14'],
    ['cannot create its lock file', 'echo Unable to create the lock file; exit 100', 'exit code 100'],
    ['crashes', 'kill -SEGV $$', 'SIGSEGV'],
    ['exits before it is the primary', 'echo Waiting for connections; exit 14', 'it ended with exit code 14'],
  ])('if mongod %s', async (_, body, how) => {
    const fake = await fakeMongod(body);
    await expect(start({ binary: fake })).rejects.toThrow(
      new EmbeddedMongodError(
        `The embedded mongod (${fake}) did not start: ${how}; the end of its log is in ${dataDir}/mongod.log`,
      ),
    );
  });

  test('and the last 200 lines of the log; the first of the last 20 errors is taken for the cause', async () => {
    const error = JSON.stringify({ s: 'E', msg: 'error NUMBER' }).replace('NUMBER', '%d');
    const fake = await fakeMongod(`
      n=1; while [ $n -le 300 ]; do echo "line $n"; n=$((n + 1)); done
      n=1; while [ $n -le 25 ]; do printf '${error}\\n' $n; n=$((n + 1)); done; exit 14`);
    await expect(start({ binary: fake })).rejects.toThrow(/ did not start: error 6; /);
    const lines = (await readFile(path.join(dataDir, 'mongod.log'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(200);
    expect([lines[0], lines[174]]).toEqual(['line 126', 'line 300']);
    expect(lines[199]).toContain('error 25');
  });

  test('if no port is free: it tries that of the last run and four others, or only the one that is set', async () => {
    const fake = await fakeMongod('echo "$*" >> "$0.calls"; exit 48');
    const [former, own] = [await freePort(), await freePort()];
    await new DataDirectory(dataDir).writeNote({ pid: 1, mongodPid: 1, port: former });
    await expect(start({ binary: fake })).rejects.toThrow(/^Port \d+ for the database is in use$/);
    await expect(start({ binary: fake, port: own })).rejects.toThrow(`Port ${own} for the database is in use`);
    const calls = (await readFile(`${fake}.calls`, 'utf8')).trim().split('\n');
    const ports = calls.map((call) => Number(/--port (\d+)/.exec(call)?.[1]));
    expect(ports).toEqual([former, ...Array(4).fill(expect.any(Number)), own]);
    expect(ports.slice(1)).not.toContain(former);
  });

  test('if another version of mongod wrote the data', async () => {
    const fake = await fakeMongod('exit 62');
    await expect(start({ binary: fake })).rejects.toThrow(
      /were written by another version of mongod: .* MONGOD_BINARY/,
    );
  });

  test('if the mongod does not exist', async () => {
    await expect(start({ binary: '/nowhere/mongod' })).rejects.toThrow(/\/nowhere\/mongod\) did not start: .*ENOENT/);
  });
});

describe('while mongod starts', () => {
  test('and that takes long, the user sees what the start is waiting for', async () => {
    const fake = await fakeMongod('sleep 3; echo Waiting for connections; sleep 3; exit 14');
    const lines: string[] = [];
    const report: Report = (line, kind) => lines.push(`${kind}: ${line}`);
    await expect(start({ binary: fake, report })).rejects.toThrow('it ended with exit code 14');
    expect(lines).toEqual([
      'progress: The database is recovering from its journal',
      'progress: Waiting for the database to become primary',
    ]);
  });

  test('a line of its log may arrive in parts', async () => {
    const fake = await fakeMongod(
      "printf 'first\\nWaiting for conn'; sleep 0.3; printf 'ections\\nla'; while :; do sleep 0.1; done",
    );
    const mongod = new MongodProcess({ binary: fake, dbPath: path.join(dataDir, 'mongodb'), port: 1 });
    try {
      expect(await mongod.waitUntilListening(() => {})).toBe('listening');
      expect(mongod.log).toEqual(['first', 'Waiting for connections']);
    } finally {
      mongod.kill();
      await mongod.stop();
    }
  });

  test('the start can be cancelled, and no process is left', async () => {
    const fake = await fakeMongod('echo Waiting for connections; echo > "$0.begun"; while :; do sleep 0.1; done');
    const cancelling = new AbortController();
    const starting = start({ binary: fake, signal: cancelling.signal });
    starting.catch(() => {});
    await eventually(() => existsSync(`${fake}.begun`));
    cancelling.abort(new Error('stopped'));
    await expect(starting).rejects.toThrow(/^stopped$/);
    expect(processesOf(dataDir)).toEqual([]);
  });
});
