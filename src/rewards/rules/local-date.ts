import type { LocalDate, StudentState } from '../student-state.js';
import { millisecondsPerDay, millisecondsPerSecond } from './durations.js';

/** A time zone, and the day of the last second that was asked for. */
interface Zone {
  readonly formatter: Intl.DateTimeFormat;
  /** Since 1970. */
  second: number;
  day: LocalDate;
}

/**
 * Maximum number of cached zones. Measured on Node 20: a formatter takes 60 KiB, and making one takes 70 times as long
 * as using it. The limit is above the number of zones that students live in. It keeps spellings that clients invent
 * ("eUROPE/berlin") from filling the memory.
 */
const mostZones = 256;

const zones = new Map<string, Zone>();

/**
 * Returns the calendar day in a time zone at a moment in the years 1 to 9999. Formatting a date is slow, so each zone
 * remembers the day of one second. A day never begins within a second: the offsets of all zones are whole seconds.
 * @param timeZone an IANA name
 * @throws RangeError if Intl does not know the zone, or the date is invalid
 */
export function localDateOf(at: Date, timeZone: string): LocalDate {
  const zone = zoneOf(timeZone);
  const second = Math.floor(at.getTime() / millisecondsPerSecond);
  if (second !== zone.second) {
    zone.day = formatted(at, zone.formatter);
    zone.second = second;
  }
  return zone.day;
}

function formatted(at: Date, formatter: Intl.DateTimeFormat): LocalDate {
  const parts = formatter.formatToParts(at);
  const digitsOf = (type: 'year' | 'month' | 'day') => parts.find((part) => part.type === type)?.value ?? '';
  return `${digitsOf('year').padStart(4, '0')}-${digitsOf('month')}-${digitsOf('day')}`;
}

/**
 * Returns the calendar day that an action of this student belongs to. That is the day in the student's zone, with two
 * exceptions: it is never before the last active day, and it stays on the last active day until that day is over in the
 * zone in which it began. So a student never turns one day into two, neither by changing zone nor when the clocks of a
 * zone go back across midnight.
 *
 * Example: a student acts on March 10 in Pago Pago and at once changes to Kiritimati, where it is March 12. Further
 * actions count for March 10 until it is midnight in Pago Pago.
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
 * Returns the later of two calendar days. Null counts as earlier than any day.
 * @throws RangeError if one of them is not a calendar day
 */
export function laterLocalDate(day: LocalDate, other: LocalDate | null): LocalDate {
  const former = other ?? day;
  return daysBetween(former, day) >= 0 ? day : former;
}

/**
 * Returns the number of days from one calendar day to another; negative if `to` is the earlier.
 * @throws RangeError if one of them is not a calendar day
 */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return dayNumberOf(to) - dayNumberOf(from);
}

/** Most actions are of a few days, so a few numbers are remembered. */
const mostDayNumbers = 256;
const dayNumbers = new Map<LocalDate, number>();

function dayNumberOf(day: LocalDate): number {
  const known = dayNumbers.get(day);
  if (known !== undefined) return known;
  const number = parsedDayNumber(day);
  if (dayNumbers.size >= mostDayNumbers) dayNumbers.clear();
  dayNumbers.set(day, number);
  return number;
}

/** Returns days since 1970-01-01. Computed in UTC, because a calendar day has no zone and no clock changes. */
function parsedDayNumber(day: LocalDate): number {
  const midnight = new Date(`${day}T00:00:00.000Z`);
  // Date reads February 30 as March 2, so check that the day comes out as it went in.
  const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(`${day}T`);
  if (!exists) throw new RangeError(`"${day}" is not a calendar day (YYYY-MM-DD).`);
  return midnight.getTime() / millisecondsPerDay;
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  evictOldestIfFull();
  const zone = { formatter, second: Number.NaN, day: '' };
  zones.set(timeZone, zone);
  return zone;
}

/** Removes the zone that was added first, if the cache is full. A Map iterates in insertion order. */
function evictOldestIfFull(): void {
  if (zones.size < mostZones) return;
  const oldest = zones.keys().next().value;
  if (oldest !== undefined) zones.delete(oldest);
}
