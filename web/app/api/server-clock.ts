/** The server's time. Devices are often minutes off, so timers and token expiry never use the device's own clock. */
export interface ServerClock {
  /** The server's time now, in milliseconds since 1970. */
  now(): number;
  /** Learns from an answer: its Date header, and when the request began and the answer came by the device's clock. */
  observe(dateHeader: string | null, sentAt: number, receivedAt: number): void;
}

/** A Date header has whole seconds, rounded down. */
const HEADER_STEP_MS = 1_000;

/** Clocks that are corrected bit by bit move less between two looks. Milliseconds. */
const JUMP_MS = 2_000;

export interface ServerClockOptions {
  /** The device's clock, in milliseconds since 1970. */
  readonly deviceNow?: () => number;
  /** A clock of the device that nobody sets. Milliseconds. */
  readonly steadyNow?: () => number;
  /** The device was asleep, or its clock was set: nobody but the server knows which, so ask it anything. */
  readonly onJump?: () => void;
}

/**
 * Each answer bounds the offset between the clocks: the server wrote its Date header after the request was sent and
 * before the answer came. Further answers narrow the bounds, so the time does not jump with every answer.
 */
export function createServerClock({
  deviceNow = Date.now,
  steadyNow = () => performance.now(),
  onJump = () => {},
}: ServerClockOptions = {}): ServerClock {
  let least = 0;
  let most = 0;
  let isKnown = false;
  let lead = deviceNow() - steadyNow();

  function noticeJump(): void {
    const before = lead;
    lead = deviceNow() - steadyNow();
    if (Math.abs(lead - before) > JUMP_MS) onJump();
  }

  return {
    now() {
      noticeJump();
      return deviceNow() + (least + most) / 2;
    },
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
