/** The server's time. Devices are often minutes off, so timers and token expiry never use the device's own clock. */
export interface ServerClock {
  /** The server's time now, in milliseconds since 1970. */
  now(): number;
  /** Learns from an answer: its Date header, and when the request began and the answer came by the device's clock. */
  observe(dateHeader: string | null, sentAt: number, receivedAt: number): void;
}

/** A Date header has whole seconds, rounded down. */
const HEADER_STEP_MS = 1_000;

/**
 * Each answer bounds the offset between the clocks: the server wrote its Date header after the request was sent and
 * before the answer came. Further answers narrow the bounds, so the time does not jump with every answer.
 * @param deviceNow the device's clock, in milliseconds since 1970
 */
export function createServerClock(deviceNow: () => number = Date.now): ServerClock {
  let least = 0;
  let most = 0;
  let isKnown = false;
  return {
    now: () => deviceNow() + (least + most) / 2,
    observe(dateHeader, sentAt, receivedAt) {
      const date = Date.parse(dateHeader ?? '');
      if (Number.isNaN(date)) return;
      const [low, high] = [date - receivedAt, date + HEADER_STEP_MS - sentAt];
      const overlaps = isKnown && low <= most && high >= least;
      // Bounds that do not overlap mean that one of the clocks was set.
      [least, most] = overlaps ? [Math.max(least, low), Math.min(most, high)] : [low, high];
      isKnown = true;
    },
  };
}
