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

/** Points that a student earned, by how many days before noon's day. */
type Earned = Readonly<Record<number, number>>;

/** A student of the course who earned these points, and wrote nothing since. */
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

interface Look {
  readonly at?: Date;
  readonly by?: Committer;
  readonly first?: number;
  readonly after?: readonly unknown[] | null;
  readonly self?: Types.ObjectId;
}

async function rank(period: LeaderboardPeriod, { at = noon, by = here, first = 20, after = null, self }: Look = {}) {
  return rankCourse(by, {
    courseId: course,
    period,
    page: { first, after },
    facts: requestOf(self ?? new Types.ObjectId(), at),
  });
}

/** "1. Ada 50" */
const told = (rows: readonly Ranked[]) =>
  rows.map(({ rank, displayName, points }) => `${rank}. ${displayName} ${points}`);
const board = async (period: LeaderboardPeriod, look: Look = {}) => told((await rank(period, look)).ranked);

describe('points count', () => {
  beforeEach(async () => {
    await givenRanked({ 0: 10 }, 'Today');
    await givenRanked({ 6: 20 }, 'A week ago');
    await givenRanked({ 7: 30 }, 'Longer ago');
    await givenRanked({ 29: 40 }, 'A month ago');
    await givenRanked({ 30: 50 }, 'Even longer ago');
    await givenRanked({}, 'Never');
  });

  test('for seven days in the week, today included', async () => {
    expect(await board('WEEK')).toEqual(['1. A week ago 20', '2. Today 10']);
  });

  test('for thirty days in the month', async () => {
    expect(await board('MONTH')).toEqual(['1. A month ago 40', '2. Longer ago 30', '3. A week ago 20', '4. Today 10']);
  });

  test('for ever in all time', async () => {
    expect(await board('ALL_TIME')).toEqual([
      '1. Even longer ago 50',
      '2. A month ago 40',
      '3. Longer ago 30',
      '4. A week ago 20',
      '5. Today 10',
    ]);
  });

  test('less and less as days pass without a write', async () => {
    expect(await board('WEEK', { at: later(noon, day) })).toEqual(['1. Today 10']);
    expect(await board('WEEK', { at: later(noon, 6 * day) })).toEqual(['1. Today 10']);
    expect(await board('WEEK', { at: later(noon, 7 * day) })).toEqual([]);
    expect(await board('MONTH', { at: later(noon, 23 * day) })).toEqual(['1. A week ago 20', '2. Today 10']);
    expect(await board('MONTH', { at: later(noon, 29 * day) })).toEqual(['1. Today 10']);
    expect(await board('MONTH', { at: later(noon, 30 * day) })).toEqual([]);
  });

  test('from the first moment of a UTC day on', async () => {
    const midnight = new Date('2026-03-12T00:00:00.000Z');
    expect(await board('WEEK', { at: later(midnight, -1) })).toHaveLength(2);
    expect(await board('WEEK', { at: midnight })).toHaveLength(1);
  });
});

describe('a rank', () => {
  test('is shared by equal points, across pages as well, and none is given twice', async () => {
    for (const points of [50, 40, 40, 30, 30, 30, 10]) await givenRanked({ 0: points });
    const whole = ['1. Ada 50', '2. Ada 40', '2. Ada 40', '4. Ada 30', '4. Ada 30', '4. Ada 30', '7. Ada 10'];
    for (const period of ['WEEK', 'MONTH', 'ALL_TIME'] as const) {
      for (const first of [1, 2, 3, 7]) expect(await pagesOf(period, first)).toEqual(whole);
    }
  });

  test('is of the course alone', async () => {
    await givenRanked({ 0: 10 }, 'Ada');
    course = new Types.ObjectId();
    await givenRanked({ 0: 5 }, 'Bob');
    expect(await board('ALL_TIME')).toEqual(['1. Bob 5']);
  });

  test('is not moved by those who come and go before a page', async () => {
    const students = [];
    for (const points of [50, 40, 30, 20]) students.push(await givenRanked({ 0: points }, `${points}`));
    const { ranked } = await rank('ALL_TIME', { first: 2 });
    await givenRanked({ 0: 60 }, 'New');
    await StudentModel.collection.deleteOne({ _id: students[0] });
    expect(await board('ALL_TIME', { first: 2, after: valuesOf(ranked[1]!) })).toEqual(['3. 30 30', '4. 20 20']);
  });
});

describe('the own row', () => {
  test('is told wherever it is', async () => {
    const students = [];
    for (const points of [50, 40, 40, 30]) students.push(await givenRanked({ 0: points }, `${points}`));
    for (const [position, rank] of [1, 2, 2, 4].entries()) {
      const { self, ranked } = await rankFor(students[position]!, 'WEEK');
      expect(told(ranked)).toEqual(['1. 50 50']);
      expect(self).toMatchObject({ rank, isMe: true, points: [50, 40, 40, 30][position] });
    }
  });

  test('is of today, though the sums were written down on another day', async () => {
    const ada = await givenRanked({ 0: 10, 5: 50 }, 'Ada');
    await givenRanked({ 0: 20 }, 'Bob');
    expect((await rankFor(ada, 'WEEK')).self).toMatchObject({ rank: 1, points: 60 });
    expect((await rankFor(ada, 'WEEK', later(noon, 2 * day))).self).toMatchObject({ rank: 2, points: 10 });
  });

  test('is none without points, and none for somebody who does not take the course', async () => {
    const idle = await givenRanked({ 10: 50 });
    expect((await rankFor(idle, 'WEEK')).self).toBeNull();
    expect((await rankFor(idle, 'MONTH')).self).toMatchObject({ rank: 1 });
    const stranger = await givenStudent({ auraPoints: 10 });
    expect((await rankFor(stranger, 'ALL_TIME')).self).toBeNull();
  });
});

describe('the sums of a new day', () => {
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

  test('are written down once, by whoever looks first; the next only reads', async () => {
    const students = await givenClassOf(5);
    await board('WEEK', { at: weekLater });
    await expectSettled(students, 1);
    const { reads, transactions } = await commandsOf(() => board('MONTH', { at: weekLater }));
    expect(transactions).toEqual([]);
    expect(reads).toEqual(['aggregate students']);
  });

  test('are not asked for by all time', async () => {
    const students = await givenClassOf(3);
    await board('ALL_TIME', { at: weekLater });
    for (const student of students) expect(await storedStudent(student)).toMatchObject({ revision: 0 });
  });

  test('are written down by two processes at once, and both rank alike', async () => {
    const students = await givenClassOf(40);
    const boards = await Promise.all(
      [here, elsewhere, here, elsewhere].map((by) => board('MONTH', { by, at: weekLater, first: 100 })),
    );
    for (const each of boards) expect(each).toEqual(students.map(() => '1. Ada 10'));
    await expectSettled(students, 1);
  });

  test('are written down for more students than may wait', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 300 });
    const students = await givenClassOf(600);
    expect(await board('WEEK', { by, at: weekLater })).toEqual([]);
    expect(await StudentModel.countDocuments({ _id: { $in: students }, revision: 1 })).toBe(600);
  });

  test('turn nobody away, however many look at once', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 300 });
    const students = await givenClassOf(100);
    const boards = await Promise.all(Array.from({ length: 10 }, () => board('MONTH', { by, at: weekLater, first: 1 })));
    expect(boards).toEqual(boards.map(() => ['1. Ada 10']));
    await expectSettled(students, 1);
  });

  test('are asked for again by the next who looks, where the first was turned away', async () => {
    const by = createCommitter({ ...committerLimits, maxPending: 10 });
    const students = await givenClassOf(20);
    await expect(board('WEEK', { by, at: weekLater })).rejects.toThrow(Unavailable);
    await by.idle();
    expect(await board('WEEK', { by, at: weekLater })).toEqual([]);
    await expectSettled(students, 1);
  });
});

describe('a moment that the database cannot show', () => {
  test('is tried again', async () => {
    await givenRanked({ 0: 10 });
    // 246: SnapshotUnavailable, 239: SnapshotTooOld.
    for (const errorCode of [246, 239]) {
      const fault = await database.failCommand({ failCommands: ['aggregate'], errorCode, mode: { times: 2 } });
      expect(await board('ALL_TIME')).toEqual(['1. Ada 10']);
      expect(await fault.off()).toBe(2);
    }
  });

  test('is told as a failure that passes, where that does not help', async () => {
    await givenRanked({ 0: 10 });
    const fault = await database.failCommand({ failCommands: ['aggregate'], errorCode: 246, mode: 'alwaysOn' });
    const failure = await board('ALL_TIME').catch((error: unknown) => error);
    await fault.off();
    expect(isTransient(failure)).toBe(true);
  });
});

/** The sort values of a row, which the next page begins behind. */
const valuesOf = ({ _id, points }: Ranked) => [points, _id];

/** The whole leaderboard, page by page. */
async function pagesOf(period: LeaderboardPeriod, first: number): Promise<string[]> {
  const rows: Ranked[] = [];
  for (;;) {
    const last = rows.at(-1);
    const { ranked, hasNextPage } = await rank(period, { first, after: last ? valuesOf(last) : null });
    rows.push(...ranked);
    if (!hasNextPage) return told(rows);
  }
}

const rankFor = (self: Types.ObjectId, period: LeaderboardPeriod, at = noon) => rank(period, { self, at, first: 1 });
