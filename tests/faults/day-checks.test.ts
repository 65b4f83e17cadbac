/** Proves that the checks of days can fail. */
import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { Stored } from './checker.js';
import { checkDays } from './day-checks.js';

const studentId = new Types.ObjectId();
const student = { _id: studentId, timeZone: 'Africa/Cairo' };

interface Row {
  readonly at: string;
  readonly localDate: string;
  readonly minutes?: number;
  readonly days?: number;
}

function textsOf(rows: readonly Row[]): string[] {
  const rewards = rows.map(({ at, localDate, minutes, days = 1 }, position) => ({
    ...{ studentId, sequence: position + 1, localDate, grantedAt: new Date(at), xp: minutes ?? 10 },
    ...{ streak: { days }, action: { kind: minutes === undefined ? 'AssignmentSubmitted' : 'PomodoroEnded' } },
  }));
  const stored = { students: [student], rewards } as unknown as Stored;
  return checkDays(stored).map(({ text }) => text);
}

/** In Cairo, the clocks went back from midnight to 23:00 on 2025-10-30, at 21:00 UTC. */
const fine: readonly Row[] = [
  { at: '2025-10-30T20:59:00Z', localDate: '2025-10-30' },
  { at: '2025-10-30T21:01:00Z', localDate: '2025-10-30' },
  { at: '2025-10-30T22:01:00Z', localDate: '2025-10-31', minutes: 120, days: 2 },
  // By the clock of another server it is not yet midnight.
  { at: '2025-10-30T21:59:00Z', localDate: '2025-10-31', minutes: 120, days: 2 },
];

test('given days that are right, there is no violation', () => {
  expect(textsOf(fine)).toEqual([]);
});

test.each([
  ['a row is on the day of UTC', 2, { localDate: '2025-10-30' }, 'row 3 of 2025-10-30T22:01:00.000Z is on 2025-10-30'],
  ['a row goes back to the day before', 3, { localDate: '2025-10-30' }, 'row 4 of 2025-10-30T21:59:00.000Z is on'],
  ['a day pays more than 240 minutes', 3, { minutes: 121 }, '2025-10-31 pays 241 minutes'],
  ['a streak has more days than there were', 3, { days: 3 }, 'row 4 has a streak of 3 in 2 days'],
])('given that %s, it is reported', (_, position, change, text) => {
  const rows = fine.map((row, each) => (each === position ? { ...row, ...change } : row));
  expect(textsOf(rows).join()).toContain(text);
});
