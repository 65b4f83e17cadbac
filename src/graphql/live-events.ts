import { BadInput } from '../granting/bad-input.js';
import type { RequestContext } from './context.js';
import type { Right } from './rights-checks.js';

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
 * event that the viewer may not see, and without an event within seconds of losing the right.
 */
export function whileSeen<Event>(
  context: RequestContext,
  events: AsyncIterableIterator<Event>,
  right: Right,
): AsyncIterableIterator<Event> {
  const end = async () => {
    stopChecks();
    await events.return?.();
    return { done: true as const, value: undefined };
  };
  const stopChecks = context.services.rightsChecks.watch(context, right, () => {
    context.notes.outcome = 'FORBIDDEN';
    void end();
  });
  return {
    async next() {
      const result = await events.next();
      if (result.done) {
        stopChecks();
        return result;
      }
      try {
        context.beginEvent();
        return (await right(context)) ? result : await end();
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
