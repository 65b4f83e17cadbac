import { setTimeout as sleep } from 'node:timers/promises';
import { nextMessage, startChild, stopChild } from '../child.js';
import { METRICS_TOKEN, type Server } from '../product.js';
import type { SubscriberJob, SubscriberReport } from './subscriber-job.js';

const POLL_INTERVAL_MS = 100;
/** How long to wait for the last events and for the server to notice that connections have closed. */
const TIMEOUT_MS = 60_000;

export interface Subscribers {
  readonly pid: number;
  report(): Promise<SubscriberReport>;
  /** Waits until so many events have arrived. @throws Error if they do not, or if a connection has closed */
  events(count: number): Promise<SubscriberReport>;
  /** Closes all connections. */
  stop(): Promise<void>;
}

type Subscriptions = Omit<SubscriberJob, 'url' | 'variables' | 'sources'> & Partial<SubscriberJob>;

/** Opens the connections in a process of their own, and sends the subscriptions. */
export async function startSubscribers({ url }: Pick<Server, 'url'>, job: Subscriptions): Promise<Subscribers> {
  const child = startChild('subscribers.ts');
  const variables = job.tokens.map(() => ({}));
  child.send({ variables, sources: ['127.0.0.1'], ...job, url } satisfies SubscriberJob);
  await nextMessage(child);
  const report = async () => {
    child.send('report');
    return nextMessage<SubscriberReport>(child);
  };
  return {
    pid: child.pid!,
    report,
    async events(count) {
      let last = await report();
      await until(async () => {
        last = await report();
        if (last.closed.length > 0) throw new Error(`connections were closed: ${last.closed.join(', ')}`);
        return last.received.flat().length >= count;
      }, `${count} events`);
      return last;
    },
    stop: () => stopChild(child),
  };
}

/** Waits until the server has so many open subscriptions. */
export const subscriptionsOpen = (server: Server, count: number): Promise<void> =>
  until(async () => (await metric(server, 'auraledger_live_subscriptions')) === count, `${count} subscriptions`);

/** @returns the sum of all samples of a metric */
export async function metric({ url }: Server, name: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  const samples = [...(await response.text()).matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const start = performance.now();
  while (!(await isSo())) {
    if (performance.now() - start > TIMEOUT_MS) throw new Error(`still waiting for ${what}`);
    await sleep(POLL_INTERVAL_MS);
  }
}
