import { describe, expect, test } from '@jest/globals';
import { raiseLevel, rulesVersion1, xpForNextLevel } from '../../src/rewards/index.js';

const carrying = { ...rulesVersion1, surplusXp: 'carry' as const };

test.each([
  [0, 100],
  [1, 400],
  [2, 900],
  [9, 10_000],
  [99, 1_000_000],
])('from level %i, the next level requires %i xp', (level, xp) => {
  expect(xpForNextLevel(level)).toBe(xp);
});

describe('a level discards the surplus, as the platform did', () => {
  test.each([
    { from: { level: 0, xp: 0 }, granted: 99, to: { level: 0, xp: 99, surplusDiscarded: 0 }, where: 'one below' },
    { from: { level: 0, xp: 0 }, granted: 100, to: { level: 1, xp: 0, surplusDiscarded: 0 }, where: 'the threshold' },
    { from: { level: 0, xp: 0 }, granted: 101, to: { level: 1, xp: 0, surplusDiscarded: 1 }, where: 'one above' },
    { from: { level: 0, xp: 99 }, granted: 0, to: { level: 0, xp: 99, surplusDiscarded: 0 }, where: 'no xp' },
    {
      from: { level: 0, xp: 99 },
      granted: 100,
      to: { level: 1, xp: 0, surplusDiscarded: 99 },
      where: 'the largest surplus',
    },
    { from: { level: 1, xp: 350 }, granted: 49, to: { level: 1, xp: 399, surplusDiscarded: 0 }, where: 'one below' },
    { from: { level: 1, xp: 350 }, granted: 50, to: { level: 2, xp: 0, surplusDiscarded: 0 }, where: 'the threshold' },
    { from: { level: 1, xp: 350 }, granted: 51, to: { level: 2, xp: 0, surplusDiscarded: 1 }, where: 'one above' },
    {
      from: { level: 0, xp: 0 },
      granted: 5000,
      to: { level: 1, xp: 0, surplusDiscarded: 4900 },
      where: 'one level only',
    },
  ])('$where: from $from with $granted xp granted', ({ from, granted, to }) => {
    expect(raiseLevel(from, granted)).toEqual(to);
  });
});

describe('a level carries the surplus if the rules say so', () => {
  test.each([
    { from: { level: 0, xp: 0 }, granted: 99, to: { level: 0, xp: 99 }, where: 'one below' },
    { from: { level: 0, xp: 0 }, granted: 100, to: { level: 1, xp: 0 }, where: 'the threshold' },
    { from: { level: 0, xp: 0 }, granted: 101, to: { level: 1, xp: 1 }, where: 'one above' },
    { from: { level: 0, xp: 90 }, granted: 409, to: { level: 1, xp: 399 }, where: 'one below a second level' },
    { from: { level: 0, xp: 90 }, granted: 410, to: { level: 2, xp: 0 }, where: 'two levels' },
    { from: { level: 0, xp: 0 }, granted: 100 + 400 + 900 + 7, to: { level: 3, xp: 7 }, where: 'three levels' },
  ])('$where: from $from with $granted xp granted', ({ from, granted, to }) => {
    expect(raiseLevel(from, granted, carrying)).toEqual({ ...to, surplusDiscarded: 0 });
  });
});
