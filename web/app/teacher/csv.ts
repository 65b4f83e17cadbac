/** A table as a CSV file that spreadsheets open. */

export type Cell = string | number | null;

/** Spreadsheets take a file without it for one in their own, older encoding. */
const BYTE_ORDER_MARK = '\uFEFF';

/** A text that begins with one of these is a formula to a spreadsheet, and may send data away. Full-width forms count. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const NEEDS_QUOTES = /[",\r\n\t]|^\s|\s$/;

/** @returns the text of the file: UTF-8 with a byte order mark, lines that end with CR and LF (RFC 4180) */
export const toCsv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  BYTE_ORDER_MARK + [header, ...rows].map((cells) => `${cells.map(toCell).join(',')}\r\n`).join('');

/** A number is no formula, also if it is negative. */
function toCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** "2025-03-03 14:05:06", in UTC: spreadsheets read it as a time. */
export const csvTime = (at: string | null): string | null =>
  at && new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** @returns a name that every file system takes, for instance "sort-ten-cards-2025-03-03.csv" */
export function csvName(parts: readonly string[], now: number): string {
  const day = new Date(now).toISOString().slice(0, 10);
  const words = parts.join(' ').normalize('NFKD').toLowerCase();
  const plain = words.replaceAll(/\p{M}/gu, '').replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return `${[...plain]
    .slice(0, 80)
    .join('')
    .replaceAll(/^-+|-+$/g, '')}-${day}.csv`.replace(/^-/, '');
}
