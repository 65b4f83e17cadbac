/** When each request of a fixed rate is due, evenly spaced; milliseconds from the start. */
export function evenly(perSecond: number, seconds: number): number[] {
  return Array.from({ length: Math.round(perSecond * seconds) }, (_, number) => (number * 1000) / perSecond);
}

/** When each of so many people comes by chance within these seconds, in order; milliseconds from the start. */
export function byChance(count: number, seconds: number, random: () => number): number[] {
  return Array.from({ length: count }, () => random() * seconds * 1000).sort((one, other) => one - other);
}
