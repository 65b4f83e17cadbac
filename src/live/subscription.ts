/** An async iterator that listens from the moment it is made, until it is returned. */
export type Subscription<Event> = AsyncIterableIterator<Event>;

/** The consumer has fallen too far behind. It can resume after the last event that it received. */
export class TooSlow extends Error {
  constructor() {
    super('The client reads events too slowly. Subscribe again, after the last event that it received.');
  }
}

/** Maximum number of events buffered for one consumer: some seconds of a busy class, less than 1 MB. */
export const MAX_BUFFERED = 256;

/** The bounded buffer of one consumer. */
export class Inbox<Event> {
  #kept: Event[] = [];
  #isEnded = false;
  #failure: TooSlow | null = null;
  #wake: (() => void) | null = null;

  /** @param onEnd called once, when the inbox takes no more events */
  constructor(private readonly onEnd: () => void) {}

  put(event: Event): void {
    if (this.#isEnded) return;
    this.#kept.push(event);
    if (this.#kept.length > MAX_BUFFERED) {
      this.#failure = new TooSlow();
      this.end();
    }
    this.#wake?.();
  }

  /**
   * Waits for the next event.
   * @returns undefined if the inbox has ended
   * @throws TooSlow
   */
  async take(): Promise<Event | undefined> {
    while (this.#kept.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = null;
    if (this.#failure) throw this.#failure;
    return this.#kept.shift();
  }

  /** Drops the buffered events. A pending `take` returns. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#kept = [];
    this.#wake?.();
    this.onEnd();
  }
}

/**
 * Makes a subscription of a generator that takes from this inbox. The return() of a bare generator waits for the pending
 * next(), so an idle subscription could never be left.
 */
export function subscriptionOf<Event>(
  inbox: Pick<Inbox<unknown>, 'end'>,
  events: AsyncGenerator<Event>,
): Subscription<Event> {
  const leave = () => {
    inbox.end();
    // The generator may be in a read. Nobody waits for it.
    events.return(undefined).catch(() => {});
    return Promise.resolve({ done: true as const, value: undefined });
  };
  return {
    next: async () => {
      try {
        const result = await events.next();
        if (result.done) inbox.end();
        return result;
      } catch (error) {
        inbox.end();
        throw error;
      }
    },
    return: leave,
    throw: async (error) => {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
