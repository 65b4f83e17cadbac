import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { createFeed, type Feed } from '../../src/live/feed.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse, givenStudent, submit } from '../support/given.js';
import { collect } from './collect.js';

useDatabase();

let feed: Feed;
beforeAll(async () => {
  feed = createFeed({ clock: () => new Date() });
  await feed.start();
});
afterAll(() => feed.stop());

/** A student, and a way to pay it one reward after another. */
async function givenEarner(): Promise<{ student: Types.ObjectId; earn(): Promise<void> }> {
  const course = await givenCourse();
  const student = await givenStudent({ courseIds: [course._id] });
  const earn = async () => {
    const { kind } = await submit(student, await givenAssignment(course));
    expect(kind).toBe('submitted');
  };
  return { student, earn };
}

describe('without a sequence', () => {
  test('what is committed from now on, in order', async () => {
    const { student, earn } = await givenEarner();
    await earn();
    const told = collect(feed.rewardsOf(student, null));
    await earn();
    await earn();
    expect((await told.count(2)).map(({ sequence }) => sequence)).toEqual([2, 3]);
    await told.leave();
  });
});
