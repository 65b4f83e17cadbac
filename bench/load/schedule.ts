/** @returns the due times of requests at a fixed rate, in milliseconds from the start */
export function evenSchedule(perSecond: number, seconds: number): number[] {
  return Array.from({ length: Math.round(perSecond * seconds) }, (_, number) => (number * 1000) / perSecond);
}

/** @returns `count` random due times within `seconds`, sorted, in milliseconds from the start */
export function randomSchedule(count: number, seconds: number, random: () => number): number[] {
  return Array.from({ length: count }, () => random() * seconds * 1000).sort((one, other) => one - other);
}
