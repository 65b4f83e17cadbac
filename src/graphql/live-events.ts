import { BadInput } from '../granting/bad-input.js';
import type { RequestContext } from './context.js';

/** What type-graphql passes to `subscribe`. The arguments are not validated. */
export interface Subscribing {
  readonly args: {
    readonly afterSequence?: number | null;
    readonly courseId: string;
    readonly after?: string | null;
  };
  readonly context: RequestContext;
}

/**
 * Passes on the events of a subscription, each with fresh caches and its own time. The subscription ends with the first
 * event that the viewer may not see.
 */
export function whileSeen<Event>(
  context: RequestContext,
  events: AsyncIterableIterator<Event>,
  isSeen: (event: Event) => Promise<boolean>,
): AsyncIterableIterator<Event> {
  const end = async () => {
    await events.return?.();
    return { done: true as const, value: undefined };
  };
  return {
    async next() {
      const result = await events.next();
      if (result.done) return result;
      try {
        context.beginEvent();
        return (await isSeen(result.value)) ? result : await end();
      } catch (error) {
        await end();
        throw error;
      }
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** @throws BadInput */
export function checkedSequence(afterSequence: number | null | undefined): number | null {
  if (afterSequence == null) return null;
  if (afterSequence >= 0) return afterSequence;
  throw new BadInput([{ path: 'afterSequence', message: 'Send the sequence of the last reward that you have, or 0.' }]);
}
