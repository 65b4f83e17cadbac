/** A summary of the values of one figure, of which each round measures one. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/**
 * @returns the summary. The median of an even number of values is the mean of the middle two. All are NaN for no
 * values.
 */
export function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  const median = (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
  return { min: at(sorted, 0), median, max: at(sorted, sorted.length - 1) };
}

/**
 * @returns the percentile by nearest rank: the smallest value that covers at least this share of all values; NaN for
 * none
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = ascending(values);
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1));
}

/** @returns the ratio of two figures in each round. Other load on the machine affects both figures of a round alike. */
export function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.slice(0, others.length).map((value, round) => value / others[round]!);
}

const ascending = (values: readonly number[]) => [...values].sort((one, other) => one - other);
const at = (sorted: readonly number[], position: number) => sorted[position] ?? Number.NaN;
