import { createLoaders, type Loaders } from '../storage/loaders.js';
import type { RequestContext } from './context.js';

/** A subscription must end within 5 s of losing its right: this pause, and the time of the reads. Milliseconds. */
const CHECK_INTERVAL_MS = 3_000;

/** Whether the viewer of this context may see the events of a subscription. */
export type Right = (context: RequestContext) => Promise<boolean>;

/** Ends the subscriptions that have lost their right, although no event arrives for them. */
export interface RightsChecks {
  /**
   * Checks a subscription from now on.
   * @param end called when the account of the viewer is gone, its role has changed, or `right` does not hold
   * @returns the function that ends the checks
   */
  watch(context: RequestContext, right: Right, end: () => void): () => void;
  start(): void;
  stop(): void;
}

interface Watched {
  readonly context: RequestContext;
  readonly right: Right;
  readonly end: () => void;
}

/**
 * One check for all subscriptions of the process. They share the loaders, so that it sends one command for each kind of
 * document and each thousand ids.
 * @param onFailed receives the error of a failed read; the next check repeats it
 */
export function createRightsChecks(onFailed: (error: unknown) => void): RightsChecks {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;

  async function check({ context, right, end }: Watched, loaders: Loaders): Promise<void> {
    const now = context.withLoaders(loaders);
    if (!((await now.exists()) && (await right(now)))) end();
  }

  async function checkAll(): Promise<void> {
    const loaders = createLoaders(new AbortController().signal);
    const checks = await Promise.allSettled([...watched].map((subscription) => check(subscription, loaders)));
    const failure = checks.find(({ status }) => status === 'rejected');
    if (failure?.status === 'rejected') onFailed(failure.reason);
    if (isRunning) scheduleNext();
  }

  function scheduleNext(): void {
    timer = setTimeout(() => void checkAll(), CHECK_INTERVAL_MS).unref();
  }

  return {
    watch(context, right, end) {
      const subscription = { context, right, end };
      watched.add(subscription);
      return () => void watched.delete(subscription);
    },
    start() {
      isRunning = true;
      scheduleNext();
    },
    stop() {
      isRunning = false;
      clearTimeout(timer);
    },
  };
}
