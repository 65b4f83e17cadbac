import { describe, expect, test } from '@jest/globals';
import { expiresAt, type PomodoroOutcome, pomodoroOutcome } from '../../src/rewards/index.js';
import { day, hour, later, minute, noon, second } from './given.js';

const startedAt = noon;

describe('a session', () => {
  test.each<{ planned: number; elapsed: number; status: PomodoroOutcome['status']; focused: number; when: string }>([
    { planned: 25, elapsed: 0, status: 'ABANDONED', focused: 0, when: 'ended immediately' },
    { planned: 25, elapsed: 999, status: 'ABANDONED', focused: 0, when: 'within its first second' },
    { planned: 25, elapsed: 4 * minute + 59 * second, status: 'ABANDONED', focused: 299, when: 'at 4:59' },
    { planned: 25, elapsed: 5 * minute - 1, status: 'ABANDONED', focused: 299, when: '1 ms before 5:00' },
    { planned: 25, elapsed: 5 * minute, status: 'COMPLETED', focused: 300, when: 'at 5:00' },
    { planned: 25, elapsed: 5 * minute + 1, status: 'COMPLETED', focused: 300, when: '1 ms after 5:00' },
    { planned: 25, elapsed: 25 * minute - 1, status: 'COMPLETED', focused: 1499, when: '1 ms before its planned end' },
    { planned: 25, elapsed: 25 * minute, status: 'COMPLETED', focused: 1500, when: 'at its planned end' },
    { planned: 25, elapsed: 3 * hour, status: 'COMPLETED', focused: 1500, when: 'hours after its planned end' },
    { planned: 1, elapsed: minute - 1, status: 'ABANDONED', focused: 59, when: '1 ms before its planned end' },
    { planned: 1, elapsed: minute, status: 'COMPLETED', focused: 60, when: 'at its planned end' },
    { planned: 4, elapsed: 4 * minute - 1, status: 'ABANDONED', focused: 239, when: '1 ms before its planned end' },
    { planned: 4, elapsed: 4 * minute, status: 'COMPLETED', focused: 240, when: 'at its planned end' },
    { planned: 5, elapsed: 5 * minute - 1, status: 'ABANDONED', focused: 299, when: '1 ms before its planned end' },
    { planned: 5, elapsed: 5 * minute, status: 'COMPLETED', focused: 300, when: 'at its planned end' },
    { planned: 6, elapsed: 5 * minute, status: 'COMPLETED', focused: 300, when: 'after 5 of 6 minutes' },
    { planned: 120, elapsed: 120 * minute, status: 'COMPLETED', focused: 7200, when: 'at the end of the longest plan' },
  ])('planned for $planned min, $when: $status with $focused s', ({ planned, elapsed, status, focused }) => {
    const at = later(startedAt, elapsed);
    const outcome = pomodoroOutcome({ startedAt, plannedMinutes: planned }, at);
    expect(outcome).toEqual({ status, endedAt: at, focusedSeconds: focused });
  });
});

describe('a session left running', () => {
  const session = { startedAt, plannedMinutes: 25 };
  const expiry = new Date('2026-03-12T00:25:00.000Z');

  test('expires 12 h after its planned end', () => {
    expect(expiresAt(session)).toEqual(expiry);
    expect(expiresAt({ startedAt, plannedMinutes: 120 })).toEqual(later(startedAt, 14 * hour));
  });

  test.each([
    ['1 ms before it expires', later(expiry, -1)],
    ['exactly when it expires', expiry],
  ])('%s, it can still be ended', (_when, at) => {
    expect(pomodoroOutcome(session, at)).toEqual({ status: 'COMPLETED', endedAt: at, focusedSeconds: 1500 });
  });

  test.each([
    ['1 ms after its expiry', later(expiry, 1)],
    ['weeks after its expiry', later(expiry, 30 * day)],
  ])('%s, it is EXPIRED as of its expiry', (_when, at) => {
    expect(pomodoroOutcome(session, at)).toEqual({ status: 'EXPIRED', endedAt: expiry, focusedSeconds: null });
  });
});

test.each([1, second, 2 * hour])(
  'given a clock that moved back by %i ms, a session ends no earlier than it began',
  (back) => {
    const outcome = pomodoroOutcome({ startedAt, plannedMinutes: 25 }, later(startedAt, -back));
    expect(outcome).toEqual({ status: 'ABANDONED', endedAt: startedAt, focusedSeconds: 0 });
  },
);

test('the outcome has its own Date objects', () => {
  expect(pomodoroOutcome({ startedAt, plannedMinutes: 25 }, startedAt).endedAt).not.toBe(startedAt);
});
