import type { LocalDate, StudentState } from '../student-state.js';
import { millisecondsPerDay } from './durations.js';

/**
 * Formatters kept at once, one a time zone. Measured on Node 20, one takes 60 KiB, and 70 times as long to make as to
 * use. The bound is more zones than students live in, and keeps the spellings that clients invent ("eUROPE/berlin")
 * from filling the memory.
 */
const mostFormatters = 256;

const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The calendar day in a time zone at a moment of the years 1 to 9999.
 * @param timeZone an IANA name
 * @throws RangeError for a zone that Intl does not know, and for an invalid date
 */
export function localDateOf(at: Date, timeZone: string): LocalDate {
  const parts = formatterOf(timeZone).formatToParts(at);
  const digitsOf = (type: 'year' | 'month' | 'day') => parts.find((part) => part.type === type)?.value ?? '';
  return `${digitsOf('year').padStart(4, '0')}-${digitsOf('month')}-${digitsOf('day')}`;
}

/**
 * The calendar day that an action of this student belongs to: that of the zone, but never before the last active one,
 * and a later one only when the last active day is over in the zone that it was reckoned in. So a student who changes
 * zone, or whose zone moves its clocks back across midnight, makes no two days of one.
 * @param zoneOfLastDay the zone in which the last active day began
 * @throws RangeError as `localDateOf` does
 */
export function activeLocalDate(
  { streak: { lastActiveOn } }: Pick<StudentState, 'streak'>,
  at: Date,
  timeZone: string,
  zoneOfLastDay: string = timeZone,
): LocalDate {
  const isLastDayOver = lastActiveOn === null || daysBetween(lastActiveOn, localDateOf(at, zoneOfLastDay)) > 0;
  return isLastDayOver ? laterLocalDate(localDateOf(at, timeZone), lastActiveOn) : lastActiveOn;
}

/**
 * The later of two calendar days, null being before all.
 * @throws RangeError where one is no day of the calendar
 */
export function laterLocalDate(day: LocalDate, other: LocalDate | null): LocalDate {
  return daysBetween(other ?? day, day) >= 0 ? day : (other ?? day);
}

/**
 * Calendar days from one day to another; below 0 where `to` is the earlier.
 * @throws RangeError where one is no day of the calendar
 */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return dayNumberOf(to) - dayNumberOf(from);
}

/** Days since 1970-01-01. A day of the calendar has no zone and no clock changes, hence UTC. */
function dayNumberOf(day: LocalDate): number {
  const midnight = new Date(`${day}T00:00:00.000Z`);
  // Date takes February 30 for March 2: only a day that is written back as it was read exists.
  const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(`${day}T`);
  if (!exists) throw new RangeError(`"${day}" is no day of the calendar (YYYY-MM-DD).`);
  return midnight.getTime() / millisecondsPerDay;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  makeRoom();
  formatters.set(timeZone, formatter);
  return formatter;
}

/** Forgets the formatter made longest ago where no more may be kept: a Map remembers the order of insertion. */
function makeRoom(): void {
  if (formatters.size < mostFormatters) return;
  const oldest = formatters.keys().next().value;
  if (oldest !== undefined) formatters.delete(oldest);
}
