import { type LedgerAction, type LocalDate, localDateOf } from '../rewards/index.js';
import { valueOrMessage } from './derive.js';

const HOUR_MS = 3_600_000;

/** The zones of the world lie between UTC-12 and UTC+14. */
const earliestDay = (at: Date): LocalDate => isoDay(at.getTime() - 12 * HOUR_MS);
const latestDay = (at: Date): LocalDate => isoDay(at.getTime() + 14 * HOUR_MS);
const isoDay = (time: number): LocalDate => new Date(time).toISOString().slice(0, 10);

/** What the rows before an action say about its day. */
export interface DayBefore {
  readonly lastActiveOn: LocalDate | null;
  /** The zone in which that day began; null if there is none; undefined if no row says it. */
  readonly zoneOfLastDay: string | null | undefined;
}

/**
 * Returns what the day of an action should be, if it cannot be what it is; else null. The zone that the student had at
 * that moment is stored only in the row that begins a day. Other rows must be on a day that it was somewhere.
 * @param dayZone the zone in which the day began, if the row says it
 */
export function dayProblem(
  { at, localDate }: Pick<LedgerAction, 'at' | 'localDate'>,
  dayZone: string | undefined,
  { lastActiveOn, zoneOfLastDay }: DayBefore,
): string | null {
  if (lastActiveOn !== null && localDate < lastActiveOn) return `${lastActiveOn} or later`;
  const earliest = earliestDay(at);
  if (localDate < earliest) return `${earliest} or later`;
  if (localDate === lastActiveOn) return null;
  if (lastActiveOn !== null && zoneOfLastDay && valueOrMessage(() => localDateOf(at, zoneOfLastDay)) <= lastActiveOn) {
    return lastActiveOn;
  }
  if (dayZone === undefined) return localDate > latestDay(at) ? `${latestDay(at)} or earlier` : null;
  const day = valueOrMessage(() => localDateOf(at, dayZone));
  return day === localDate ? null : day;
}
