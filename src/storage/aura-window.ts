/**
 * The aura points of a student's last 30 UTC calendar days, from which the WEEK and MONTH leaderboards are ranked.
 * Their sums are stored, so that an index can order them, with the day until which they hold when nothing is written:
 * whoever writes to or ranks a student on a later day settles them first. Pure.
 */
export interface AuraWindow {
  /** The UTC day that the sums are of, counted from 1970-01-01. */
  readonly asOfDay: number;
  /** Points of that day, of the day before, and so on; trailing zeros left out. */
  readonly days: readonly number[];
  readonly week: number;
  readonly month: number;
  /** The first day on which a sum is another one, if nothing is written until then. */
  readonly untilDay: number;
}

export const WEEK_DAYS = 7;
export const MONTH_DAYS = 30;

const NEVER = Number.MAX_SAFE_INTEGER;
const DAY_MS = 86_400_000;

export const emptyAuraWindow: AuraWindow = { asOfDay: 0, days: [], week: 0, month: 0, untilDay: NEVER };

/** The UTC calendar day of a moment, counted from 1970-01-01. */
export const utcDayOf = (at: Date): number => Math.floor(at.getTime() / DAY_MS);

/** The same points, with the sums of this day; the same window where they still hold. */
export function settleAuraWindow(window: AuraWindow, day: number): AuraWindow {
  return day < window.untilDay ? window : withSums(window, day);
}

/** Adds points that were earned on this day; where the window is ahead of it, on the window's own day. */
export function addAura(window: AuraWindow, day: number, points: number): AuraWindow {
  const { asOfDay, days } = withSums(window, Math.max(day, window.asOfDay));
  const [today = 0, ...before] = days;
  return withSums({ asOfDay, days: [today + points, ...before] }, asOfDay);
}

function withSums({ asOfDay, days }: Pick<AuraWindow, 'asOfDay' | 'days'>, day: number): AuraWindow {
  const shift = Math.min(day - asOfDay, MONTH_DAYS);
  const shifted = days.length === 0 ? [] : [...Array<number>(shift).fill(0), ...days].slice(0, MONTH_DAYS);
  const kept = shifted.slice(0, shifted.findLastIndex((points) => points !== 0) + 1);
  const sum = (length: number) => kept.slice(0, length).reduce((total, points) => total + points, 0);
  return { asOfDay: day, days: kept, week: sum(WEEK_DAYS), month: sum(MONTH_DAYS), untilDay: changesOn(day, kept) };
}

/** The day on which the oldest points of the week, or of the month, drop out. */
function changesOn(day: number, days: readonly number[]): number {
  const oldestOfWeek = days.slice(0, WEEK_DAYS).findLastIndex((points) => points !== 0);
  const leavesWeek = oldestOfWeek < 0 ? NEVER : day - oldestOfWeek + WEEK_DAYS;
  const leavesMonth = days.length === 0 ? NEVER : day - (days.length - 1) + MONTH_DAYS;
  return Math.min(leavesWeek, leavesMonth);
}
