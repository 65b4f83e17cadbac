import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { connect, DatabaseError, disconnect, latestElection } from '../../src/storage/connect.js';
import { databaseAnswers } from '../../src/storage/readiness.js';

const server = process.env.AURALEDGER_TEST_URI ?? '';
const dbName = `test_connect_${process.pid}`;

afterEach(async () => {
  await disconnect();
});

async function freePort(): Promise<number> {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  listener.close();
  return port;
}

describe('a connection', () => {
  test("is mongoose's default connection, with majority reads and writes, whatever the URI says", async () => {
    const connection = await connect(`${server}&w=1&journal=false&readConcernLevel=local&retryWrites=false`, {
      dbName,
    });
    expect(connection).toBe(mongoose.connection);
    const { options } = connection.getClient();
    expect(options.writeConcern).toMatchObject({ w: 'majority', journal: true });
    expect(options.readConcern?.level).toBe('majority');
    expect(options.readPreference?.mode).toBe('primary');
    expect(options).toMatchObject({ retryWrites: true, retryReads: true, appName: 'auraledger' });
    expect(options).toMatchObject({ maxPoolSize: 20, serverSelectionTimeoutMS: 5_000 });
  });

  test.each([
    'maxPoolSize=7&serverSelectionTimeoutMS=300',
    'maxpoolsize=7&SERVERSELECTIONTIMEOUTMS=300',
    'm%61xPoolSize=7&serverSelectionTimeout%4DS=300',
  ])(
    'takes the pool size and the server selection timeout from the URI, however it writes their names (%s)',
    async (set) => {
      const { options } = (await connect(`${server}&${set}`, { dbName })).getClient();
      expect(options).toMatchObject({ maxPoolSize: 7, serverSelectionTimeoutMS: 300 });
    },
  );

  test.each(['timeoutMS', 'timeoutms', 'timeout%4DS'])('refuses a URI with %s, and says why', async (name) => {
    const connecting = connect(`${server}&${name}=1000`, { dbName });
    await expect(connecting).rejects.toThrow(DatabaseError);
    await expect(connecting).rejects.toThrow(/^MONGODB_URI: it sets timeoutMS/);
  });

  test('uses the database in the URI, or auraledger if the URI names none', async () => {
    expect((await connect(server.replace('/auraledger?', '/school?'))).name).toBe('school');
    await disconnect();
    expect((await connect(server.replace('/auraledger?', '/?'))).name).toBe('auraledger');
  });

  test('creates no collection by itself, and refuses a filter on a field that is not in the schema', async () => {
    const connection = await connect(server, { dbName });
    const Thing = connection.model('Thing', new mongoose.Schema({ n: { type: Number, unique: true } }));
    await Thing.init();
    expect(await connection.listCollections()).toEqual([]);
    await expect(Thing.find({ m: 1 } as object)).rejects.toThrow(/"m" is not in schema/);
    await expect(Thing.find({ n: 1 })).resolves.toEqual([]);
  });
});

describe('an election is noted', () => {
  test('once, also while a former primary still takes itself for the primary', async () => {
    const client = (await connect(server, { dbName })).getClient();
    const { ObjectId, Timestamp } = mongoose.mongo;
    const hello = await client.db('admin').command({ hello: 1 });
    const seconds = hello.lastWrite.opTime.ts.getHighBitsUnsigned();
    const term = BigInt(`0x${hello.electionId}`);
    const hear = (electionId: bigint, ts: mongoose.mongo.Timestamp) => {
      const reply = { ...hello, electionId: new ObjectId(electionId.toString(16)), lastWrite: { opTime: { ts } } };
      client.emit('serverHeartbeatSucceeded', { reply } as unknown as mongoose.mongo.ServerHeartbeatSucceededEvent);
    };
    const [atElection, later, muchLater] = [1, 2, 60].map((more) => new Timestamp({ t: seconds + more, i: 1 }));
    hear(term + 1n, atElection!);
    expect(latestElection()?.lastWrite).toEqual(atElection);
    hear(term, muchLater!);
    expect(latestElection()?.lastWrite).toEqual(atElection);
    hear(term + 1n, later!);
    expect(latestElection()?.lastWrite).toEqual(atElection);
  });
});

test('the database answers a ping while it is connected, and not after', async () => {
  await connect(server, { dbName });
  expect(await databaseAnswers()).toBe(true);
  await disconnect();
  expect(await databaseAnswers()).toBe(false);
});

describe('connecting fails', () => {
  test('if no server answers, with a message without user and password', async () => {
    const uri = `mongodb://some%40body:pass%2Fword@127.0.0.1:${await freePort()}/?serverSelectionTimeoutMS=300`;
    const error = await connect(uri).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect((error as Error).message).toMatch(/^MONGODB_URI: .*ECONNREFUSED/);
    expect((error as Error).message).not.toMatch(/some|pass|\n/);
    expect(mongoose.connection.readyState).toBe(0);
  });

  test.each(['mongodb://u:secret@h/?nonsense=1', 'mongodb://u:secret@h/?w=-x', 'mongodb://u:se%zzcret@h'])(
    'if the driver rejects the URI (%s)',
    async (uri) => {
      const error = await connect(uri).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DatabaseError);
      expect((error as Error).message).toMatch(/^MONGODB_URI: /);
      expect((error as Error).message).not.toMatch(/cret/);
    },
  );

  test.each([
    ['the password', 'mongodb://u:secret@h/?authMechanism=secret'],
    ['the password, which the URI encodes', 'mongodb://u:se%2Dcret@h/?authMechanism=se-cret'],
    ['user and password', 'mongodb://u:secret@h/?authMechanism=u:secret'],
    ['a user without a password', 'mongodb://secret@h/?authMechanism=secret'],
  ])('if the driver rejects the URI and its message has %s, with *** instead', async (_, uri) => {
    await expect(connect(uri)).rejects.toThrow(/^MONGODB_URI: authMechanism one of .*, got \*\*\*$/);
  });

  test('with the whole message if the password is empty', async () => {
    await expect(connect('mongodb://u:@h/?authMechanism=other')).rejects.toThrow(
      /^MONGODB_URI: authMechanism one of MONGODB-[^*]*, got other$/,
    );
  });

  test('if the server is not part of a replica set, with a message that says what to do', async () => {
    const { path: binary } = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} });
    const dbPath = await mkdtemp(path.join(os.tmpdir(), 'auraledger-standalone-'));
    const port = await freePort();
    const args = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--quiet'];
    const mongod = spawn(binary, args, { stdio: 'ignore' });
    try {
      await expect(connect(`mongodb://127.0.0.1:${port}/`)).rejects.toThrow(
        new DatabaseError(
          'MONGODB_URI: the server is not part of a replica set, and rewards need transactions, which only a replica ' +
            'set has: start mongod with --replSet rs0 and run rs.initiate() once (a single node is enough), or unset ' +
            'MONGODB_URI to use the embedded database',
        ),
      );
      expect(mongoose.connection.readyState).toBe(0);
    } finally {
      mongod.kill('SIGKILL');
      await once(mongod, 'exit');
      await rm(dbPath, { recursive: true, force: true });
    }
  });
});
