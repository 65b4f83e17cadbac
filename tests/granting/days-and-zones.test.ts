import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { dailyProgress } from '../../src/actions/daily-progress.js';
import { updateStudentProfile } from '../../src/actions/update-profile.js';
import { createLoaders } from '../../src/storage/loaders.js';
import { later, minute } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { focus, givenClass, givenStudent, here, requestOf, storedStudent, submit } from '../support/given.js';

useDatabase();

/** A calendar day in a time zone. Its first and last moment are literals, not computed with Intl. */
interface ZonedDay {
  readonly timeZone: string;
  readonly what: string;
  readonly dates: readonly [before: string, day: string, after: string];
  readonly begins: Date;
  readonly ends: Date;
}

const zoned = (timeZone: string, what: string, dates: ZonedDay['dates'], begins: string, ends: string): ZonedDay => ({
  timeZone,
  what,
  dates,
  begins: new Date(begins),
  ends: new Date(ends),
});

const MARCH_8 = ['2026-03-07', '2026-03-08', '2026-03-09'] as const;
const MARCH_29 = ['2026-03-28', '2026-03-29', '2026-03-30'] as const;
const MAY_1 = ['2026-04-30', '2026-05-01', '2026-05-02'] as const;
const OCTOBER_25 = ['2026-10-24', '2026-10-25', '2026-10-26'] as const;
const NOVEMBER_1 = ['2026-10-31', '2026-11-01', '2026-11-02'] as const;

const days = [
  zoned('UTC', '24 hours', MAY_1, '2026-05-01T00:00Z', '2026-05-02T00:00Z'),
  zoned('America/St_Johns', '23 hours, summer time begins', MARCH_8, '2026-03-08T03:30Z', '2026-03-09T02:30Z'),
  zoned('America/St_Johns', '25 hours, summer time ends', NOVEMBER_1, '2026-11-01T02:30Z', '2026-11-02T03:30Z'),
  zoned('Europe/Berlin', '23 hours, summer time begins', MARCH_29, '2026-03-28T23:00Z', '2026-03-29T22:00Z'),
  zoned('Europe/Berlin', '25 hours, summer time ends', OCTOBER_25, '2026-10-24T22:00Z', '2026-10-25T23:00Z'),
  zoned('Asia/Kathmandu', '24 hours, 5:45 ahead', MAY_1, '2026-04-30T18:15Z', '2026-05-01T18:15Z'),
  zoned('Pacific/Apia', '24 hours, 13:00 ahead', MAY_1, '2026-04-30T11:00Z', '2026-05-01T11:00Z'),
];

/** Runs a focus session of this many minutes that ends at this moment. */
const focusUntil = (studentId: Types.ObjectId, minutes: number, at: Date) =>
  focus(studentId, minutes, { from: later(at, -minutes * minute) });

const xpOf = async (studentId: Types.ObjectId, from: string, to: string): Promise<number[]> =>
  (await progressOf(studentId, from, to)).map(({ xp }) => xp);

const progressOf = (studentId: Types.ObjectId, from: string, to: string) =>
  dailyProgress({ studentId, from, to }, (asked) => createLoaders(new AbortController().signal).dayTotals.load(asked));

describe.each(days)('a day of $what in $timeZone', ({ timeZone, dates, begins, ends }) => {
  const [before, day, after] = dates;

  test('contains the rewards from its first to its last millisecond, in the ledger, the chart and the streak', async () => {
    const student = await givenStudent({ timeZone });

    await focusUntil(student, 5, later(begins, -1));
    await focusUntil(student, 6, begins);
    await focusUntil(student, 7, later(ends, -1));
    await focusUntil(student, 8, ends);

    const rows = await expectExactLedger(student);
    expect(rows.map(({ localDate }) => localDate)).toEqual([before, day, day, after]);
    expect(await xpOf(student, before, after)).toEqual([5, 13, 8]);
    expect((await storedStudent(student)).streak).toMatchObject({ days: 3, lastActiveOn: after });
  });

  test('pays at most 240 focus minutes, and the next day pays again', async () => {
    const student = await givenStudent({ timeZone });

    await focusUntil(student, 120, later(begins, 130 * minute));
    await focusUntil(student, 120, later(begins, 260 * minute));
    await focusUntil(student, 120, later(ends, -1));
    await focusUntil(student, 120, ends);

    expect(await xpOf(student, day, after)).toEqual([240, 120]);
    expect((await storedStudent(student)).focusToday).toEqual({ date: after, paidMinutes: 120 });
    await expectExactLedger(student);
  });
});

describe('a change of time zone', () => {
  /** Noon of May 1 in Apia. In St. John's it is still April 30. */
  const noonInApia = new Date('2026-04-30T23:00Z');

  const moveTo = (studentId: Types.ObjectId, timeZone: string) =>
    updateStudentProfile(here, { studentId, changes: { timeZone }, facts: requestOf(studentId, noonInApia) });

  test('to the west does not start a second day: later rewards belong to the day already reached', async () => {
    const { student, assignment } = await givenClass({ student: { timeZone: 'Pacific/Apia' }, dueDate: noonInApia });
    await focusUntil(student, 10, noonInApia);

    await moveTo(student, 'America/St_Johns');
    await submit(student, assignment, { at: later(noonInApia, minute) });
    await focusUntil(student, 20, later(noonInApia, 30 * minute));

    const rows = await expectExactLedger(student);
    expect(rows.map(({ localDate }) => localDate)).toEqual(['2026-05-01', '2026-05-01', '2026-05-01']);
    expect((await storedStudent(student)).streak.days).toBe(1);
    expect(await progressOf(student, '2026-04-30', '2026-05-01')).toEqual([
      { date: '2026-04-30', xp: 0, auraPoints: 0, focusedSeconds: 0, submissions: 0 },
      expect.objectContaining({ date: '2026-05-01', focusedSeconds: 30 * 60, submissions: 1 }),
    ]);
  });

  test('to the east does not start the next day until the current day is over in the zone where it began', async () => {
    const student = await givenStudent({ timeZone: 'America/St_Johns' });
    await focusUntil(student, 10, noonInApia);

    await moveTo(student, 'Pacific/Apia');
    await focusUntil(student, 20, later(noonInApia, 30 * minute));
    await moveTo(student, 'UTC');
    await moveTo(student, 'Pacific/Kiritimati');
    await focusUntil(student, 30, later(noonInApia, 60 * minute));
    const midnightInStJohns = new Date('2026-05-01T02:30Z');
    await focusUntil(student, 40, midnightInStJohns);

    const rows = await expectExactLedger(student);
    expect(rows.map(({ localDate }) => localDate)).toEqual(['2026-04-30', '2026-04-30', '2026-04-30', '2026-05-01']);
    expect((await storedStudent(student)).streak.days).toBe(2);
  });

  test('does not reset the daily cap of focus minutes', async () => {
    const student = await givenStudent({ timeZone: 'Pacific/Apia' });
    await focusUntil(student, 120, later(noonInApia, -130 * minute));
    await focusUntil(student, 120, noonInApia);

    await moveTo(student, 'America/St_Johns');
    await focusUntil(student, 120, later(noonInApia, 130 * minute));

    expect(await xpOf(student, '2026-04-30', '2026-05-01')).toEqual([0, 240]);
  });

  test('does not change past days', async () => {
    const student = await givenStudent({ timeZone: 'Pacific/Apia' });
    await focusUntil(student, 10, noonInApia);

    await moveTo(student, 'UTC');

    expect(await xpOf(student, '2026-04-30', '2026-05-01')).toEqual([0, 10]);
  });
});
