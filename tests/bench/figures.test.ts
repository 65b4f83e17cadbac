import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { percentile, ratios, spread } from '../../bench/figures.js';
import { numbers, onSchedule } from '../../bench/load/measured.js';
import { byChance, evenly } from '../../bench/load/schedule.js';
import { Results } from '../../bench/results.js';
import { isMet } from '../../bench/targets.js';

const some = fc.array(fc.integer(), { minLength: 1 });

describe('a spread', () => {
  test('has the middle value, or what lies between the two middle ones', () => {
    expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
    expect(spread([4, 1, 2, 10])).toEqual({ min: 1, median: 3, max: 10 });
  });

  test('does not depend on the order', () => {
    fc.assert(fc.property(some, (values) => expect(spread([...values].reverse())).toEqual(spread(values))));
  });
});

describe('a percentile', () => {
  test('is the smallest value that this share does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, number) => number + 1);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)]).toEqual([50, 99, 100]);
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('leaves its share below or at it', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const at = percentile(values, share);
        expect(values.filter((value) => value <= at).length).toBeGreaterThanOrEqual(share * values.length - 1e-9);
      }),
    );
  });
});

test('ratios are those of the same round', () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  const results = new Results();
  for (const [one, other] of [
    [10, 5],
    [30, 10],
    [8, 4],
  ] as const) {
    results.add('one', { perSecond: one });
    results.add('other', { perSecond: other });
  }
  expect(results.ratio('perSecond', 'one', 'other')).toEqual({ min: 2, median: 2, max: 3 });
});

describe('a schedule', () => {
  test('of a rate has its requests evenly in its time', () => {
    expect(evenly(4, 1)).toEqual([0, 250, 500, 750]);
  });

  test('by chance is in order, within its time, and the same for the same numbers', () => {
    const chances = [0.9, 0.1, 0.5];
    expect(byChance(3, 10, () => chances.shift()!)).toEqual([1_000, 5_000, 9_000]);
  });

  test('is kept whatever becomes of those before: what came late counts from when it was due', async () => {
    const held: (() => void)[] = [];
    const send = (number: number) =>
      new Promise<void>((resolve) => {
        held.push(resolve);
        // Nobody is answered before the last one has been sent.
        if (number === 2) for (const release of held) release();
      });
    const { count, max, median } = await onSchedule([0, 20, 40], { next: numbers(3), send });
    expect(count).toBe(3);
    expect(max).toBeGreaterThanOrEqual(40);
    expect(median).toBeGreaterThanOrEqual(20);
  });
});

test('a target is met between its bounds', () => {
  const target = { aim: '', of: [], figure: () => 0, unit: '' };
  expect([2.4, 2.5, 2.6].map((figure) => isMet({ ...target, least: 2.5 }, figure))).toEqual([false, true, true]);
  expect([1.2, 1.3, 1.4].map((figure) => isMet({ ...target, most: 1.3 }, figure))).toEqual([true, true, false]);
  expect(isMet({ ...target, most: 1 }, Number.NaN)).toBe(false);
});
