import { jest } from '@jest/globals';

/** Shortened durations by the durations that the product sets, in milliseconds. */
const lengths = new Map<number, number>();

/** Makes timers of exactly `ms` milliseconds fire after `to` milliseconds. jest.restoreAllMocks() undoes it. */
export function shorten(ms: number, to: number): void {
  if (!jest.isMockFunction(globalThis.setTimeout)) {
    lengths.clear();
    const wait = globalThis.setTimeout;
    const soon = (act: () => void, after = 0, ...more: []) => wait(act, lengths.get(after) ?? after, ...more);
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(soon as never);
  }
  lengths.set(ms, to);
}
