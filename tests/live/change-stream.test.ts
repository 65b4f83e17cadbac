/** On its own: a failpoint concerns every change stream of this file's connection. */
import { describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type CommittedChange, clusterTimeNow, watchChanges } from '../../src/storage/committed-changes.js';
import { stepInAfter } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { until } from '../support/until.js';
import { collect } from './collect.js';
import { givenEarner, newFeed, sequences } from './given-feed.js';

const database = useDatabase();

test('the change stream is open only while somebody listens', async () => {
  const { feed, noted } = newFeed();
  const { student, earn } = await givenEarner();
  await earn();
  expect(await openStreams()).toBe(0);
  const [one, other] = [collect(feed.rewardsOf(student, null)), collect(feed.rewardsOf(student, null))];
  await until(async () => (await openStreams()) === 1, 'one stream for both');
  await earn();
  expect(sequences(await one.count(1))).toEqual([2]);
  await one.leave();
  await earn();
  expect(sequences(await other.count(2))).toEqual([2, 3]);
  await other.leave();
  await until(async () => (await openStreams()) === 0, 'the stream having been closed');
  await earn();
  const again = collect(feed.rewardsOf(student, 1));
  await earn();
  expect(sequences(await again.count(4))).toEqual([2, 3, 4, 5]);
  expect(noted.reopened).toEqual([]);
  await feed.stop();
});

test('a feed that stops before it knows where its change stream starts opens none', async () => {
  const { student, earn } = await givenEarner();
  const { feed: stopped } = newFeed();
  stepInAfter({ target: mongoose.mongo.Admin.prototype, method: 'command' }, () => stopped.stop());
  const told = collect(stopped.rewardsOf(student, null));
  await until(() => told.end === 'done', 'the end of the subscription');
  const { feed } = newFeed();
  const toldByOther = collect(feed.rewardsOf(student, 0));
  await earn();
  await toldByOther.count(1);
  expect(await openStreams()).toBe(1);
  await feed.stop();
});

/** The number of change streams on this file's database. */
async function openStreams(): Promise<number> {
  const cursors = await mongoose.connection
    .getClient()
    .db('admin')
    .aggregate(
      [
        { $currentOp: { idleCursors: true } },
        { $match: { 'cursor.originatingCommand.pipeline.0.$changeStream': { $exists: true } } },
      ],
      { readConcern: { level: 'local' } },
    )
    .toArray();
  return cursors.filter(({ ns }) => ns.startsWith(`${mongoose.connection.name}.`)).length;
}

/** Somebody who has been told of one reward. */
async function givenFollower() {
  const { feed, noted } = newFeed();
  const { student, earn } = await givenEarner();
  const told = collect(feed.rewardsOf(student, null));
  await earn();
  await told.count(1);
  return { feed, noted, earn, told };
}

describe('the change stream fails', () => {
  test('the connection is cut: it goes on where it was', async () => {
    const { feed, noted, earn, told } = await givenFollower();
    const failpoint = await database.failCommand({
      failCommands: ['getMore'],
      closeConnection: true,
      mode: { times: 4 },
    });
    await earn(3);
    expect(sequences(await told.count(4))).toEqual([1, 2, 3, 4]);
    expect(await failpoint.off()).toBeGreaterThan(0);
    expect(noted.reopened).not.toContain(true);
    // Nothing was read from the ledger.
    expect(noted.delivered.map(({ committedAt }) => committedAt)).not.toContain(null);
    await feed.stop();
  });

  test.each([
    ['the oplog no longer has the moment (ChangeStreamHistoryLost)', 286],
    ['the token is not in the oplog (ChangeStreamFatalError)', 280],
    ['the token is malformed', 40_647],
  ])('%s: every subscription catches up from the ledger', async (_, errorCode) => {
    const { feed, noted } = newFeed();
    const { student, earn } = await givenEarner();
    const told = [null, 0].map((after) => collect(feed.rewardsOf(student, after)));
    await earn();
    for (const each of told) await each.count(1);
    const failpoint = await database.failCommand({ failCommands: ['getMore'], errorCode });
    // In the pause before the stream begins anew: no stream tells of these.
    await until(() => noted.reopened.length > 0, 'the stream having failed');
    await earn(2);
    expect(await failpoint.off()).toBe(1);
    for (const each of told) expect(sequences(await each.count(3))).toEqual([1, 2, 3]);
    await earn();
    for (const each of told) expect(sequences(await each.count(4))).toEqual([1, 2, 3, 4]);
    expect(noted.reopened).toEqual([true]);
    await feed.stop();
  });

  test('the history is lost, and no stream can begin for a while: what was missed is read from the ledger', async () => {
    const { feed, noted, earn, told } = await givenFollower();
    // A stream that begins anew first asks for the present with a ping.
    const failpoint = await database.failCommand({
      failCommands: ['getMore', 'ping'],
      errorCode: 286,
      mode: 'alwaysOn',
    });
    await until(() => noted.reopened.length > 0, 'the stream having failed');
    await earn(2);
    await failpoint.off();
    await told.count(3);
    await earn();
    expect(sequences(await told.count(4))).toEqual([1, 2, 3, 4]);
    const live = expect.any(Date);
    expect(noted.delivered.map(({ committedAt }) => committedAt)).toEqual([live, null, null, live]);
    await feed.stop();
  });
});

test('a stream delivers exactly what is committed after its start, also before it is opened', async () => {
  const { student, earn } = await givenEarner();
  await earn();
  const after = await clusterTimeNow();
  await earn(2);
  const stream = watchChanges({ after });
  const changes: CommittedChange[] = [];
  const take = async () => {
    for (;;) changes.push(...(await stream.next()));
  };
  const taken = take().catch(() => {});
  while (changes.length < 2) await earn();
  await stream.close();
  await taken;
  expect(changes.slice(0, 2)).toMatchObject(
    [2, 3].map((sequence) => ({ kind: 'rewarded', reward: { studentId: student, sequence } })),
  );
});
