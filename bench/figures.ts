/** What is told of a figure that was measured once in each round. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The median lies between the two middle values where their number is even; of none, all are NaN. */
export function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  const median = (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
  return { min: at(sorted, 0), median, max: at(sorted, sorted.length - 1) };
}

/** The smallest value that at least this share of all values does not exceed (nearest rank); of none, NaN. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = ascending(values);
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1));
}

/** One to the other, round by round: what the machine did meanwhile fell on both. */
export function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.slice(0, others.length).map((value, round) => value / others[round]!);
}

const ascending = (values: readonly number[]) => [...values].sort((one, other) => one - other);
const at = (sorted: readonly number[], position: number) => sorted[position] ?? Number.NaN;
