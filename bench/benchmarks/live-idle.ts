import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../bench.js';
import { metric, startSubscribers, subscriptionsOpen } from '../live/subscribers.js';
import { MY_REWARDS } from '../operations.js';
import { cpuMs, residentMemoryMb } from '../process-times.js';
import { type Server, startProduct } from '../product.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

const SUBSCRIBERS = 10_000;
const AT_ONCE = 200;
/** Each connection has two pings in this time. */
const IDLE_SECONDS = 24;
/** Node returns memory some time after it was used. */
const SETTLED_AFTER_MS = 5_000;
/** A network may have half of the free connections at most, so the subscribers come from several local addresses. */
const SOURCES = Array.from({ length: 10 }, (_, number) => `127.0.0.${number + 1}`);

/** A whole town has the page open, and nothing happens. */
export const liveIdle: Benchmark = {
  name: 'live-idle',
  description: '10,000 subscribers without events: memory and processor time of each (Linux)',
  runsByDefault: true,
  async measure({ uri, school, results }) {
    const { tokens } = await enrollStudents(school.courseId, SUBSCRIBERS);
    const server = await startProduct(uri);
    try {
      const before = await usage(server);
      const job = { tokens, query: MY_REWARDS, atOnce: AT_ONCE, sources: SOURCES };
      const subscribers = await startSubscribers(server, job);
      await subscriptionsOpen(server, SUBSCRIBERS);
      const connected = await usage(server);
      await sleep(IDLE_SECONDS * 1_000);
      const cpu = (await cpuMs(server.pid)) - connected.cpu;
      const { closed, retries } = await subscribers.report();
      await subscribers.stop();
      await subscriptionsOpen(server, 0);
      const each = (figure: 'resident' | 'heap') => ((connected[figure] - before[figure]) / SUBSCRIBERS) * 1_000;
      results.add(series.idle, {
        retries,
        open: SUBSCRIBERS - closed.length,
        residentKb: each('resident'),
        heapKb: each('heap'),
        idleCpuPercent: cpu / IDLE_SECONDS / 10,
        connectCpuMs: (connected.cpu - before.cpu) / SUBSCRIBERS,
      });
    } finally {
      await server.stop();
    }
  },
};

async function usage(server: Server): Promise<{ cpu: number; resident: number; heap: number }> {
  await sleep(SETTLED_AFTER_MS);
  return {
    cpu: await cpuMs(server.pid),
    resident: (await residentMemoryMb(server.pid)).now,
    heap: (await metric(server, 'nodejs_heap_size_used_bytes')) / 1e6,
  };
}
