import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { later, minute, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { end, givenAssignment, givenCourse, givenRunning, givenStudent, submit } from '../support/given.js';
import { oneLane, together } from '../support/lanes.js';

// The plan caches of this file's database contain its own queries only.
useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** mongod runs the candidate plans of a query against each other a few times before it trusts the best one. */
const GROUPS_UNTIL_TRUSTED = 8;
const FURTHER_GROUPS = 4;

/** By subject and by request key; the usual request finds nothing with either. */
const REWARDS = 2;

describe.each([
  // With a single _id, mongod has only one candidate plan for the session: there is nothing to keep.
  { name: 'a lone grant', size: 1, sessions: 1 },
  { name: 'a group', size: 8, sessions: 2 },
])('$name reads with plans that mongod keeps', ({ size, sessions: pomodoro_sessions }) => {
  test('for submissions', async () => {
    await clearPlans('rewards');
    const course = await givenCourse();
    const students = await givenStudents(size, course._id);
    await expectKeptPlans({ rewards: REWARDS }, async (position) => {
      const assignment = await givenAssignment(course);
      return students.map((student) => (by) => submit(student, assignment, { by, key: `submission ${position}` }));
    });
  });

  test('for the ends of sessions', async () => {
    await clearPlans('rewards', 'pomodoro_sessions');
    const students = await givenStudents(size);
    await expectKeptPlans({ rewards: REWARDS, pomodoro_sessions }, async (position) => {
      const from = later(noon, position * 60 * minute);
      const sessions = await Promise.all(students.map((student) => givenRunning(student, { at: from })));
      return students.map(
        (student, of) => (by) =>
          end(student, sessions[of]!, { by, key: `end ${position}`, at: later(from, 25 * minute) }),
      );
    });
  });
});

const givenStudents = (count: number, ...courseIds: Types.ObjectId[]) =>
  Promise.all(Array.from({ length: count }, () => givenStudent({ courseIds })));

type Send = (by: ReturnType<typeof oneLane>) => Promise<unknown>;

/**
 * Runs groups until mongod trusts its plans, and then some more. Expects that the first ones leave this number of plans
 * for each collection, and that the further ones change none of them: planning again would replace or distrust one.
 */
async function expectKeptPlans(
  expected: Record<string, number>,
  requestsOf: (position: number) => Promise<Send[]>,
): Promise<void> {
  const by = oneLane();
  const runGroups = async (from: number, to: number) => {
    for (let position = from; position < to; position += 1) {
      const requests = await requestsOf(position);
      await together(by, () => requests.map((send) => send(by)));
    }
  };
  await runGroups(0, GROUPS_UNTIL_TRUSTED);
  const trusted = await plansOf(Object.keys(expected));
  await runGroups(GROUPS_UNTIL_TRUSTED, GROUPS_UNTIL_TRUSTED + FURTHER_GROUPS);

  const counts = Object.fromEntries(
    Object.entries(trusted).map(([name, plans]) => [name, plans.filter(({ isActive }) => isActive).length]),
  );
  expect(counts).toEqual(expected);
  expect(await plansOf(Object.keys(expected))).toEqual(trusted);
}

async function plansOf(collections: readonly string[]): Promise<Record<string, mongoose.mongo.Document[]>> {
  const plans = collections.map(async (name) => {
    const kept = await mongoose.connection
      .collection(name)
      .aggregate([{ $planCacheStats: {} }, { $sort: { planCacheKey: 1 } }], { readConcern: { level: 'local' } })
      .toArray();
    return [
      name,
      kept.map(({ planCacheKey, isActive, works, timeOfCreation }) => ({
        planCacheKey,
        isActive,
        works,
        timeOfCreation,
      })),
    ] as const;
  });
  return Object.fromEntries(await Promise.all(plans));
}

async function clearPlans(...collections: readonly string[]): Promise<void> {
  for (const planCacheClear of collections) await mongoose.connection.db!.command({ planCacheClear });
}
