import { BadInput } from '../granting/bad-input.js';
import type { RequestContext } from './context.js';

/** What a subscription is begun with; its arguments as they were sent. */
export interface Subscribing {
  readonly args: {
    readonly afterSequence?: number | null;
    readonly courseId: string;
    readonly after?: string | null;
  };
  readonly context: RequestContext;
}

/**
 * The events of a subscription, each as of its own moment, as long as the subscriber may see them: with the first that
 * it may not, the subscription ends.
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
