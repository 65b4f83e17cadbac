/**
 * Polls the health endpoints of a server. It runs in a separate process, so the load of the kit does not delay it; see
 * watch-health.ts. Usage: health-watch.ts URL. It prints one line after the first responses. When its standard input
 * ends, it prints a HealthSeen as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface EndpointHealth {
  /** The number of requests sent. */
  readonly requests: number;
  /** The number of requests that got no response, or a status that the endpoint must not send. */
  readonly failed: number;
  /** The longest response time. */
  readonly longestMs: number;
}

/** The health of a server over a period: both endpoints together, and each by itself. */
export interface HealthSeen extends EndpointHealth {
  /** GET /health/live */
  readonly live: EndpointHealth;
  /** GET /health/ready */
  readonly ready: EndpointHealth;
}

const [url] = process.argv.slice(2);
const INTERVAL_MS = 100;
const noneYet = (): EndpointHealth => ({ requests: 0, failed: 0, longestMs: 0 });
const seen = { live: noneYet(), ready: noneYet() };
/** A server that is not ready responds with 503. */
const VALID_STATUSES: Record<keyof typeof seen, readonly number[]> = { live: [200], ready: [200, 503] };

let isOver = false;
process.stdin.once('end', () => {
  isOver = true;
});
process.stdin.resume();

await pollBoth();
process.stdout.write('watching\n');
while (!isOver) {
  await pollBoth();
  await sleep(INTERVAL_MS);
}
const { live, ready } = seen;
const total: HealthSeen = {
  requests: live.requests + ready.requests,
  failed: live.failed + ready.failed,
  longestMs: Math.max(live.longestMs, ready.longestMs),
  live,
  ready,
};
process.stdout.write(JSON.stringify(total));

async function pollBoth(): Promise<void> {
  await Promise.all([poll('live'), poll('ready')]);
}

async function poll(endpoint: keyof typeof seen): Promise<void> {
  const sentAt = performance.now();
  const status = await fetch(`${url}/health/${endpoint}`).then(
    (response) => response.status,
    () => 0,
  );
  const { requests, failed, longestMs } = seen[endpoint];
  seen[endpoint] = {
    requests: requests + 1,
    failed: failed + (VALID_STATUSES[endpoint].includes(status) ? 0 : 1),
    longestMs: Math.max(longestMs, performance.now() - sentAt),
  };
}
