/** Reads from subscriptions as a transport does. */
import { until } from '../support/until.js';

export interface Collected<Event> {
  readonly events: readonly Event[];
  /** How it ended; undefined: it has not. */
  readonly end: 'done' | Error | undefined;
  /** Resolves when there are so many. */
  count(atLeast: number): Promise<readonly Event[]>;
  leave(): Promise<void>;
}

/** Takes every event from now on. */
export function collect<Event>(subscription: AsyncIterableIterator<Event>): Collected<Event> {
  const events: Event[] = [];
  let end: 'done' | Error | undefined;
  const take = async () => {
    for (;;) {
      const result = await subscription.next();
      if (result.done) return;
      events.push(result.value);
    }
  };
  take().then(
    () => {
      end = 'done';
    },
    (error) => {
      end = error;
    },
  );
  return {
    events,
    get end() {
      return end;
    },
    async count(atLeast) {
      await until(() => events.length >= atLeast || end !== undefined, `${atLeast} events`);
      return events;
    },
    async leave() {
      await subscription.return?.();
    },
  };
}
