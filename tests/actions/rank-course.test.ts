import { beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type Ranked, rankCourse } from '../../src/actions/rank-course.js';
import { type Committer, committerLimits, createCommitter } from '../../src/granting/committer.js';
import { isTransient } from '../../src/granting/failure-kind.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { addAura, emptyAuraWindow, settleAuraWindow, utcDayOf } from '../../src/storage/aura-window.js';
import type { LeaderboardPeriod } from '../../src/storage/leaderboard.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { day, later, noon } from '../rewards/given.js';
import { commandsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenStudent, here, requestOf, storedStudent } from '../support/given.js';

const database = useDatabase();

let course: Types.ObjectId;

beforeEach(() => {
  course = new Types.ObjectId();
});

/** The points that a student earned, by the number of days before the day of `noon`. */
type Earned = Readonly<Record<number, number>>;

/** Creates a student of the course who earned these points, without any write since. */
function givenRanked(earned: Earned, displayName = 'Ada'): Promise<Types.ObjectId> {
  const days = Object.keys(earned)
    .map(Number)
    .sort((a, b) => b - a);
  const auraWindow = days.reduce((window, ago) => addAura(window, utcDayOf(noon) - ago, earned[ago]!), emptyAuraWindow);
  const auraPoints = days.reduce((total, ago) => total + earned[ago]!, 0);
  return givenStudent({
    displayName,
    courseIds: [course],
    auraPoints,
    auraWindow: { ...auraWindow, days: [...auraWindow.days] },
  });
}

interface Query {
  readonly at?: Date;
  readonly by?: Committer;
  readonly first?: number;
  readonly after?: readonly unknown[] | null;
  readonly self?: Types.ObjectId;
}

async function rank(period: LeaderboardPeriod, { at = noon, by = here, first = 20, after = null, self }: Query = {}) {
  return rankCourse(by, {
    courseId: course,
    period,
    page: { first, after },
    facts: requestOf(self ?? new Types.ObjectId(), at),
  });
}

/** "1. Ada 50" */
const rowsOf = (rows: readonly Ranked[]) =>
  rows.map(({ rank, displayName, points }) => `${rank}. ${displayName} ${points}`);
const board = async (period: LeaderboardPeriod, query: Query = {}) => rowsOf((await rank(period, query)).ranked);

describe('points', () => {
  beforeEach(async () => {
    await givenRanked({ 0: 10 }, 'Today');
    await givenRanked({ 6: 20 }, 'A week ago');
    await givenRanked({ 7: 30 }, 'Longer ago');
    await givenRanked({ 29: 40 }, 'A month ago');
    await givenRanked({ 30: 50 }, 'Even longer ago');
    await givenRanked({}, 'Never');
  });

  test('count for seven days in WEEK, today included', async () => {
    expect(await board('WEEK')).toEqual(['1. A week ago 20', '2. Today 10']);
  });

  test('count for thirty days in MONTH', async () => {
    expect(await board('MONTH')).toEqual(['1. A month ago 40', '2. Longer ago 30', '3. A week ago 20', '4. Today 10']);
  });

  test('count for ever in ALL_TIME', async () => {
    expect(await board('ALL_TIME')).toEqual([
      '1. Even longer ago 50',
      '2. A month ago 40',
      '3. Longer ago 30',
      '4. A week ago 20',
      '5. Today 10',
    ]);
  });

  test('stop counting as days pass without any write', async () => {
    expect(await board('WEEK', { at: later(noon, day) })).toEqual(['1. Today 10']);
    expect(await board('WEEK', { at: later(noon, 6 * day) })).toEqual(['1. Today 10']);
    expect(await board('WEEK', { at: later(noon, 7 * day) })).toEqual([]);
    expect(await board('MONTH', { at: later(noon, 23 * day) })).toEqual(['1. A week ago 20', '2. Today 10']);
    expect(await board('MONTH', { at: later(noon, 29 * day) })).toEqual(['1. Today 10']);
    expect(await board('MONTH', { at: later(noon, 30 * day) })).toEqual([]);
  });

  test('stop counting at the first moment of a UTC day', async () => {
    const midnight = new Date('2026-03-12T00:00:00.000Z');
    expect(await board('WEEK', { at: later(midnight, -1) })).toHaveLength(2);
    expect(await board('WEEK', { at: midnight })).toHaveLength(1);
  });
});

describe('a rank', () => {
  test('is shared by equal points, also across pages, and the next rank is skipped', async () => {
    for (const points of [50, 40, 40, 30, 30, 30, 10]) await givenRanked({ 0: points });
    const whole = ['1. Ada 50', '2. Ada 40', '2. Ada 40', '4. Ada 30', '4. Ada 30', '4. Ada 30', '7. Ada 10'];
    for (const period of ['WEEK', 'MONTH', 'ALL_TIME'] as const) {
      for (const first of [1, 2, 3, 7]) expect(await pagesOf(period, first)).toEqual(whole);
    }
  });

  test('counts only the students of the course', async () => {
    await givenRanked({ 0: 10 }, 'Ada');
    course = new Types.ObjectId();
    await givenRanked({ 0: 5 }, 'Bob');
    expect(await board('ALL_TIME')).toEqual(['1. Bob 5']);
  });

  test('of a page changes with the students ranked before it, and the page begins after the same row', async () => {
    const students = [];
    for (const points of [50, 40, 30, 20]) students.push(await givenRanked({ 0: points }, `${points}`));
    const { ranked } = await rank('ALL_TIME', { first: 2 });
    await givenRanked({ 0: 60 }, 'New');
    await StudentModel.collection.deleteOne({ _id: students[0] });
    expect(await board('ALL_TIME', { first: 2, after: valuesOf(ranked[1]!) })).toEqual(['3. 30 30', '4. 20 20']);
  });
});

describe('self', () => {
  test('is the own row, wherever it is ranked', async () => {
    const students = [];
    for (const points of [50, 40, 40, 30]) students.push(await givenRanked({ 0: points }, `${points}`));
    for (const [position, rank] of [1, 2, 2, 4].entries()) {
      const { self, ranked } = await rankFor(students[position]!, 'WEEK');
      expect(rowsOf(ranked)).toEqual(['1. 50 50']);
      expect(self).toMatchObject({ rank, isMe: true, points: [50, 40, 40, 30][position] });
    }
  });

  test('has the sums of today, even if they were stored on another day', async () => {
    const ada = await givenRanked({ 0: 10, 5: 50 }, 'Ada');
    await givenRanked({ 0: 20 }, 'Bob');
    expect((await rankFor(ada, 'WEEK')).self).toMatchObject({ rank: 1, points: 60 });
    expect((await rankFor(ada, 'WEEK', later(noon, 2 * day))).self).toMatchObject({ rank: 2, points: 10 });
  });

  test('is null without points, and for a student who is not enrolled', async () => {
    const idle = await givenRanked({ 10: 50 });
    expect((await rankFor(idle, 'WEEK')).self).toBeNull();
    expect((await rankFor(idle, 'MONTH')).self).toMatchObject({ rank: 1 });
    const stranger = await givenStudent({ auraPoints: 10 });
    expect((await rankFor(stranger, 'ALL_TIME')).self).toBeNull();
  });
});

describe('on a new day, the stored sums', () => {
  const weekLater = later(noon, 7 * day);

  async function expectSettled(students: readonly Types.ObjectId[], revision: number): Promise<void> {
    for (const student of students) {
      const { auraWindow, ...stored } = await storedStudent(student);
      expect(auraWindow).toEqual(settleAuraWindow(auraWindow, utcDayOf(weekLater)));
      expect(auraWindow.untilDay).toBeGreaterThan(utcDayOf(weekLater));
      expect(stored.revision).toBe(revision);
    }
  }

  const givenClassOf = (count: number) => Promise.all(Array.from({ length: count }, () => givenRanked({ 0: 10 })));

  test('are settled once, by the first query; the next query only reads', async () => {
    const students = await givenClassOf(5);
    await board('WEEK', { at: weekLater });
    await expectSettled(students, 1);
    const { reads, transactions } = await commandsOf(() => board('MONTH', { at: weekLater }));
    expect(transactions).toEqual([]);
    expect(reads).toEqual(['aggregate students']);
  });

  test('are not settled by ALL_TIME', async () => {
    const students = await givenClassOf(3);
    await board('ALL_TIME', { at: weekLater });
    for (const student of students) expect(await storedStudent(student)).toMatchObject({ revision: 0 });
  });

  test('are settled once by two processes at the same time, with equal answers', async () => {
    const students = await givenClassOf(40);
    const boards = await Promise.all(
      [here, elsewhere, here, elsewhere].map((by) => board('MONTH', { by, at: weekLater, first: 100 })),
    );
    for (const each of boards) expect(each).toEqual(students.map(() => '1. Ada 10'));
    await expectSettled(students, 1);
  });

  test('are settled for more students than may be pending', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 300 });
    const students = await givenClassOf(600);
    expect(await board('WEEK', { by, at: weekLater })).toEqual([]);
    expect(await StudentModel.countDocuments({ _id: { $in: students }, revision: 1 })).toBe(600);
  });

  test('are settled once for many concurrent queries, none of which is rejected', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 300 });
    const students = await givenClassOf(100);
    const boards = await Promise.all(Array.from({ length: 10 }, () => board('MONTH', { by, at: weekLater, first: 1 })));
    expect(boards).toEqual(boards.map(() => ['1. Ada 10']));
    await expectSettled(students, 1);
  });

  test('are settled by the next query if the first one was rejected', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 10 });
    const students = await givenClassOf(20);
    await expect(board('WEEK', { by, at: weekLater })).rejects.toThrow(Unavailable);
    await by.idle();
    expect(await board('WEEK', { by, at: weekLater })).toEqual([]);
    await expectSettled(students, 1);
  });
});

describe('a snapshot that the database cannot read', () => {
  test('is retried', async () => {
    await givenRanked({ 0: 10 });
    // 246: SnapshotUnavailable, 239: SnapshotTooOld.
    for (const errorCode of [246, 239]) {
      const fault = await database.failCommand({ failCommands: ['aggregate'], errorCode, mode: { times: 2 } });
      expect(await board('ALL_TIME')).toEqual(['1. Ada 10']);
      expect(await fault.off()).toBe(2);
    }
  });

  test('is a transient failure if the retries fail', async () => {
    await givenRanked({ 0: 10 });
    const fault = await database.failCommand({ failCommands: ['aggregate'], errorCode: 246, mode: 'alwaysOn' });
    const failure = await board('ALL_TIME').catch((error: unknown) => error);
    await fault.off();
    expect(isTransient(failure)).toBe(true);
  });
});

/** The sort values of a row, after which the next page begins. */
const valuesOf = ({ _id, points }: Ranked) => [points, _id];

/** The whole leaderboard, page by page. */
async function pagesOf(period: LeaderboardPeriod, first: number): Promise<string[]> {
  const rows: Ranked[] = [];
  for (;;) {
    const last = rows.at(-1);
    const { ranked, hasNextPage } = await rank(period, { first, after: last ? valuesOf(last) : null });
    rows.push(...ranked);
    if (!hasNextPage) return rowsOf(rows);
  }
}

const rankFor = (self: Types.ObjectId, period: LeaderboardPeriod, at = noon) => rank(period, { self, at, first: 1 });
