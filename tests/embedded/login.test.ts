/** Access to the embedded database: only users who can read the key in DATA_DIR can log in. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import {
  type EmbeddedMongod,
  type EmbeddedMongodOptions,
  startEmbeddedMongod,
} from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { MongodProcess } from '../../src/embedded/mongod-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
/** The user ID of `nobody` on Linux. */
const NOBODY = 65_534;

let binary: string;
let dataDir: string;
let running: EmbeddedMongod[];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
  if (!isRoot) process.stderr.write('Skipped: only root can run a test as another user\n');
});

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger-login-'));
  // Otherwise the mode of the directory alone would keep other users out.
  await chmod(dataDir, 0o755);
  running = [];
});

afterEach(async () => {
  for (const mongod of running) mongod.kill();
  await Promise.all(running.map((mongod) => mongod.stop()));
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function start(options: Partial<EmbeddedMongodOptions> = {}): Promise<EmbeddedMongod> {
  const mongod = await startEmbeddedMongod({ binary, dataDir, report: () => {}, ...options });
  running.push(mongod);
  return mongod;
}

async function using<T>(uri: string, work: (client: mongoose.mongo.MongoClient) => Promise<T>): Promise<T> {
  const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  return work(client).finally(() => client.close());
}

const keyFile = () => path.join(dataDir, 'database-key');
const key = async () => (await readFile(keyFile(), 'utf8')).trim();
const withoutLogin = (uri: string) => uri.replace(/\/\/[^@]*@/, '//').replace(/&authSource=\w+/, '');
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
const rowsOf = (uri: string) => using(uri, (client) => client.db().collection('rows').countDocuments());
const writeRow = (uri: string) => using(uri, (client) => client.db().collection('rows').insertOne({}));

async function freePort(): Promise<number> {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  listener.close();
  return port;
}

const FORBIDDEN: Record<string, mongoose.mongo.Document> = {
  listDatabases: { listDatabases: 1 },
  find: { find: 'rows', $db: 'auraledger' },
  insert: { insert: 'rows', documents: [{}] },
  createUser: { createUser: 'me', pwd: 'me', roles: ['root'] },
  replSetGetConfig: { replSetGetConfig: 1 },
  getCmdLineOpts: { getCmdLineOpts: 1 },
  shutdown: { shutdown: 1, force: true },
};

/** Runs each command as a client without a login, and returns the outcomes. */
async function attempts(uri: string): Promise<Record<string, string>> {
  return using(withoutLogin(uri), async (client) => {
    const outcomes: Record<string, string> = {};
    for (const [name, { $db = 'admin', ...command }] of Object.entries(FORBIDDEN)) {
      outcomes[name] = await client
        .db($db)
        .command(command)
        .then(
          () => 'done',
          (error: Error) => error.message,
        );
    }
    return outcomes;
  });
}

const allRefused = Object.fromEntries(
  Object.keys(FORBIDDEN).map((name) => [name, expect.stringMatching(/requires authentication/)]),
);

describe('a client without a login', () => {
  test('is refused every command, and so is a client with a wrong password', async () => {
    const { uri } = await start();
    await writeRow(uri);
    expect(await attempts(uri)).toEqual(allRefused);
    await expect(rowsOf(uri.replace(await key(), '0'.repeat(64)))).rejects.toThrow('Authentication failed');
    expect(await rowsOf(uri)).toBe(1);
  });

  test('can never create the first user, even during the first start', async () => {
    const port = await freePort();
    const outcomes = new Set<string>();
    let isOver = false;
    const attacker = (async () => {
      while (!isOver) {
        // A new client each time: the driver does not try again after a failed connection.
        const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
          serverSelectionTimeoutMS: 50,
        });
        const attack = client.db('admin').command({ createUser: 'me', pwd: 'me', roles: ['root'] });
        outcomes.add(
          await attack.then(
            () => 'created',
            (error: Error) => error.message,
          ),
        );
        await client.close();
      }
    })();
    const starting = start({ port }).finally(() => {
      isOver = true;
    });
    await attacker;
    const { uri } = await starting;
    expect([...outcomes]).toContainEqual(expect.stringMatching(/requires authentication/));
    expect(outcomes).not.toContain('created');
    const { users } = await using(uri, (own) => own.db('admin').command({ usersInfo: 1 }));
    expect(users.map(({ user }: { user: string }) => user)).toEqual(['auraledger']);
  });

  (isRoot ? test : test.skip)('that runs as another local user cannot read the key or the data', async () => {
    const { uri } = await start();
    const script = `
      import { access, readFile, readdir } from 'node:fs/promises';
      const outcome = (work) => work.then(() => 'done', (error) => error.code);
      console.log(JSON.stringify({
        user: process.getuid(),
        directory: await outcome(readdir(${JSON.stringify(dataDir)})),
        key: await outcome(readFile(${JSON.stringify(keyFile())})),
        note: await outcome(readFile(${JSON.stringify(path.join(dataDir, 'embedded.json'))})),
        files: await outcome(readdir(${JSON.stringify(path.join(dataDir, 'mongodb'))})),
      }));
      const { default: mongoose } = await import('mongoose');
      const client = new mongoose.mongo.MongoClient(${JSON.stringify(withoutLogin(uri))});
      const admin = client.db('admin');
      console.log(await outcome(admin.command({ listDatabases: 1 })), await outcome(client.db().collection('rows').findOne()));
      await client.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      uid: NOBODY,
      gid: NOBODY,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    await once(child, 'close');
    const [files = '', database] = output.trim().split('\n');
    expect(JSON.parse(files)).toEqual({
      user: NOBODY,
      directory: 'done',
      key: 'EACCES',
      note: 'EACCES',
      files: 'EACCES',
    });
    expect(database).toBe('13 13');
  });
});

describe('the key', () => {
  test('is random and stays the same, and only its owner can read it and the data', async () => {
    const first = await start();
    const firstKey = await key();
    expect(firstKey).toMatch(/^[0-9a-f]{64}$/);
    expect([await modeOf(keyFile()), await modeOf(path.join(dataDir, 'mongodb'))]).toEqual(['600', '700']);
    await first.stop();
    await chmod(keyFile(), 0o644);
    await chmod(path.join(dataDir, 'mongodb'), 0o755);
    const second = await start();
    expect(await key()).toBe(firstKey);
    expect([await modeOf(keyFile()), await modeOf(path.join(dataDir, 'mongodb'))]).toEqual(['600', '700']);
    expect(second.uri).toBe(first.uri);
  });

  test('is in a directory that only its owner can access, if the start creates the directory', async () => {
    const own = path.join(dataDir, 'not', 'there');
    await start({ dataDir: own });
    expect(await modeOf(own)).toBe('700');
  });

  test("is not in any command line, in mongod's log or in the note", async () => {
    const mongod = await start();
    const list = execFileSync('ps', ['-e', '-ww', '-o', 'args='], { encoding: 'utf8' });
    expect(list).toContain(keyFile());
    expect(list).not.toContain(await key());
    process.kill(mongod.pid, 'SIGKILL');
    await mongod.ended;
    for (const file of ['mongod.log', 'embedded.json']) {
      expect(await readFile(path.join(dataDir, file), 'utf8')).not.toContain(await key());
      expect(await modeOf(path.join(dataDir, file))).toBe('600');
    }
  });

  test('is created again if it is lost, and the data stay', async () => {
    const first = await start();
    await writeRow(first.uri);
    const former = await key();
    await first.stop();
    await rm(keyFile());
    const second = await start();
    expect(await key()).not.toBe(former);
    expect(await rowsOf(second.uri)).toBe(1);
    await expect(rowsOf(second.uri.replace(await key(), former))).rejects.toThrow('Authentication failed');
  });

  test.each(['', 'no key\n'])('is reported with what to do if it is damaged (%j)', async (content) => {
    await (await start()).stop();
    await writeFile(keyFile(), content);
    await expect(start()).rejects.toThrow(/database-key.* delete the file, and the next start creates a new one/);
    await rm(keyFile());
    expect(await rowsOf((await start()).uri)).toBe(0);
  });
});

test('a directory of an older version without logins keeps its data, and now requires a login', async () => {
  const dbPath = path.join(dataDir, 'mongodb');
  await mkdir(dbPath, { mode: 0o700 });
  const port = await freePort();
  const old = new MongodProcess({ binary, dbPath, port });
  expect(await old.waitUntilListening(() => {})).toBe('listening');
  const formerUri = `mongodb://127.0.0.1:${port}/auraledger?replicaSet=auraledger`;
  await using(`mongodb://127.0.0.1:${port}/?directConnection=true`, (client) =>
    client
      .db('admin')
      .command({ replSetInitiate: { _id: 'auraledger', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } }),
  );
  await writeRow(formerUri);
  await old.stop();

  const { uri } = await start();
  expect(await rowsOf(uri)).toBe(1);
  expect(await attempts(uri)).toEqual(allRefused);
});

test.each(['before', 'after'])(
  'a start that was killed %s it created its user is repaired by the next',
  async (when) => {
    // Killed before: there is a key and no user. Killed after: the user has another key as its password.
    await (await start()).stop();
    if (when === 'after') await rm(keyFile());
    else {
      const mongod = await start();
      await using(mongod.uri, (client) => client.db('admin').command({ dropUser: 'auraledger' }));
      await mongod.stop();
    }
    const { uri } = await start();
    await writeRow(uri);
    expect(await rowsOf(uri)).toBe(1);
  },
);
