import { jest } from '@jest/globals';

/** New lengths by the lengths that the product sets, in milliseconds. */
const lengths = new Map<number, number>();

/** Timers that are set for exactly `ms` run out after `to` milliseconds. Undone by jest.restoreAllMocks(). */
export function shorten(ms: number, to: number): void {
  if (!jest.isMockFunction(globalThis.setTimeout)) {
    lengths.clear();
    const wait = globalThis.setTimeout;
    const soon = (act: () => void, after = 0, ...more: []) => wait(act, lengths.get(after) ?? after, ...more);
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(soon as never);
  }
  lengths.set(ms, to);
}
