/** An async iterator that listens from the moment it is made, until it is returned. */
export type Subscription<Event> = AsyncIterableIterator<Event>;

/** The consumer has fallen behind by more events than are kept for it. It resumes from the last event that it got. */
export class TooSlow extends Error {
  constructor() {
    super('The subscriber reads more slowly than events happen. Subscribe again from the last event.');
  }
}

/** Events that are kept for one consumer, at most: some seconds of a busy class, and less than 1 MB. */
export const MOST_KEPT = 256;

/** Events on their way to one consumer. */
export class Inbox<Event> {
  #kept: Event[] = [];
  #isEnded = false;
  #failure: TooSlow | null = null;
  #wake: (() => void) | null = null;

  /** @param onEnd called once, when nothing more is to be put in */
  constructor(private readonly onEnd: () => void) {}

  put(event: Event): void {
    if (this.#isEnded) return;
    this.#kept.push(event);
    if (this.#kept.length > MOST_KEPT) {
      this.#failure = new TooSlow();
      this.end();
    }
    this.#wake?.();
  }

  /**
   * Waits for the next event; undefined: there are no more.
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

  /** Ends a `take` that waits as well. What is kept is dropped. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#kept = [];
    this.#wake?.();
    this.onEnd();
  }
}

/**
 * The events of a generator that takes from this inbox. A generator by itself could not be left while it waits: its
 * return() waits for the next() before.
 */
export function subscriptionOf<Event>(
  inbox: Pick<Inbox<unknown>, 'end'>,
  events: AsyncGenerator<Event>,
): Subscription<Event> {
  const leave = () => {
    inbox.end();
    // It may be at a read, which is waited for by nobody.
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
