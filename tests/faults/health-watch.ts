/**
 * Asks a server for its health again and again, from a process of its own, which no load keeps from asking. Usage:
 * health-watch.ts URL; prints a line when it has been answered for the first time, and what it saw as JSON when its
 * standard input ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface HealthSeen {
  readonly asked: number;
  /** How often it did not answer, or another status than the path may have. */
  readonly failed: number;
  /** Milliseconds. */
  readonly longestMs: number;
}

const [url] = process.argv.slice(2);
const EVERY_MS = 100;
/** One that is not ready says so with 503. */
const STATUSES: Record<string, readonly number[]> = { '/health/live': [200], '/health/ready': [200, 503] };

let isOver = false;
process.stdin.once('end', () => {
  isOver = true;
});
process.stdin.resume();

const seen = { asked: 0, failed: 0, longestMs: 0 };
await askAll();
process.stdout.write('watching\n');
while (!isOver) {
  await askAll();
  await sleep(EVERY_MS);
}
process.stdout.write(JSON.stringify(seen satisfies HealthSeen));

async function askAll(): Promise<void> {
  await Promise.all(Object.entries(STATUSES).map(([path, statuses]) => ask(path, statuses)));
}

async function ask(path: string, statuses: readonly number[]): Promise<void> {
  const sentAt = performance.now();
  const status = await fetch(`${url}${path}`).then(
    (answer) => answer.status,
    () => 0,
  );
  seen.asked += 1;
  if (!statuses.includes(status)) seen.failed += 1;
  seen.longestMs = Math.max(seen.longestMs, performance.now() - sentAt);
}
