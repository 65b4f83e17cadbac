/** Calendar days are texts as in the API, "2025-03-03". Their arithmetic is in UTC: no day there has 23 or 25 hours. */
const DAY_MS = 86_400_000;

const startOf = (day: string): number => Date.parse(`${day}T00:00Z`);

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The first of so many days that end with `last`. */
export const firstOf = (last: string, days: number): string => dayOf(startOf(last) - (days - 1) * DAY_MS);

/** The first of so many whole weeks, from Monday on, the last of which has `last` in it. */
export function firstOfWeeks(last: string, weeks: number): string {
  const daysSinceMonday = (new Date(startOf(last)).getUTCDay() + 6) % 7;
  return dayOf(startOf(last) - ((weeks - 1) * 7 + daysSinceMonday) * DAY_MS);
}
