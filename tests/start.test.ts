/** Failing starts. Each step has a time limit, ends at the first signal, and reports its failure in one line. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type EmbeddedMongod, startEmbeddedMongod } from '../src/embedded/embedded-mongod.js';
import { findMongod } from '../src/embedded/find-mongod.js';
import { processesOf } from './support/embedded.js';
import { type MainOptions, type MainProcess, preloading, startMain, until } from './support/main-process.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const NOBODY = 65_534;
let binary: string;
let scratch: string;
let dataDir: string;
let mains: MainProcess[];
let servers: net.Server[];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
});

beforeEach(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'auraledger-start-'));
  dataDir = path.join(scratch, 'data');
  await mkdir(dataDir);
  mains = [];
  servers = [];
});

afterEach(async () => {
  for (const main of mains) main.process.kill('SIGKILL');
  for (const server of servers) server.close();
  await until(() => processesOf(dataDir).length === 0);
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

function serve(options: MainOptions = {}): MainProcess {
  const main = startMain(dataDir, options);
  mains.push(main);
  return main;
}

const withUri = (uri: string): MainOptions => ({
  env: { MONGODB_URI: uri, JWT_SECRET: 'a secret of the tests, long enough' },
});

async function script(name: string, body: string): Promise<string> {
  const file = path.join(scratch, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Sends SIGTERM, and expects exit code 0 and no error output. */
async function expectStoppable(main: MainProcess): Promise<void> {
  main.process.kill('SIGTERM');
  expect(await Promise.race([main.ended, sleep(20_000, 'still running', { ref: false })])).toBe(0);
  expect(main.written.err).toBe('');
  expect(main.written.out).toMatch(/SIGTERM: finishing running requests/);
}

/** Expects the process to exit by itself with code 1 and one line of error output. */
async function expectRefused(main: MainProcess, message: RegExp): Promise<void> {
  expect(await main.ended).toBe(1);
  expect(main.written.err).toMatch(message);
  expect(main.written.err).toMatch(/^[^\n]+\n$/);
}

describe('on a set under fsyncLock with an empty database', () => {
  let set: EmbeddedMongod;
  let setDir: string;
  let client: mongoose.mongo.MongoClient;

  beforeAll(async () => {
    setDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger-locked-'));
    set = await startEmbeddedMongod({ binary, dataDir: setDir, report: () => {} });
    client = await mongoose.mongo.MongoClient.connect(set.uri);
    await client.db('admin').command({ fsync: 1, lock: true });
  });

  afterAll(async () => {
    await client.close();
    set.kill();
    await set.stop();
    await rm(setDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  test('a start times out and reports what it waited for; another start ends at the first signal', async () => {
    const patient = serve(withUri(set.uri.replace('/auraledger?', '/empty?')));
    const stopped = serve(withUri(set.uri.replace('/auraledger?', '/void?')));
    const isCreating = async () => {
      const waiting = await client
        .db('admin')
        .aggregate([{ $currentOp: { allUsers: true } }, { $match: { 'command.create': { $exists: true } } }])
        .toArray();
      return ['empty', 'void'].every((name) => waiting.some(({ ns }) => ns?.startsWith(`${name}.`)));
    };
    while (!(await isCreating())) await sleep(100);
    await expectStoppable(stopped);
    await expectRefused(
      patient,
      /^Cannot create the collection \w+: the database accepts no writes: it may be locked by fsyncLock \(\{ fsyncUnlock: 1 \} unlocks it\), .*\n$/,
    );
    expect(patient.written.err).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('with few open files', () => {
  test('too few: the start fails with what to do, and downloads nothing', async () => {
    const main = serve({ openFiles: 64, env: { XDG_CACHE_HOME: scratch } });
    await expectRefused(
      main,
      /^The limit of open files is 64, too low to start: raise it to 1024 or more \(ulimit -n; .*\)\n$/,
    );
    expect(main.written.out).toBe('');
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('few: the server warns, and serves', async () => {
    const main = serve({ openFiles: 512 });
    expect((await fetch(`${await main.ready()}/health/ready`)).status).toBe(200);
    expect(main.written.err).toMatch(/^The limit of open files is 512, too low for a full class: .*\n$/);
  });

  test('none left: a cached mongod that cannot be run is not downloaded again', async () => {
    const requests: (string | undefined)[] = [];
    const mirror = http.createServer((request, response) => {
      requests.push(request.url);
      response.writeHead(404).end();
    });
    servers.push(mirror.listen(0, '127.0.0.1'));
    await once(mirror, 'listening');
    const cache = path.join(scratch, 'auraledger', 'mongod');
    await mkdir(cache, { recursive: true });
    await copyFile(binary, path.join(cache, `mongod-6.0.5-${process.platform}-${process.arch}`));
    const program = `
      import { openSync } from 'node:fs';
      import { findMongod } from './src/embedded/find-mongod.js';
      const find = () => findMongod({ report: console.log, env: { PATH: '', HOME: '/nowhere', XDG_CACHE_HOME: ${JSON.stringify(scratch)} } });
      console.log('before', (await find()).source);
      try { for (;;) openSync('/dev/null'); } catch {}
      await find().then(({ source }) => console.log('found', source), (error) => console.log(error.message));`;
    const file = path.join(root, 'tests', 'support', `.find-${process.pid}.ts`);
    await writeFile(file, program.replaceAll("'./src/", "'../../src/"));
    try {
      const command = `ulimit -n 64; exec "$0" --import ./scripts/typescript.mjs ${file}`;
      const env = {
        PATH: process.env.PATH,
        MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(mirror.address() as net.AddressInfo).port}`,
        MONGOMS_USE_HTTP: 'true',
      };
      const child = spawn('sh', ['-c', command, process.execPath], {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
      await once(child, 'close');
      expect(output).toMatch(/^before cache\ncache .* could not be tried: .*EMFILE.*raise it \(ulimit -n 4096.*\n$/);
      expect(requests).toEqual([]);
    } finally {
      await rm(file);
    }
  });
});

describe('a mongod', () => {
  test('that prints nothing: the start ends at the first signal, and no process is left', async () => {
    const mute = await script(
      'mute',
      `case "$*" in --version) echo "db version v6.0.5" ;; *) echo > ${dataDir}/begun; exec sleep 100 ;; esac`,
    );
    const main = serve({ env: { MONGOD_BINARY: mute } });
    while (!(await readdir(dataDir)).includes('begun')) await sleep(50);
    await expectStoppable(main);
  });

  test('whose --version hangs: the start ends at the first signal', async () => {
    const main = serve({ env: { MONGOD_BINARY: await script('hanging', `echo > ${dataDir}/begun; exec sleep 100`) } });
    while (!(await readdir(dataDir)).includes('begun')) await sleep(50);
    await expectStoppable(main);
  });

  test('that is too old: the start fails with one line', async () => {
    const old = await script('old', 'echo "db version v4.4.29"');
    await expectRefused(
      serve({ env: { MONGOD_BINARY: old } }),
      /^MONGOD_BINARY: .*old: is version 4\.4\.29, and 6\.0 or newer is needed; accepted: /,
    );
  });

  test('that pip is downloading: the start ends at the first signal, and no partial file is left', async () => {
    const bin = path.join(scratch, 'bin');
    await mkdir(bin);
    await script(
      'bin/python3',
      `PATH=/usr/bin:/bin\ncase "$*" in *--version) echo "pip 24.0" ;; *) echo > ${dataDir}/begun; sleep 100 ;; esac`,
    );
    const cache = path.join(scratch, 'cache');
    const env = {
      PATH: bin,
      HOME: scratch,
      XDG_CACHE_HOME: cache,
      MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:1',
      MONGOMS_USE_HTTP: 'true',
    };
    // The project's own cache may have a mongod.
    const main = serve({ env });
    await until(() => main.process.exitCode !== null || main.written.out.includes('Fetching mongod'));
    if (!main.written.out.includes('Fetching mongod')) {
      process.stderr.write('Skipped: the cache of this project has a mongod, so none is downloaded\n');
      return;
    }
    await expectStoppable(main);
    expect(await readdir(path.join(cache, 'auraledger', 'mongod'))).toEqual([]);
  });
});

describe('a database that hangs', () => {
  test('before it accepts the connection: the start ends at the first signal', async () => {
    let connected = 0;
    const mute = net.createServer((socket) => {
      connected += 1;
      socket.on('error', () => {});
    });
    servers.push(mute.listen(0, '127.0.0.1'));
    await once(mute, 'listening');
    const { port } = mute.address() as net.AddressInfo;
    const main = serve(withUri(`mongodb://somebody:pa55w0rd@127.0.0.1:${port}/?serverSelectionTimeoutMS=50000`));
    await until(() => connected > 0);
    await expectStoppable(main);
  });

  test('during a command: the start ends at the first signal', async () => {
    const dir = path.join(scratch, 'set');
    const set = await startEmbeddedMongod({ binary, dataDir: dir, report: () => {}, enableTestCommands: true });
    try {
      const client = await mongoose.mongo.MongoClient.connect(set.uri);
      const data = { failCommands: ['listIndexes'], blockConnection: true, blockTimeMS: 60_000, appName: 'auraledger' };
      await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
      const main = serve(withUri(set.uri));
      const names = async () => (await client.db().listCollections({}, { nameOnly: true }).toArray()).length;
      while ((await names()) === 0) await sleep(50);
      await sleep(500);
      await expectStoppable(main);
      await client.close();
    } finally {
      set.kill();
      await set.stop();
    }
  });
});

/** Makes the time limits of some steps pass at once. The first argument of setTimeout is read on each call. */
const withoutPatience = (limitMs: number): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: preloading(`
    const wait = globalThis.setTimeout;
    globalThis.setTimeout = (act, ms, ...more) => wait(act, ms === ${limitMs} ? 1_000 : ms, ...more);`),
});

describe('a step that takes too long fails with what to do about it', () => {
  test('connecting to a database that answers no command', async () => {
    const mute = net.createServer((socket) => void socket.on('error', () => {}));
    servers.push(mute.listen(0, '127.0.0.1'));
    await once(mute, 'listening');
    const { port } = mute.address() as net.AddressInfo;
    const { env } = withUri(`mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=50000`);
    await expectRefused(
      serve({ env: { ...env, ...withoutPatience(60_000) } }),
      /^Connecting to the database did not finish within 60 s: it answers only some commands; look at its log\n$/,
    );
  });

  test('writing to a disk that does not answer', async () => {
    // A named pipe that nobody writes to does not answer either.
    execFileSync('mkfifo', [path.join(dataDir, 'database-key')]);
    const main = serve({ env: withoutPatience(30_000) });
    await until(() => main.written.err !== '');
    expect(main.written.err).toBe(
      `Writing to ${dataDir} did not finish within 30 s: its disk does not answer; set DATA_DIR to a directory on a disk of this machine\n`,
    );
  });

  test('looking for a mongod that hangs', async () => {
    const hanging = await script('hanging', 'exec sleep 100');
    await expectRefused(
      serve({ env: { MONGOD_BINARY: hanging, ...withoutPatience(1_800_000) } }),
      /^Looking for mongod did not finish within 1800 s: name one with MONGOD_BINARY\n$/,
    );
  });

  test.each([
    [
      'a mongod that does not listen',
      'exec sleep 100',
      /^Starting mongod did not finish within 120 s: \S+fake has not reported that it listens; stop what keeps the machine busy, or name another one with MONGOD_BINARY\n$/,
    ],
    [
      'a mongod that answers no command',
      'echo Waiting for connections; exec sleep 100',
      /^The embedded mongod \(\S+fake\) did not start: Making the database primary did not finish within 120 s: the machine may be too busy; start again, and look at mongod\.log in DATA_DIR if that does not help; the end of its log is in \S+mongod\.log\n$/,
    ],
  ])('starting %s', async (_, body, message) => {
    const fake = await script('fake', `case "$*" in --version) echo "db version v6.0.5" ;; *) ${body} ;; esac`);
    await expectRefused(serve({ env: { MONGOD_BINARY: fake, ...withoutPatience(120_000) } }), message);
  });

  test('creating the indexes in a database that does not answer', async () => {
    const set = await startEmbeddedMongod({
      binary,
      dataDir: path.join(scratch, 'set'),
      report: () => {},
      enableTestCommands: true,
    });
    try {
      const client = await mongoose.mongo.MongoClient.connect(set.uri);
      const data = { failCommands: ['listIndexes'], blockConnection: true, blockTimeMS: 60_000, appName: 'auraledger' };
      await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
      await expectRefused(
        serve({ env: { ...withUri(set.uri).env, ...withoutPatience(1_800_000) } }),
        /^Creating the collections and indexes did not finish within 1800 s: the database is too busy, or accepts no writes; look at its log\n$/,
      );
      await client.close();
    } finally {
      set.kill();
      await set.stop();
    }
  });
});

describe('a failed start prints one line', () => {
  test('for an address where nothing listens, without stack and password', async () => {
    const main = serve(withUri('mongodb://somebody:pa55w0rd@127.0.0.1:1/?serverSelectionTimeoutMS=300'));
    await expectRefused(
      main,
      /^MONGODB_URI: nothing listens at 127\.0\.0\.1:1 \(ECONNREFUSED\): start the database there/,
    );
    expect(main.written.err + main.written.out).not.toContain('pa55w0rd');
  });

  test('for a full disk', async () => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=2', 'none', dataDir], { stdio: 'pipe' });
    } catch {
      process.stderr.write('Skipped: this user cannot mount a small disk\n');
      return;
    }
    try {
      await expectRefused(serve(), /^DATA_DIR: .* cannot be written: its disk is full; .* \(ENOSPC\)\n$/);
    } finally {
      execFileSync('umount', ['--lazy', dataDir]);
    }
  });

  test.each([
    [0o700, 'EACCES'],
    [0o777, 'EPERM'],
  ])('for a directory of another user (mode %d)', async (mode, code) => {
    if (process.getuid?.() !== 0) {
      process.stderr.write('Skipped: only root can run a test as another user\n');
      return;
    }
    await chmod(scratch, 0o755);
    await mkdir(path.join(dataDir, 'mongodb'));
    await chmod(dataDir, mode);
    const own = path.join(scratch, 'mongod');
    await copyFile(binary, own);
    await chmod(own, 0o755);
    const main = serve({ uid: NOBODY, env: { MONGOD_BINARY: own, HOME: scratch } });
    await expectRefused(
      main,
      new RegExp(
        `^DATA_DIR: .* cannot be written: it belongs to another user; set it to a directory of your own \\(${code}\\)\\n$`,
      ),
    );
  });
});
