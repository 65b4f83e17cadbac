import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createReads } from '../../src/live/feed-reads.js';
import { Rosters } from '../../src/live/rosters.js';
import { useDatabase } from '../support/database.js';
import { givenCourse, givenStudent } from '../support/given.js';

useDatabase();

function newReads() {
  const rosters = new Rosters();
  const fail = (error: unknown) => {
    throw error;
  };
  return { rosters, reads: createReads({ position: null, isStopped: false }, rosters, () => new Date(), fail) };
}

test('whoever is not in a roster that was read is no member of the course', async () => {
  const { rosters, reads } = newReads();
  const { _id: courseId } = await givenCourse();
  const [member, stranger] = [await givenStudent({ courseIds: [courseId] }), await givenStudent()];
  rosters.listen(courseId);
  expect(rosters.coursesOf(stranger)).toEqual([courseId.toHexString()]);
  await reads.roster(courseId);
  expect([rosters.coursesOf(member), rosters.coursesOf(stranger)]).toEqual([[courseId.toHexString()], []]);
});

test('a roster that was asked for by a subscription that has ended says nothing to a later one', async () => {
  const { rosters, reads } = newReads();
  const { _id: courseId } = await givenCourse();
  rosters.listen(courseId);
  const asked = reads.roster(courseId);
  rosters.forget(courseId);
  // This one joins while nobody listens, and after the read.
  const student = new Types.ObjectId();
  rosters.joined(student, [courseId]);
  rosters.listen(courseId);
  await asked;
  expect(rosters.coursesOf(student)).toEqual([courseId.toHexString()]);
  await reads.roster(courseId);
  expect(rosters.coursesOf(student)).toEqual([]);
});
