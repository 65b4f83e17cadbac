import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from './client.js';

/** Shorter than the timeout of a test, so that a test which waits in vain fails with a message. Milliseconds. */
const WITHIN_MS = 45_000;

/** Waits until `holds` returns true. @throws Error with `what` if that takes longer than WITHIN_MS */
export async function until(holds: () => boolean | Promise<boolean>, what = 'what the test waits for'): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > WITHIN_MS)
      throw new Error(`this did not happen within ${WITHIN_MS / 1_000} s: ${what}`);
    await sleep(5);
  }
}

/** Resolves as soon as no request uses anything. */
export function untilIdle(server: Pick<TestServer, 'resourceUsage'>): Promise<void> {
  return until(() => Object.values(server.resourceUsage()).every((amount) => amount === 0), 'an idle server');
}
