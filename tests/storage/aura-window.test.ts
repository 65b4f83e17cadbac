import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type AuraWindow,
  addAura,
  auraWindowOf,
  emptyAuraWindow,
  MONTH_DAYS,
  settleAuraWindow,
  utcDayOf,
  WEEK_DAYS,
} from '../../src/storage/aura-window.js';

const never = Number.MAX_SAFE_INTEGER;

describe('the UTC day', () => {
  test.each([
    ['1970-01-01T00:00:00.000Z', 0],
    ['1970-01-01T23:59:59.999Z', 0],
    ['1970-01-02T00:00:00.000Z', 1],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2026-03-11T00:30:00.000+01:00', 20_522],
  ])('of %s is %i', (moment, day) => {
    expect(utcDayOf(new Date(moment))).toBe(day);
  });
});

describe('points of one day', () => {
  const day = 20_000;
  const window = addAura(emptyAuraWindow, day, 50);
  const sumsOn = (later: number) => {
    const { week, month } = settleAuraWindow(window, later);
    return { week, month };
  };

  test('count immediately, and the sums stay valid until the week is over', () => {
    expect(window).toEqual({ asOfDay: day, days: [50], week: 50, month: 50, untilDay: day + 7 });
  });

  test('count in WEEK for 7 days and in MONTH for 30 days, including the first day', () => {
    expect(sumsOn(day + 6)).toEqual({ week: 50, month: 50 });
    expect(sumsOn(day + 7)).toEqual({ week: 0, month: 50 });
    expect(sumsOn(day + 29)).toEqual({ week: 0, month: 50 });
    expect(sumsOn(day + 30)).toEqual({ week: 0, month: 0 });
  });

  test('are removed when they no longer count', () => {
    expect(settleAuraWindow(window, day + 30)).toEqual({ ...emptyAuraWindow, asOfDay: day + 30 });
  });

  test('cause a new window only on a day on which a sum changes', () => {
    expect(settleAuraWindow(window, day + 6)).toBe(window);
    expect(settleAuraWindow(window, day + 7)).toMatchObject({ asOfDay: day + 7, untilDay: day + 30 });
  });
});

describe('points', () => {
  test('of the same day add up', () => {
    expect(addAura(addAura(emptyAuraWindow, 100, 20), 100, 30)).toMatchObject({ days: [50], week: 50, month: 50 });
  });

  test('of several days are stored by day, latest first', () => {
    const window = addAura(addAura(emptyAuraWindow, 100, 20), 103, 30);
    expect(window).toEqual({ asOfDay: 103, days: [30, 0, 0, 20], week: 50, month: 50, untilDay: 107 });
  });

  test('count for their own day if the clock moved back', () => {
    const window = addAura(addAura(emptyAuraWindow, 100, 20), 98, 30);
    expect(window).toEqual({ asOfDay: 100, days: [20, 0, 30], week: 50, month: 50, untilDay: 105 });
  });

  test('of a day before the window are dropped', () => {
    const window = addAura(emptyAuraWindow, 100, 20);
    expect(addAura(window, 100 - MONTH_DAYS, 30)).toEqual(window);
    expect(addAura(window, 101 - MONTH_DAYS, 30)).toMatchObject({ week: 20, month: 50 });
  });

  test('of zero change no sum', () => {
    expect(addAura(emptyAuraWindow, 100, 0)).toEqual({ ...emptyAuraWindow, asOfDay: 100 });
  });
});

/** The points earned, each with its day. */
type Earned = readonly { readonly day: number; readonly points: number }[];

const sumOf = (earned: Earned, lastDay: number, days: number) =>
  earned.filter(({ day }) => day <= lastDay && day > lastDay - days).reduce((total, { points }) => total + points, 0);

const sumsOf = (earned: Earned, day: number) => ({
  week: sumOf(earned, day, WEEK_DAYS),
  month: sumOf(earned, day, MONTH_DAYS),
});

describe('for any points on any days', () => {
  /** Mostly the same day or the next few days. Sometimes weeks pass, and sometimes the clock moves back. */
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('add', 'settle'),
      daysOn: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -2, max: 40 })),
      points: fc.constantFrom(0, 0, 1, 25, 50, 100),
    }),
    { maxLength: 40 },
  );

  /** Returns the window after these steps, and a plain list of the points earned. */
  function replay(history: typeof steps extends fc.Arbitrary<infer Steps> ? Steps : never) {
    let window: AuraWindow = emptyAuraWindow;
    let today = 20_000;
    const earned: { day: number; points: number }[] = [];
    for (const { kind, daysOn, points } of history) {
      today += daysOn;
      if (kind === 'settle') {
        window = settleAuraWindow(window, today);
      } else {
        earned.push({ day: today, points });
        window = addAura(window, today, points);
      }
    }
    return { window, earned };
  }

  test('the sums on any later day equal those of the list', () => {
    fc.assert(
      fc.property(steps, fc.nat(40), (history, daysLater) => {
        const { window, earned } = replay(history);
        const day = window.asOfDay + daysLater;
        expect(settleAuraWindow(window, day)).toMatchObject(sumsOf(earned, day));
      }),
    );
  });

  test('the stored sums are valid until the first day on which a sum of the list changes', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { window, earned } = replay(history);
        const { week, month } = window;
        const laterDays = Array.from({ length: 2 * MONTH_DAYS }, (_, later) => window.asOfDay + later);
        const changed = laterDays.find((day) => {
          const sums = sumsOf(earned, day);
          return sums.week !== week || sums.month !== month;
        });
        expect(window.untilDay).toBe(changed ?? never);
      }),
    );
  });

  test('the window of all points at once equals the one that they were added to one by one', () => {
    fc.assert(
      fc.property(steps, fc.nat(40), (history, daysLater) => {
        const { window, earned } = replay(history);
        const day = window.asOfDay + daysLater;
        // The sums of a settled window may be those of an earlier day, as long as no sum has changed since.
        const { week, month, untilDay } = settleAuraWindow(window, day);
        expect(auraWindowOf(earned, day)).toMatchObject({ week, month, untilDay });
      }),
    );
  });

  test('the window stores at most 30 days, without trailing zeros', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { days } = replay(history).window;
        expect(days.length).toBeLessThanOrEqual(MONTH_DAYS);
        expect(days.at(-1)).not.toBe(0);
      }),
    );
  });
});
