import { expect, test } from '@jest/globals';
import { mongo, Types } from 'mongoose';
import { type CourseReads, rewardsOfCourse } from '../../src/live/rewards-of-course.js';
import type { RewardNews } from '../../src/live/rewards-of-student.js';
import { Inbox } from '../../src/live/subscription.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 2, 12, minutes));
const clusterTime = new mongo.Timestamp({ t: 1, i: 1 });

/** A course whose students have no rewards yet. */
const reads: CourseReads = {
  rowsBehind: async () => [],
  roster: async () => [],
  lastGranted: async () => 0,
  isMember: () => true,
  clusterTime: async () => clusterTime,
  position: () => at(0),
  now: () => at(0),
};

function firstReward(studentId: Types.ObjectId, minutes: number): RewardNews {
  const reward = { studentId, sequence: 1, grantedAt: at(minutes) } as RewardRecord;
  return { kind: 'rewarded', at: clusterTime, committedAt: at(minutes), reward };
}

test('a cursor names only the students of the last five minutes, so it stays short in a long lesson', async () => {
  const [first, second] = [new Types.ObjectId(), new Types.ObjectId()];
  const inbox = new Inbox<RewardNews>(() => {});
  const told = rewardsOfCourse(inbox, new Types.ObjectId(), { upTo: at(-10), students: [] }, reads);
  const cursors = [];
  for (const news of [firstReward(first, 0), firstReward(second, 20)]) {
    inbox.put(news);
    const { value } = await told.next();
    cursors.push(value?.cursor());
  }
  expect(cursors).toEqual([
    { upTo: at(-5), students: [{ studentId: first, sequence: 1 }] },
    { upTo: at(15), students: [{ studentId: second, sequence: 1 }] },
  ]);
});
