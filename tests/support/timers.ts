import { jest } from '@jest/globals';

/** Timers that are set for exactly this long run out after so many milliseconds. Undone by jest.restoreAllMocks(). */
export function shorten(ms: number, to: number): void {
  const wait = globalThis.setTimeout;
  const soon = (act: () => void, after?: number, ...more: []) => wait(act, after === ms ? to : after, ...more);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(soon as never);
}
