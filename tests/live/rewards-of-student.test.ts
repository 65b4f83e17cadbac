import { describe, expect, test } from '@jest/globals';
import { MAX_BUFFERED, TooSlow } from '../../src/live/subscription.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { useDatabase } from '../support/database.js';
import { planOf, readsOf, THROUGH_AN_INDEX } from '../support/explain.js';
import { givenStudent } from '../support/given.js';
import { until } from '../support/until.js';
import { collect } from './collect.js';
import { givenEarner, newFeed, sequences, upTo, useFeed } from './given-feed.js';

const database = useDatabase();
const live = useFeed();

describe('live', () => {
  test('what is committed from now on, in order', async () => {
    const { student, earn } = await givenEarner();
    const told = collect(live.feed.rewardsOf(student, null));
    await earn(3);
    expect(sequences(await told.count(3))).toEqual([1, 2, 3]);
    await told.leave();
  });

  test('an event is the row as it is stored', async () => {
    const { student, earn } = await givenEarner();
    const told = collect(live.feed.rewardsOf(student, null));
    await earn();
    const [event] = await told.count(1);
    expect(event).toEqual(await RewardModel.findOne({ studentId: student }).lean<RewardRecord>());
    await told.leave();
  });

  test('to every device of the student, and to nobody else', async () => {
    const [ada, alan] = [await givenEarner(), await givenEarner()];
    const devices = [null, 0].map((after) => collect(live.feed.rewardsOf(ada.student, after)));
    const other = collect(live.feed.rewardsOf(alan.student, null));
    await Promise.all([ada.earn(), alan.earn()]);
    for (const device of devices) expect(sequences(await device.count(1))).toEqual([1]);
    await other.count(1);
    expect(other.events[0]?.studentId).toEqual(alan.student);
    for (const told of [...devices, other]) await told.leave();
  });

  test('from another server: the feed is told by the database', async () => {
    const elsewhere = newFeed();
    const { student, earn } = await givenEarner();
    const told = [live.feed, elsewhere.feed].map((feed) => collect(feed.rewardsOf(student, null)));
    await earn();
    for (const each of told) expect(sequences(await each.count(1))).toEqual([1]);
    for (const each of told) await each.leave();
    await elsewhere.feed.stop();
  });
});

describe('resumed', () => {
  test.each([0, 1, 59, 120])(
    'after %i of 120: all that follow, more than a page, and then what is live',
    async (after) => {
      const { student, earn } = await givenEarner();
      await earn(120);
      const told = collect(live.feed.rewardsOf(student, after));
      await earn(2);
      expect(sequences(await told.count(122 - after))).toEqual(upTo(122, after + 1));
      await told.leave();
    },
  );

  test('while rewards are paid: no hole between what is read and what is live, and nothing twice', async () => {
    const { student, earn } = await givenEarner();
    const earning = earn(60);
    const told = [];
    for (let subscriber = 0; subscriber < 30; subscriber++) {
      told.push(collect(live.feed.rewardsOf(student, 0)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await earning;
    for (const each of told) expect(sequences(await each.count(60))).toEqual(upTo(60));
    for (const each of told) await each.leave();
  });

  test('at another feed, after the one before has stopped', async () => {
    const [first, second] = [newFeed(), newFeed()];
    const { student, earn } = await givenEarner();
    const before = collect(first.feed.rewardsOf(student, 0));
    await earn(2);
    expect(sequences(await before.count(2))).toEqual([1, 2]);
    await first.feed.stop();
    await until(() => before.end === 'done');
    await earn(2);
    const after = collect(second.feed.rewardsOf(student, 2));
    await earn();
    expect(sequences(await after.count(3))).toEqual([3, 4, 5]);
    await second.feed.stop();
  });
});

describe('left', () => {
  test('while it waits: its next() ends, and nobody listens any more', async () => {
    const { feed, noted } = newFeed();
    const { student } = await givenEarner();
    const told = Array.from({ length: 50 }, () => collect(feed.rewardsOf(student, null)));
    expect(noted.open.get('rewardGranted')).toBe(50);
    for (const each of told) await each.leave();
    await until(() => told.every(({ end }) => end === 'done'), 'every next() having ended');
    expect(noted.open.get('rewardGranted')).toBe(0);
    await feed.stop();
  });

  test('before anything was taken', async () => {
    const { student } = await givenEarner();
    const told = live.feed.rewardsOf(student, 0);
    await told.return?.();
    expect(await told.next()).toEqual({ done: true, value: undefined });
    expect(live.noted.open.get('rewardGranted')).toBe(0);
  });
});

test('a subscriber that reads nothing is refused once more events wait for it than there is room for, and nobody waits any more', async () => {
  const { feed, noted } = newFeed();
  const { student, earn } = await givenEarner();
  const slow = feed.rewardsOf(student, null);
  const quick = collect(feed.rewardsOf(student, 0));
  await earn(MAX_BUFFERED + 1);
  await quick.count(MAX_BUFFERED + 1);
  await expect(slow.next()).rejects.toThrow(TooSlow);
  expect(noted.open.get('rewardGranted')).toBe(1);
  expect(await slow.next()).toEqual({ done: true, value: undefined });
  await feed.stop();
});

test('the observer hears of what is opened, resumed and delivered, and how long ago that was committed', async () => {
  const { feed, noted } = newFeed();
  const { student, earn } = await givenEarner();
  await earn();
  const told = collect(feed.rewardsOf(student, 0));
  await told.count(1);
  await earn();
  await told.count(2);
  expect(noted.opened).toEqual([{ field: 'rewardGranted', isResumed: true }]);
  expect(noted.delivered).toEqual([
    { field: 'rewardGranted', committedAt: null },
    { field: 'rewardGranted', committedAt: expect.any(Date) },
  ]);
  await feed.stop();
});

test('a thousand that resume at once make a handful of commands, each through an index', async () => {
  const { feed } = newFeed();
  const students = [];
  for (let n = 0; n < 1000; n++) students.push(givenStudent());
  const { student, earn } = await givenEarner();
  await earn(2);
  const ids = [...(await Promise.all(students)), student];
  const told = ids.map((id) => feed.rewardsOf(id, 1));
  let last: Awaited<ReturnType<typeof collect<RewardRecord>>> | undefined;
  const sent = await readsOf(database.name, async () => {
    for (const each of told) {
      last = collect(each);
      // As connections arrive: not all in one turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await last?.count(1);
  });
  expect(sequences(last!.events)).toEqual([2]);
  const reads = sent.filter((command) => 'aggregate' in command && JSON.stringify(command).includes('$lookup'));
  expect(reads.length).toBeGreaterThan(0);
  // About 15 when the machine is idle. Each read takes what has arrived meanwhile, so a busy machine sends more: at most
  // one for every second subscriber, far from one for each.
  expect(reads.length).toBeLessThan(500);
  for (const read of reads) expect(await planOf(read)).toEqual(THROUGH_AN_INDEX);
  await feed.stop();
});
