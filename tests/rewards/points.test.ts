import { describe, expect, test } from '@jest/globals';
import { focusLines, isLate, type RewardLine, submissionLines } from '../../src/rewards/index.js';
import { day, hour, later, noon } from './given.js';

const due = noon;

describe('a submission', () => {
  test.each<{ when: string; at: Date; late: boolean; points: number; rules: string[] }>([
    { when: 'exactly at the due date', at: due, late: false, points: 50, rules: ['on-time'] },
    { when: '1 ms before', at: later(due, -1), late: false, points: 50, rules: ['on-time'] },
    { when: '1 ms less than a day before', at: later(due, -day + 1), late: false, points: 50, rules: ['on-time'] },
    { when: 'a day before', at: later(due, -day), late: false, points: 60, rules: ['on-time', 'early-days'] },
    {
      when: '1 ms more than a day before',
      at: later(due, -day - 1),
      late: false,
      points: 60,
      rules: ['on-time', 'early-days'],
    },
    {
      when: '1 ms less than 2 days before',
      at: later(due, -2 * day + 1),
      late: false,
      points: 60,
      rules: ['on-time', 'early-days'],
    },
    { when: '2 days before', at: later(due, -2 * day), late: false, points: 70, rules: ['on-time', 'early-days'] },
    {
      when: '1 ms less than 5 days before',
      at: later(due, -5 * day + 1),
      late: false,
      points: 90,
      rules: ['on-time', 'early-days'],
    },
    {
      when: '5 days before (exactly the cap)',
      at: later(due, -5 * day),
      late: false,
      points: 100,
      rules: ['on-time', 'early-days'],
    },
    {
      when: '6 days before (capped)',
      at: later(due, -6 * day),
      late: false,
      points: 100,
      rules: ['on-time', 'early-days', 'cap'],
    },
    {
      when: 'years before',
      at: later(due, -3000 * day),
      late: false,
      points: 100,
      rules: ['on-time', 'early-days', 'cap'],
    },
    { when: '1 ms late', at: later(due, 1), late: true, points: 40, rules: ['submitted', 'late-days'] },
    { when: 'an hour late', at: later(due, hour), late: true, points: 40, rules: ['submitted', 'late-days'] },
    {
      when: 'exactly a day late',
      at: later(due, day),
      late: true,
      points: 40,
      rules: ['submitted', 'late-days'],
    },
    {
      when: '1 ms into the second day',
      at: later(due, day + 1),
      late: true,
      points: 30,
      rules: ['submitted', 'late-days'],
    },
    { when: '3 days late', at: later(due, 3 * day), late: true, points: 20, rules: ['submitted', 'late-days'] },
    {
      when: '4 days late (exactly the minimum)',
      at: later(due, 4 * day),
      late: true,
      points: 10,
      rules: ['submitted', 'late-days'],
    },
    {
      when: '1 ms into the fifth day (raised to the minimum)',
      at: later(due, 4 * day + 1),
      late: true,
      points: 10,
      rules: ['submitted', 'late-days', 'floor'],
    },
    {
      when: 'years late',
      at: later(due, 3000 * day),
      late: true,
      points: 10,
      rules: ['submitted', 'late-days', 'floor'],
    },
  ])('$when pays $points', ({ at, late, points, rules }) => {
    const lines = submissionLines(due, at);
    expect(isLate(due, at)).toBe(late);
    expect(sumOf(lines)).toBe(points);
    expect(lines.map(({ rule }) => rule)).toEqual(rules);
  });

  test('counts days of 24 h, regardless of summer time', () => {
    const berlinBeforeSummerTime = new Date('2026-03-28T12:00:00+01:00');
    const berlinNoonOfTheShortDay = new Date('2026-03-29T12:00:00+02:00');
    expect(sumOf(submissionLines(berlinNoonOfTheShortDay, berlinBeforeSummerTime))).toBe(50);
  });
});

describe('focused minutes', () => {
  test.each<{ focusedSeconds: number; paidBefore: number; points: number; rules: string[] }>([
    { focusedSeconds: 0, paidBefore: 0, points: 0, rules: ['focus-minutes'] },
    { focusedSeconds: 59, paidBefore: 0, points: 0, rules: ['focus-minutes'] },
    { focusedSeconds: 60, paidBefore: 0, points: 1, rules: ['focus-minutes'] },
    { focusedSeconds: 119, paidBefore: 0, points: 1, rules: ['focus-minutes'] },
    { focusedSeconds: 1500, paidBefore: 0, points: 25, rules: ['focus-minutes'] },
    { focusedSeconds: 25 * 60, paidBefore: 214, points: 25, rules: ['focus-minutes'] },
    { focusedSeconds: 25 * 60, paidBefore: 215, points: 25, rules: ['focus-minutes'] },
    { focusedSeconds: 25 * 60, paidBefore: 216, points: 24, rules: ['focus-minutes', 'daily-cap'] },
    { focusedSeconds: 25 * 60, paidBefore: 239, points: 1, rules: ['focus-minutes', 'daily-cap'] },
    { focusedSeconds: 25 * 60, paidBefore: 240, points: 0, rules: ['focus-minutes', 'daily-cap'] },
    { focusedSeconds: 25 * 60, paidBefore: 241, points: 0, rules: ['focus-minutes', 'daily-cap'] },
    { focusedSeconds: 239 * 60, paidBefore: 0, points: 239, rules: ['focus-minutes'] },
    { focusedSeconds: 240 * 60, paidBefore: 0, points: 240, rules: ['focus-minutes'] },
    { focusedSeconds: 241 * 60, paidBefore: 0, points: 240, rules: ['focus-minutes', 'daily-cap'] },
  ])(
    'given $paidBefore paid minutes, $focusedSeconds s pay $points',
    ({ focusedSeconds, paidBefore, points, rules }) => {
      const lines = focusLines(focusedSeconds, paidBefore);
      expect(sumOf(lines)).toBe(points);
      expect(lines.map(({ rule }) => rule)).toEqual(rules);
    },
  );
});

describe('lines list the base points first, then bonus or deduction, then the applied limit', () => {
  test.each<{ given: string; lines: readonly RewardLine[]; expected: [rule: string, text: string, points: number][] }>([
    {
      given: 'on time',
      lines: submissionLines(due, due),
      expected: [['on-time', 'Handed in on time', 50]],
    },
    {
      given: 'a day early',
      lines: submissionLines(due, later(due, -day)),
      expected: [
        ['on-time', 'Handed in on time', 50],
        ['early-days', 'Handed in 1 full day early', 10],
      ],
    },
    {
      given: 'eight days early',
      lines: submissionLines(due, later(due, -8 * day)),
      expected: [
        ['on-time', 'Handed in on time', 50],
        ['early-days', 'Handed in 8 full days early', 80],
        ['cap', 'A submission pays at most 100 points', -30],
      ],
    },
    {
      given: 'an hour late',
      lines: submissionLines(due, later(due, hour)),
      expected: [
        ['submitted', 'Handed in', 50],
        ['late-days', '1 started day late', -10],
      ],
    },
    {
      given: 'seven days late',
      lines: submissionLines(due, later(due, 7 * day)),
      expected: [
        ['submitted', 'Handed in', 50],
        ['late-days', '7 started days late', -70],
        ['floor', 'A submission pays at least 10 points', 30],
      ],
    },
    {
      given: 'a minute of focus',
      lines: focusLines(60, 0),
      expected: [['focus-minutes', '1 focused minute', 1]],
    },
    {
      given: 'no full minute of focus: one line of 0 points',
      lines: focusLines(59, 0),
      expected: [['focus-minutes', '0 focused minutes', 0]],
    },
    {
      given: 'focus beyond the cap',
      lines: focusLines(25 * 60, 240),
      expected: [
        ['focus-minutes', '25 focused minutes', 25],
        ['daily-cap', 'At most 240 minutes a day pay', -25],
      ],
    },
  ])('$given', ({ lines, expected }) => {
    expect(lines).toEqual(expected.map(([rule, text, points]) => ({ rule, text, points })));
  });
});

function sumOf(lines: readonly RewardLine[]): number {
  return lines.reduce((sum, { points }) => sum + points, 0);
}
