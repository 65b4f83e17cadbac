/** Numbers, dates and plurals in the words of the page. Dates are formatted in the zone of the person who reads them. */
const LOCALE = 'en';

const numbers = new Intl.NumberFormat(LOCALE);
const signedNumbers = new Intl.NumberFormat(LOCALE, { signDisplay: 'exceptZero' });
const rules = new Intl.PluralRules(LOCALE);
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
/** A distance of days is no calendar day: 47 hours are not "tomorrow". */
const relativeDays = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'always' });

export const plural = (count: number, forms: { readonly one: string; readonly other: string }): string =>
  rules.select(count) === 'one' ? forms.one : forms.other;

const lists = new Intl.ListFormat(LOCALE);

/** Ada, Grace, and 3 more. @param most how many are named */
export const listOf = (names: readonly string[], most: number): string =>
  lists.format(names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names);

/** 12,345 */
export const number = (value: number): string => numbers.format(value);

/** +70 */
export const signed = (value: number): string => signedNumbers.format(value);

const WITH_WEEKDAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;

/** Mon, 3 Mar 2025, 14:05 GMT+1. In a narrow place it breaks before its time only. */
export const dateTime = (at: string | number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    ...WITH_WEEKDAY,
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  })
    .format(new Date(at))
    .replaceAll(/ (?!\d\d:)/g, '\u00a0');

/** 3 Mar 2025. @param date a calendar day, YYYY-MM-DD */
export const day = (date: string): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${date}T00:00Z`),
  );

/** 14:05 */
export const time = (at: string | number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(at));

/** Mon, 3 Mar 2025; also for a date without a time, in UTC */
export const date = (at: string | number, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', { ...WITH_WEEKDAY, timeZone }).format(new Date(at));

/** 14:05; with its date, unless that is today by the device's own clock, which the person compares it with */
export const timeOrDate = (at: number): string => (date(at) === date(Date.now()) ? time(at) : dateTime(at));

/** The calendar day there, as the API writes it: 2025-03-03 */
export const localDate = (at: string | number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(at));

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** in 3 days, 5 minutes ago */
export function relativeTime(at: string | number, now: number): string {
  const distance = new Date(at).getTime() - now;
  const [unit, size] =
    Math.abs(distance) >= DAY_MS
      ? (['day', DAY_MS] as const)
      : Math.abs(distance) >= HOUR_MS
        ? (['hour', HOUR_MS] as const)
        : (['minute', MINUTE_MS] as const);
  return (unit === 'day' ? relativeDays : relative).format(Math.trunc(distance / size), unit);
}
