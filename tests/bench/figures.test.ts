import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { percentile, ratios, spread } from '../../bench/figures.js';
import { runOnSchedule, sequenceBelow } from '../../bench/load/measured.js';
import { evenSchedule, randomSchedule } from '../../bench/load/schedule.js';
import { Results } from '../../bench/results.js';
import { isMet } from '../../bench/targets.js';

const some = fc.array(fc.integer(), { minLength: 1 });

describe('a spread', () => {
  test('has the middle value as median, or the mean of the two middle values', () => {
    expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
    expect(spread([4, 1, 2, 10])).toEqual({ min: 1, median: 3, max: 10 });
  });

  test('does not depend on the order of the values', () => {
    fc.assert(fc.property(some, (values) => expect(spread([...values].reverse())).toEqual(spread(values))));
  });
});

describe('a percentile', () => {
  test('is the smallest value that covers the share', () => {
    const hundred = Array.from({ length: 100 }, (_, number) => number + 1);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)]).toEqual([50, 99, 100]);
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('has at least the share of the values at or below it', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const at = percentile(values, share);
        expect(values.filter((value) => value <= at).length).toBeGreaterThanOrEqual(share * values.length - 1e-9);
      }),
    );
  });
});

test('ratios compare values of the same round', () => {
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
  test('of a fixed rate spaces its requests evenly', () => {
    expect(evenSchedule(4, 1)).toEqual([0, 250, 500, 750]);
  });

  test('of random arrivals is sorted, within its period, and determined by the random numbers', () => {
    const chances = [0.9, 0.1, 0.5];
    expect(randomSchedule(3, 10, () => chances.shift()!)).toEqual([1_000, 5_000, 9_000]);
  });

  test('does not wait for earlier responses, and measures latency from the due time', async () => {
    const held: (() => void)[] = [];
    const send = (number: number) =>
      new Promise<void>((resolve) => {
        held.push(resolve);
        // No request gets its response before the last one is sent.
        if (number === 2) for (const release of held) release();
      });
    const { count, max, median } = await runOnSchedule([0, 20, 40], { next: sequenceBelow(3), send });
    expect(count).toBe(3);
    expect(max).toBeGreaterThanOrEqual(40);
    expect(median).toBeGreaterThanOrEqual(20);
  });
});

test('a target is met within its bounds', () => {
  const target = { description: '', series: [], figure: () => 0, unit: '' };
  expect([2.4, 2.5, 2.6].map((figure) => isMet({ ...target, atLeast: 2.5 }, figure))).toEqual([false, true, true]);
  expect([1.2, 1.3, 1.4].map((figure) => isMet({ ...target, atMost: 1.3 }, figure))).toEqual([true, true, false]);
  expect(isMet({ ...target, atMost: 1 }, Number.NaN)).toBe(false);
});
