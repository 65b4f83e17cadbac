import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from './client.js';

/** Less than a test may take, so that one that waits in vain fails and ends. Milliseconds. */
const WITHIN_MS = 45_000;

/** Resolves as soon as this holds. */
export async function until(holds: () => boolean, what = 'what the test waits for'): Promise<void> {
  const startedAt = performance.now();
  while (!holds()) {
    if (performance.now() - startedAt > WITHIN_MS) throw new Error(`it never came to ${what}`);
    await sleep(5);
  }
}

/** Resolves as soon as no request uses anything. */
export function untilIdle(server: Pick<TestServer, 'resourceUsage'>): Promise<void> {
  return until(() => Object.values(server.resourceUsage()).every((amount) => amount === 0), 'an idle server');
}
