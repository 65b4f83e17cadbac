import { describe, expect, test } from '@jest/globals';
import { advanceStreak, type LocalDate, type Streak, streakAsItStands } from '../../src/rewards/index.js';
import { aStreak } from './given.js';

test('the first active day starts a streak', () => {
  expect(advanceStreak(aStreak(), '2026-03-11')).toEqual({
    days: 1,
    longest: 1,
    freezes: 0,
    lastActiveOn: '2026-03-11',
  });
});

describe('the day after the last active day continues the streak', () => {
  test.each<[from: LocalDate, to: LocalDate]>([
    ['2026-03-10', '2026-03-11'],
    ['2026-03-31', '2026-04-01'],
    ['2025-12-31', '2026-01-01'],
    ['2026-02-28', '2026-03-01'],
    ['2028-02-28', '2028-02-29'],
    ['2028-02-29', '2028-03-01'],
    ['2026-03-28', '2026-03-29'],
    ['2026-10-25', '2026-10-26'],
  ])('%s to %s', (lastActiveOn, today) => {
    expect(advanceStreak(aStreak({ days: 3, longest: 3, lastActiveOn }), today).days).toBe(4);
  });
});

describe('a day that is not later changes nothing', () => {
  test.each<[given: string, days: number, today: LocalDate]>([
    ['the same day', 3, '2026-03-10'],
    ['the same day, on which a seventh day earned a freeze', 7, '2026-03-10'],
    ['the day before, after a change of time zone', 3, '2026-03-09'],
    ['long before', 3, '2020-01-01'],
  ])('%s', (_given, days, today) => {
    const streak = aStreak({ days, longest: 9, freezes: 1, lastActiveOn: '2026-03-10' });
    expect(advanceStreak(streak, today)).toEqual(streak);
  });
});

describe('freezes cover all missed days or none', () => {
  const lastActiveOn = '2026-03-10';
  test.each<{ freezes: number; missed: number; today: LocalDate; days: number; left: number }>([
    { freezes: 0, missed: 0, today: '2026-03-11', days: 4, left: 0 },
    { freezes: 1, missed: 0, today: '2026-03-11', days: 4, left: 1 },
    { freezes: 2, missed: 0, today: '2026-03-11', days: 4, left: 2 },
    { freezes: 0, missed: 1, today: '2026-03-12', days: 1, left: 0 },
    { freezes: 1, missed: 1, today: '2026-03-12', days: 4, left: 0 },
    { freezes: 2, missed: 1, today: '2026-03-12', days: 4, left: 1 },
    { freezes: 0, missed: 2, today: '2026-03-13', days: 1, left: 0 },
    { freezes: 1, missed: 2, today: '2026-03-13', days: 1, left: 1 },
    { freezes: 2, missed: 2, today: '2026-03-13', days: 4, left: 0 },
    { freezes: 1, missed: 3, today: '2026-03-14', days: 1, left: 1 },
    { freezes: 2, missed: 3, today: '2026-03-14', days: 1, left: 2 },
    { freezes: 2, missed: 365, today: '2027-03-11', days: 1, left: 2 },
  ])(
    'given $freezes freezes and $missed missed days: day $days, $left freezes left',
    ({ freezes, today, days, left }) => {
      const streak = aStreak({ days: 3, longest: 5, freezes, lastActiveOn });
      expect(advanceStreak(streak, today)).toEqual({ days, longest: 5, freezes: left, lastActiveOn: today });
    },
  );
});

describe('each seventh day earns a freeze', () => {
  test.each<{
    from: Pick<Streak, 'days' | 'freezes'>;
    today: LocalDate;
    to: Pick<Streak, 'days' | 'freezes'>;
    what: string;
  }>([
    { what: 'not on day 6', from: { days: 5, freezes: 0 }, today: '2026-03-11', to: { days: 6, freezes: 0 } },
    { what: 'on day 7', from: { days: 6, freezes: 0 }, today: '2026-03-11', to: { days: 7, freezes: 1 } },
    { what: 'not on day 8', from: { days: 7, freezes: 1 }, today: '2026-03-11', to: { days: 8, freezes: 1 } },
    { what: 'on day 14', from: { days: 13, freezes: 1 }, today: '2026-03-11', to: { days: 14, freezes: 2 } },
    { what: 'never a third freeze', from: { days: 20, freezes: 2 }, today: '2026-03-11', to: { days: 21, freezes: 2 } },
    {
      what: 'after a freeze covered the gap',
      from: { days: 6, freezes: 1 },
      today: '2026-03-12',
      to: { days: 7, freezes: 1 },
    },
    {
      what: 'with both freezes used and one earned',
      from: { days: 20, freezes: 2 },
      today: '2026-03-13',
      to: { days: 21, freezes: 1 },
    },
    {
      what: 'never a freeze that would cover its own gap',
      from: { days: 6, freezes: 0 },
      today: '2026-03-12',
      to: { days: 1, freezes: 0 },
    },
  ])('$what', ({ from, today, to }) => {
    expect(advanceStreak(aStreak({ ...from, lastActiveOn: '2026-03-10' }), today)).toMatchObject(to);
  });
});

test('the longest streak is kept when a streak ends, until a longer streak exceeds it', () => {
  const broken = advanceStreak(aStreak({ days: 2, longest: 2, lastActiveOn: '2026-03-01' }), '2026-03-10');
  const second = advanceStreak(broken, '2026-03-11');
  const third = advanceStreak(second, '2026-03-12');
  expect([broken.longest, second.longest, third.longest]).toEqual([2, 2, 3]);
});

describe('what is shown is the streak as it stands', () => {
  const lastActiveOn = '2026-03-10';
  test.each<{ freezes: number; today: LocalDate; days: number }>([
    { freezes: 0, today: '2026-03-10', days: 3 },
    { freezes: 0, today: '2026-03-11', days: 3 },
    { freezes: 0, today: '2026-03-12', days: 0 },
    { freezes: 1, today: '2026-03-12', days: 3 },
    { freezes: 1, today: '2026-03-13', days: 0 },
    { freezes: 2, today: '2026-03-13', days: 3 },
    { freezes: 2, today: '2026-03-14', days: 0 },
    { freezes: 2, today: '2027-03-14', days: 0 },
    { freezes: 0, today: '2026-03-09', days: 3 },
  ])('on $today with $freezes freezes: $days days', ({ freezes, today, days }) => {
    const streak = aStreak({ days: 3, longest: 5, freezes, lastActiveOn });
    expect(streakAsItStands(streak, today)).toEqual({ days, longest: 5, freezes, lastActiveOn });
  });

  test('and of somebody who was never active nothing', () => {
    expect(streakAsItStands(aStreak(), '2026-03-11')).toEqual(aStreak());
  });
});
