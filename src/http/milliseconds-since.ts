/**
 * Part of http/: durations for the log, to a tenth of a millisecond.
 * @param startedAt in terms of performance.now()
 */
export const millisecondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) * 10) / 10;
