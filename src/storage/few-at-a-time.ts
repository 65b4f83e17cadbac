/**
 * The most look-ups that share a filter. A filter with a list of students and a list of keys asks mongod for each pair
 * of both, so a list of n costs up to n² seeks. But each filter is a query of its own. 4 and 16 take as much time as 8.
 */
const MAX_PAIRED = 8;

/** Splits look-ups into lists that are short enough for a filter that pairs two of their fields. */
export function fewAtATime<Lookup>(lookups: readonly Lookup[]): Lookup[][] {
  return Array.from({ length: Math.ceil(lookups.length / MAX_PAIRED) }, (_, position) =>
    lookups.slice(position * MAX_PAIRED, (position + 1) * MAX_PAIRED),
  );
}
