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

/** By counter: a student at that count who holds all badges of the other counters, and the action that adds one to it. */
const nearly: Record<BadgeCounter, { at(count: number): Partial<StudentState>; next(count: number): StudentAction }> = {
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
  const { at, next } = nearly[counter];

  test('is unlocked by the action that reaches its threshold', () => {
    const before = aStudent({ ...at(threshold - 1), badges: others });
    const { newBadges, state } = decideReward(before, next(threshold));
    expect(newBadges).toEqual([id]);
    expect(state.badges).toEqual([...others, id]);
  });

  test('is not unlocked one below', () => {
    if (threshold === 1) return;
    const { newBadges } = decideReward(aStudent({ ...at(threshold - 2), badges: others }), next(threshold - 1));
    expect(newBadges).toEqual([]);
  });

  test('is not unlocked again', () => {
    const before = aStudent({ ...at(threshold - 1), badges: [...others, id] });
    expect(decideReward(before, next(threshold)).newBadges).toEqual([]);
  });
});

test('one action may unlock several, in the order of the catalogue', () => {
  const before = aStudent({ submissionCount: 4, level: 4, xp: 2450, badges: ['submissions-1'] });
  expect(decideReward(before, handedIn()).newBadges).toEqual(['submissions-5', 'level-5']);
});

test('the first badge does not push out those held before, nor change their order', () => {
  const before = aStudent({ badges: ['streak-days-3', 'focus-minutes-25'] });
  expect(decideReward(before, handedIn()).state.badges).toEqual(['streak-days-3', 'focus-minutes-25', 'submissions-1']);
});

test('minutes of focus are the full ones of all seconds together, not of each session', () => {
  const before = aStudent({ totalPomodoroSeconds: 25 * 60 - 301 });
  const first = decideReward(before, focused({ focusedSeconds: 300 }));
  expect(first.newBadges).toEqual([]);
  const second = decideReward(before, focused({ focusedSeconds: 301 }));
  expect(second.newBadges).toEqual(['focus-minutes-25']);
});

test('minutes that the daily cap leaves unpaid count towards badges', () => {
  const before = aStudent({
    totalPomodoroSeconds: 299 * 60,
    focusToday: { date: today, paidMinutes: 240 },
    badges: ['focus-minutes-25'],
  });
  const { xp, newBadges } = decideReward(before, focused({ plannedMinutes: 1 }));
  expect(xp).toBe(0);
  expect(newBadges).toEqual(['focus-minutes-300']);
});

test('a streak that begins again unlocks nothing a second time', () => {
  const before = aStudent({
    streak: aStreak({ days: 2, longest: 30, lastActiveOn: yesterday }),
    badges: ['submissions-1', 'streak-days-3'],
  });
  expect(decideReward(before, handedIn()).newBadges).toEqual([]);
});

test('nobody has badges to begin with', () => {
  expect(unlockedBadges(aStudent())).toEqual([]);
});

describe('the catalogue', () => {
  const idOf = ({ counter, threshold }: Badge) => `${counter.toLowerCase().replace('_', '-')}-${threshold}`;

  test('is the one of the product', () => {
    expect(badges.map(({ id }) => id)).toEqual([
      ...[1, 5, 10, 25, 50, 100].map((threshold) => `submissions-${threshold}`),
      ...[25, 300, 1500, 6000].map((threshold) => `focus-minutes-${threshold}`),
      ...[3, 7, 30, 100].map((threshold) => `streak-days-${threshold}`),
      ...[5, 10, 20].map((threshold) => `level-${threshold}`),
    ]);
  });

  test.each(badges.map((badge) => [badge.id, badge] as const))('%s means what its id says', (id, badge) => {
    expect(id).toBe(idOf(badge));
    expect(badge.name).toMatch(/^\S.*\S$/);
    expect(badge.description).toMatch(/^[A-Z].*\.$/);
    expect(badgeOf(id)).toBe(badge);
  });

  test.each([5, 10, 20])('describes level %i by its number', (level) => {
    expect(badgeOf(`level-${level}`).description).toBe(`Reached level ${level}.`);
  });

  test('has no name twice', () => {
    expect(new Set(badges.map(({ name }) => name)).size).toBe(badges.length);
  });

  test('knows no other badge', () => {
    expect(() => badgeOf('submissions-2')).toThrow(new RangeError('There is no badge "submissions-2".'));
  });

  test('cannot be changed', () => {
    expect(Object.isFrozen(badges) && badges.every(Object.isFrozen)).toBe(true);
  });
});
