/**
 * A student's aura points of the last 30 UTC calendar days. The WEEK and MONTH leaderboards rank by its sums. The sums
 * are stored so that an index can order students by them. They change when a day passes, without any write, so the
 * window also stores the day until which they are valid. From that day on, a writer or a leaderboard query must settle
 * the window (recompute its sums) first. This file is pure: it has no clock and no input or output.
 */
export interface AuraWindow {
  /** The UTC day for which the sums were computed, in days since 1970-01-01. */
  readonly asOfDay: number;
  /** Points of that day, of the day before, and so on, without trailing zeros. */
  readonly days: readonly number[];
  readonly week: number;
  readonly month: number;
  /** The first day on which a sum changes, if nothing is written until then. */
  readonly untilDay: number;
}

export const WEEK_DAYS = 7;
export const MONTH_DAYS = 30;

const NEVER = Number.MAX_SAFE_INTEGER;
const DAY_MS = 86_400_000;

export const emptyAuraWindow: AuraWindow = { asOfDay: 0, days: [], week: 0, month: 0, untilDay: NEVER };

/** Returns the UTC calendar day of a moment, in days since 1970-01-01. */
export const utcDayOf = (at: Date): number => Math.floor(at.getTime() / DAY_MS);

/** Returns the window with the sums of this day. Returns the same object if its sums are still valid. */
export function settleAuraWindow(window: AuraWindow, day: number): AuraWindow {
  return day < window.untilDay ? window : withSums(window, day);
}

/** Adds points earned on this day. If that is before the window's 30 days, they no longer count. */
export function addAura(window: AuraWindow, day: number, points: number): AuraWindow {
  const settled = withSums(window, Math.max(day, window.asOfDay));
  const { asOfDay, days } = settled;
  const ago = asOfDay - day;
  if (ago >= MONTH_DAYS) return settled;
  const earlier = [...days, ...Array<number>(Math.max(0, ago + 1 - days.length)).fill(0)];
  return withSums({ asOfDay, days: earlier.with(ago, earlier[ago]! + points) }, asOfDay);
}

/** Points, and the UTC day on which they were earned. */
export interface EarnedAura {
  readonly day: number;
  readonly points: number;
}

/** Returns the window of these points with the sums of a day, or of the last day with points if that is later. */
export function auraWindowOf(earned: readonly EarnedAura[], asOfDay: number): AuraWindow {
  const counting = earned.filter(({ day }) => day > asOfDay - MONTH_DAYS);
  return counting.reduce((window: AuraWindow, { day, points }) => addAura(window, day, points), {
    ...emptyAuraWindow,
    asOfDay,
  });
}

function withSums({ asOfDay, days }: Pick<AuraWindow, 'asOfDay' | 'days'>, day: number): AuraWindow {
  const shift = Math.min(day - asOfDay, MONTH_DAYS);
  const shifted = days.length === 0 ? [] : [...Array<number>(shift).fill(0), ...days].slice(0, MONTH_DAYS);
  const kept = shifted.slice(0, shifted.findLastIndex((points) => points !== 0) + 1);
  const sum = (length: number) => kept.slice(0, length).reduce((total, points) => total + points, 0);
  return { asOfDay: day, days: kept, week: sum(WEEK_DAYS), month: sum(MONTH_DAYS), untilDay: nextChangeDay(day, kept) };
}

/** Returns the day on which the oldest points leave the week or the month, whichever comes first. */
function nextChangeDay(day: number, days: readonly number[]): number {
  const oldestOfWeek = days.slice(0, WEEK_DAYS).findLastIndex((points) => points !== 0);
  const leavesWeek = oldestOfWeek < 0 ? NEVER : day - oldestOfWeek + WEEK_DAYS;
  const leavesMonth = days.length === 0 ? NEVER : day - (days.length - 1) + MONTH_DAYS;
  return Math.min(leavesWeek, leavesMonth);
}
