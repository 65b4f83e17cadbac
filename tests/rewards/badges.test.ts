import { describe, expect, test } from '@jest/globals';
import {
  type Badge,
  type BadgeCounter,
  badgeOf,
  badges,
  decideReward,
  type StudentAction,
  type StudentState,
  unlockedBadges,
} from '../../src/rewards/index.js';
import { aStreak, aStudent, focused, handedIn, today } from './given.js';

const yesterday = '2026-03-10';

/** For each counter: the state of a student at a given count, and an action that increments the counter. */
const counterCases: Record<
  BadgeCounter,
  { at(count: number): Partial<StudentState>; next(count: number): StudentAction }
> = {
  SUBMISSIONS: { at: (submissionCount) => ({ submissionCount }), next: () => handedIn() },
  FOCUS_MINUTES: {
    at: (minutes) => ({ totalPomodoroSeconds: minutes * 60 }),
    next: () => focused({ plannedMinutes: 1 }),
  },
  STREAK_DAYS: { at: (days) => ({ streak: aStreak({ days, lastActiveOn: yesterday }) }), next: () => handedIn() },
  LEVEL: { at: (level) => ({ level, xp: 100 * (level + 1) ** 2 - 50 }), next: () => handedIn() },
};

describe.each(badges.map((badge) => [badge.id, badge] as const))('%s', (id, { counter, threshold }) => {
  const others = badges
    .filter((badge) => badge.counter !== counter || badge.threshold < threshold)
    .map((badge) => badge.id);
  const { at, next } = counterCases[counter];

  test('is unlocked by the action that reaches its threshold', () => {
    const before = aStudent({ ...at(threshold - 1), badges: others });
    const { newBadges, state } = decideReward(before, next(threshold));
    expect(newBadges).toEqual([id]);
    expect(state.badges).toEqual([...others, id]);
  });

  test('is not unlocked one below its threshold', () => {
    if (threshold === 1) return;
    const { newBadges } = decideReward(aStudent({ ...at(threshold - 2), badges: others }), next(threshold - 1));
    expect(newBadges).toEqual([]);
  });

  test('is not unlocked a second time', () => {
    const before = aStudent({ ...at(threshold - 1), badges: [...others, id] });
    expect(decideReward(before, next(threshold)).newBadges).toEqual([]);
  });
});

test('one action may unlock several badges, in the order of the catalogue', () => {
  const before = aStudent({ submissionCount: 4, level: 4, xp: 2450, badges: ['submissions-1'] });
  expect(decideReward(before, handedIn()).newBadges).toEqual(['submissions-5', 'level-5']);
});

test('a new badge keeps the earlier badges and their order', () => {
  const before = aStudent({ badges: ['streak-days-3', 'focus-minutes-25'] });
  expect(decideReward(before, handedIn()).state.badges).toEqual(['streak-days-3', 'focus-minutes-25', 'submissions-1']);
});

test('focused minutes are the full minutes of all sessions together, not of each session', () => {
  const before = aStudent({ totalPomodoroSeconds: 25 * 60 - 301 });
  const first = decideReward(before, focused({ focusedSeconds: 300 }));
  expect(first.newBadges).toEqual([]);
  const second = decideReward(before, focused({ focusedSeconds: 301 }));
  expect(second.newBadges).toEqual(['focus-minutes-25']);
});

test('minutes above the daily cap are unpaid but count towards badges', () => {
  const before = aStudent({
    totalPomodoroSeconds: 299 * 60,
    focusToday: { date: today, paidMinutes: 240 },
    badges: ['focus-minutes-25'],
  });
  const { xp, newBadges } = decideReward(before, focused({ plannedMinutes: 1 }));
  expect(xp).toBe(0);
  expect(newBadges).toEqual(['focus-minutes-300']);
});

test('given a streak that begins again, no badge is unlocked a second time', () => {
  const before = aStudent({
    streak: aStreak({ days: 2, longest: 30, lastActiveOn: yesterday }),
    badges: ['submissions-1', 'streak-days-3'],
  });
  expect(decideReward(before, handedIn()).newBadges).toEqual([]);
});

test('a new student has no badges', () => {
  expect(unlockedBadges(aStudent())).toEqual([]);
});

describe('the catalogue', () => {
  const idOf = ({ counter, threshold }: Badge) => `${counter.toLowerCase().replace('_', '-')}-${threshold}`;

  test('has the badges of the product', () => {
    expect(badges.map(({ id }) => id)).toEqual([
      ...[1, 5, 10, 25, 50, 100].map((threshold) => `submissions-${threshold}`),
      ...[25, 300, 1500, 6000].map((threshold) => `focus-minutes-${threshold}`),
      ...[3, 7, 30, 100].map((threshold) => `streak-days-${threshold}`),
      ...[5, 10, 20].map((threshold) => `level-${threshold}`),
    ]);
  });

  test.each(badges.map((badge) => [badge.id, badge] as const))(
    '%s has the counter and threshold that its id names',
    (id, badge) => {
      expect(id).toBe(idOf(badge));
      expect(badge.name).toMatch(/^\S.*\S$/);
      expect(badge.description).toMatch(/^[A-Z].*\.$/);
      expect(badgeOf(id)).toBe(badge);
    },
  );

  test.each([5, 10, 20])('describes level %i by its number', (level) => {
    expect(badgeOf(`level-${level}`).description).toBe(`Reached level ${level}.`);
  });

  test('has a unique name for each badge', () => {
    expect(new Set(badges.map(({ name }) => name)).size).toBe(badges.length);
  });

  test('given an unknown id, badgeOf throws', () => {
    expect(() => badgeOf('submissions-2')).toThrow(new RangeError('There is no badge "submissions-2".'));
  });

  test('is frozen', () => {
    expect(Object.isFrozen(badges) && badges.every(Object.isFrozen)).toBe(true);
  });
});
