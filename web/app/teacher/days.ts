/** Calendar days as YYYY-MM-DD, and times of a date field. */

const DAY_MS = 86_400_000;

/** The last days up to today, in the zone of this browser. @param now by the server's clock */
export function lastDays(count: number, now: number): { readonly from: string; readonly to: string } {
  const to = localDate(now);
  return { from: new Date(Date.parse(to) - (count - 1) * DAY_MS).toISOString().slice(0, 10), to };
}

function localDate(at: number): string {
  return localMinute(new Date(at).toISOString()).slice(0, 10);
}

/** "2025-03-03T14:05" in the zone of this browser: what a date and time field has. */
export function localMinute(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @returns the moment that a date and time field says, in the zone of this browser; null: none */
export function momentOf(field: string): string | null {
  const at = new Date(field);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** A field has whole minutes. One that was not changed keeps the stored moment with its seconds. */
export function momentIn(field: string, stored: string | null | undefined): string | null {
  return stored && field === localMinute(stored) ? stored : momentOf(field);
}
