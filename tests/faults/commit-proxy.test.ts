import { afterEach, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { project } from '../architecture/project-copy.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import type { Verdict } from './command-proxy.js';
import { type CommitProxy, type Step, startCommitProxy } from './commit-proxy.js';
import { givenClassAt } from './given-class-at.js';
import { type ProductServer, startProductServer } from './product-server.js';

let server: ProductServer;
let proxy: CommitProxy;

const database = useDatabase();

afterEach(async () => {
  await server.kill();
  await proxy.close();
});

/** Starts a server that reaches its database through a commit proxy. */
async function startBehind(
  onCommitted: (before: number) => Promise<Verdict>,
  beforeStep?: (step: Step) => Promise<void>,
): Promise<void> {
  const { username, password, host } = new URL(database.uri);
  proxy = await startCommitProxy(`${username}:${password}@${host}`, onCommitted, beforeStep);
  server = await startProductServer({ root: project, uri: proxy.uri(database.name) });
}

test('given a commit, onCommitted runs when the database has it and the server does not know; beforeStep, before', async () => {
  const seen: unknown[] = [];
  let answered = false;
  await startBehind(
    async (before) => {
      seen.push({ before, rewards: (await rewards()).length, answered });
      return 'pass';
    },
    async (step) => {
      seen.push({ step, rewards: (await rewards()).length });
    },
  );
  const { handIn, rewards } = await givenClassAt(server.url);
  const { data } = await handIn();
  answered = true;
  expect(data.submitAssignment.replayed).toBe(false);
  // A replay commits nothing.
  expect((await handIn()).data.submitAssignment.replayed).toBe(true);
  expect(seen).toEqual([
    { step: 'begin', rewards: 0 },
    { step: 'commit', rewards: 0 },
    { before: 0, rewards: 1, answered: false },
  ]);
  expect([proxy.committed(), proxy.lost()]).toEqual([1, 0]);
});

test('given a cut, the server loses the response, retries the commit and pays once', async () => {
  await startBehind(async (before) => (before === 0 ? 'cut' : 'pass'));
  const { studentId, handIn, rewards } = await givenClassAt(server.url);
  const { data } = await handIn();
  const [reward] = await rewards();
  expect(data.submitAssignment).toMatchObject({ replayed: false, reward: { id: reward?._id.toHexString() } });
  expect(await expectExactLedger(studentId)).toHaveLength(1);
  // mongod confirms the second commit of the same transaction as well.
  expect([proxy.committed(), proxy.lost()]).toEqual([2, 1]);
});

test('given a server killed after the commit, the reward exists and the restarted server replays it', async () => {
  await startBehind(async (before) => {
    if (before > 0) return 'pass';
    await server.kill();
    return 'cut';
  });
  const { studentId, handIn, rewards } = await givenClassAt(server.url);
  await expect(handIn()).rejects.toThrow('fetch failed');
  const [reward] = await rewards();
  await server.ended;
  expect(proxy.committed()).toBe(1);
  server = await startProductServer({ root: project, uri: proxy.uri(database.name), port: server.port });
  const { data } = await handIn();
  expect(data.submitAssignment).toMatchObject({ replayed: true, reward: { id: reward?._id.toHexString() } });
  expect(await expectExactLedger(studentId)).toHaveLength(1);
  expect([proxy.committed(), proxy.lost()]).toEqual([1, 1]);
});

test('a commit that mongod rejects does not count', async () => {
  await startBehind(async () => 'cut');
  const client = await new mongoose.mongo.MongoClient(proxy.uri(database.name)).connect();
  const session = client.startSession();
  session.startTransaction();
  await client.db().collection('some').insertOne({}, { session });
  // Another client aborts the transaction first.
  await client.db('admin').command({ killSessions: [session.id] });
  await expect(session.commitTransaction()).rejects.toThrow('has been aborted');
  await client.close();
  expect(proxy.committed()).toBe(0);
});
