import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type Node, type ReplicaSet, startReplicaSet } from './replica-set.js';

/** The set holds an election after ten seconds without a primary, and each node may start slowly. */
const TIMEOUT_MS = 180_000;
const APP_NAME = 'some client';

let directory: string;
let set: ReplicaSet;
let client: mongoose.mongo.MongoClient;

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-set-'));
  set = await startReplicaSet({ nodes: 3, directory, report: () => {} });
  client = await new mongoose.mongo.MongoClient(set.uri('some'), { appName: APP_NAME, retryWrites: false }).connect();
}, TIMEOUT_MS);

afterAll(async () => {
  await client.close();
  await set.stop();
  await rm(directory, { recursive: true });
}, TIMEOUT_MS);

const rows = (name = 'rows') => client.db().collection(name, { writeConcern: { w: 'majority' } });

test('given a step-down, another node is elected primary', async () => {
  const former = await set.primary();
  const before = await set.elections();
  await set.stepDown();
  await set.waitUntilWritable();
  expect((await set.primary()).host).not.toBe(former.host);
  expect(await set.elections()).toBeGreaterThan(before);
  await set.waitUntilSettled();
});

test('failCommand fails commands of the given client and collection only, and counts the failures', async () => {
  const failing = await set.failCommand(
    { failCommands: ['insert'], errorCode: 8_000, namespace: 'some.rows', mode: 'alwaysOn' },
    APP_NAME,
  );
  await expect(rows().insertOne({})).rejects.toMatchObject({ code: 8_000 });
  await expect(rows().insertOne({})).rejects.toMatchObject({ code: 8_000 });
  await rows('others').insertOne({});
  await set.waitUntilWritable();
  expect(await failing.off()).toBe(2);
  await rows().insertOne({});
});

test('transactions() counts transactions by how they ended', async () => {
  const before = await set.transactions();
  for (const end of ['commitTransaction', 'abortTransaction', 'commitTransaction'] as const) {
    await client.withSession(async (session) => {
      session.startTransaction();
      await rows('others').insertOne({}, { session });
      await session[end]();
    });
  }
  const { started, committed, aborted } = await set.transactions();
  expect([started - before.started, committed - before.committed, aborted - before.aborted]).toEqual([3, 2, 1]);
});

test(
  'given a killed primary, another is elected, and the restarted node has every acknowledged write',
  async () => {
    const { insertedId } = await rows().insertOne({});
    const former = await set.primary();
    const before = await set.elections();
    await set.kill(former);
    expect(former.state).toBe('killed');
    expect(() => process.kill(former.pid, 0)).toThrow('ESRCH');
    await set.waitUntilWritable();
    expect((await set.primary()).host).not.toBe(former.host);
    expect(await set.elections()).toBeGreaterThan(before);
    await set.restart(former);
    await set.waitUntilSettled();
    const direct = await new mongoose.mongo.MongoClient(
      `mongodb://${former.host}/some?directConnection=true`,
    ).connect();
    const found = await direct.db().collection('rows').findOne(insertedId, { readPreference: 'secondaryPreferred' });
    await direct.close();
    expect(found?._id).toEqual(insertedId);
  },
  TIMEOUT_MS,
);

test('given a paused node, it does not respond until it is resumed', async () => {
  const primary = await set.primary();
  const paused = set.nodes.find(({ host }) => host !== primary.host)!;
  set.pause(paused);
  expect(paused.state).toBe('paused');
  await expect(ping(paused)).rejects.toThrow('timed out');
  set.resume(paused);
  expect(await ping(paused)).toMatchObject({ ok: 1 });
  await set.waitUntilSettled();
});

async function ping({ host }: Node) {
  const uri = `mongodb://${host}/?directConnection=true&serverSelectionTimeoutMS=1000`;
  const direct = new mongoose.mongo.MongoClient(uri);
  try {
    return await direct.db('admin').command({ ping: 1 });
  } finally {
    await direct.close();
  }
}

test(
  'given a node that ends unexpectedly, stop() reports it',
  async () => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'auraledger-set-'));
    const single = await startReplicaSet({ nodes: 1, directory: own, report: () => {} });
    const [node] = single.nodes;
    process.kill(node!.pid, 'SIGKILL');
    while (node!.state !== 'killed') await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(single.stop()).rejects.toThrow(`${node!.host}: SIGKILL`);
    await rm(own, { recursive: true });
  },
  TIMEOUT_MS,
);
