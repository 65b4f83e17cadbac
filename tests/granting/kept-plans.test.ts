import { createHash } from 'node:crypto';
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

/** By subject and by request key; the usual request finds nothing with either. */
const REWARDS = 2;

/** The sizes of groups, this often one after the other. */
const times = (count: number, ...sizes: readonly number[]) => Array.from({ length: count }, () => sizes).flat();

// mongod runs the candidate plans of a query against each other a few times before it trusts the best one.
describe.each([
  // With a single _id, mongod has only one candidate plan for the session: there is nothing to keep.
  { name: 'a lone grant', untilTrusted: times(8, 1), further: times(4, 1), rewards: REWARDS, sessions: 1 },
  { name: 'a group', untilTrusted: times(8, 8), further: times(4, 8), rewards: REWARDS, sessions: 2 },
  // A look-up of one student is another query than that of several.
  {
    name: 'a group of any size, whose students have more and more rewards,',
    untilTrusted: times(8, 1, 8),
    further: times(12, 60, 2, 17, 9, 1),
    rewards: 2 * REWARDS,
    sessions: 3,
  },
])('$name reads with plans that mongod keeps', ({ untilTrusted, further, rewards, sessions: pomodoro_sessions }) => {
  const sizes = [...untilTrusted, ...further];
  const largest = Math.max(...sizes);
  const split = { untilTrusted: untilTrusted.length, inAll: sizes.length };

  test('for submissions', async () => {
    await clearPlans('rewards');
    const course = await givenCourse();
    const students = await givenStudents(largest, course._id);
    await expectKeptPlans({ rewards }, split, async (position) => {
      const assignment = await givenAssignment(course);
      return students
        .slice(0, sizes[position])
        .map((student, of) => (by) => submit(student, assignment, { by, key: keyOf(position, of) }));
    });
  });

  test('for the ends of sessions', async () => {
    await clearPlans('rewards', 'pomodoro_sessions');
    const students = await givenStudents(largest);
    await expectKeptPlans({ rewards, pomodoro_sessions }, split, async (position) => {
      const from = later(noon, position * 60 * minute);
      const some = students.slice(0, sizes[position]);
      const sessions = await Promise.all(some.map((student) => givenRunning(student, { at: from })));
      return some.map(
        (student, of) => (by) =>
          end(student, sessions[of]!, { by, key: keyOf(position, of), at: later(from, 25 * minute) }),
      );
    });
  });
});

/** Keys in no order, as clients make them. */
const keyOf = (position: number, of: number) => createHash('sha256').update(`${position} ${of}`).digest('hex');

const givenStudents = (count: number, ...courseIds: Types.ObjectId[]) =>
  Promise.all(Array.from({ length: count }, () => givenStudent({ courseIds })));

type Send = (by: ReturnType<typeof oneLane>) => Promise<unknown>;

/**
 * Runs groups until mongod trusts its plans, and then some more. Expects that the first ones leave this number of plans
 * for each collection, and that the further ones change none of them: planning again would replace or distrust one.
 */
async function expectKeptPlans(
  expected: Record<string, number>,
  split: { readonly untilTrusted: number; readonly inAll: number },
  requestsOf: (position: number) => Promise<Send[]>,
): Promise<void> {
  const by = oneLane();
  const runGroups = async (from: number, to: number) => {
    for (let position = from; position < to; position += 1) {
      const requests = await requestsOf(position);
      await together(by, () => requests.map((send) => send(by)));
    }
  };
  await runGroups(0, split.untilTrusted);
  const trusted = await plansOf(Object.keys(expected));
  await runGroups(split.untilTrusted, split.inAll);

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
