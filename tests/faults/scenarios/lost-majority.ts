/** A scenario in which the majority of the replica set is gone, so that nothing can be committed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { shuffled } from '../workload.js';
import { aroundFaults } from './around-faults.js';
import { PAUSE_RECOVERY_LIMIT_MS } from './replica-set-faults.js';
import type { Scenario } from './scenario.js';

/** Longer than the deadline of a grant, so that requests are answered UNAVAILABLE. */
const OUTAGE_MS = 12_000;
/** Time for an outage, for nodes that start, and for an election. */
const RETRY_FOR_MS = 120_000;

export const majorityGone: Scenario = {
  name: 'majority-gone',
  workload: '2,000 grants at one server, 50 clients, 200 students, 30 % duplicates',
  fault: 'SIGKILL of two of three nodes, which are gone for 12 to 24 s',
  nodes: 3,
  isCostly: true,
  async run(context) {
    const { set } = context;
    // With two, the other one would pay whom the first one no longer serves.
    const servers = await context.startServers(1);
    const required = context.forScale({ quick: 1, full: 10 });
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 120, full: 2_000 },
    });
    const clients = context.clients({ targets: servers, retryForMs: RETRY_FOR_MS });
    const endedAt: number[] = [];
    let fired = 0;
    await aroundFaults(context, { clients, requests, faults: required }, async (send, number) => {
      const primary = await set.primary();
      const others = shuffled(
        set.nodes.filter(({ host }) => host !== primary.host),
        context.random,
      );
      // Every second time, the primary remains alone: it takes writes and commits nothing, and then it steps down.
      const victims = number % 2 === 0 ? [primary, others[0]!] : others;
      const killedAt = performance.now();
      const sent = send();
      await Promise.all(victims.map((node) => set.kill(node)));
      await sleep(OUTAGE_MS + context.random() * context.forScale({ quick: 0, full: OUTAGE_MS }));
      const failed = clients.attempts.some(({ sentAt, result }) => sentAt > killedAt && result.kind === 'error');
      if (failed) fired += 1;
      await Promise.all(victims.map((node) => set.restart(node)));
      endedAt.push(performance.now());
      await set.waitUntilSettled();
      // Otherwise the next outage begins within a second, and a client that waits before its next try meets only outages.
      await sent;
    });
    return { fired, required, faultsAt: endedAt, recoveryLimitMs: PAUSE_RECOVERY_LIMIT_MS };
  },
};
