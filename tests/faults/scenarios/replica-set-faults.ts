/** Scenarios in which the replica set loses its primary under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_ATTEMPT_MS } from '../checker.js';
import type { Clients } from '../client.js';
import type { LogicalRequest } from '../record.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

const CLIENTS = 50;
const WORKLOAD = '10,000 grants, 50 clients, 200 students, 30 % duplicates';

/**
 * Splits a workload into one part for each fault, and injects a fault when half of the part is resolved. A client that
 * still waits after a fault, for example for a student that a dead server's transaction locks, delays neither the next
 * part nor the next fault.
 * @param act injects a fault and resolves when the next fault may follow
 * @returns when each fault began
 */
export async function underFaults(
  context: ScenarioContext,
  { clients, requests, faults }: { clients: Clients; requests: readonly LogicalRequest[]; faults: number },
  act: (number: number) => Promise<void>,
): Promise<number[]> {
  const faultsAt: number[] = [];
  const running: Promise<void>[] = [];
  const size = Math.ceil(requests.length / faults);
  for (let number = 0; number < faults; number++) {
    const part = requests.slice(number * size, (number + 1) * size);
    const before = clients.resolved;
    // In a small part, at most a quarter is in flight at once, so that some requests remain to meet the fault.
    running.push(clients.retryAllUntilResolved(part, Math.min(CLIENTS, Math.ceil(part.length / 4))));
    await waitFor('half of a part is resolved', () => clients.resolved - before >= part.length / 2);
    faultsAt.push(performance.now());
    await act(number);
    context.report(`fault ${number + 1} of ${faults}`);
  }
  await Promise.all(running);
  return faultsAt;
}

export async function killPrimary({ set }: ScenarioContext): Promise<void> {
  const primary = await set.primary();
  await set.kill(primary);
  await set.waitUntilWritable();
  await set.restart(primary);
  await set.waitUntilSettled();
}

export async function stepPrimaryDown({ set }: ScenarioContext): Promise<void> {
  await set.stepDown();
  await set.waitUntilSettled();
}

/**
 * The set elects another primary after 10 s. A secondary that still waits for the paused node's oplog may delay
 * majority commits.
 */
export const PAUSE_RECOVERY_LIMIT_MS = MAX_ATTEMPT_MS;

export async function pausePrimary(context: ScenarioContext): Promise<void> {
  const { set } = context;
  const primary = await set.primary();
  set.pause(primary);
  try {
    await sleep(context.forScale({ quick: 1_500, full: 15_000 }));
  } finally {
    set.resume(primary);
  }
  await set.waitUntilSettled();
}

async function onThreeNodes(context: ScenarioContext, faults: number, act: () => Promise<void>) {
  const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }));
  const requests = await context.workload({
    students: { quick: 20, full: 200 },
    grants: { quick: 200, full: 10_000 },
  });
  const clients = context.clients({ targets: servers });
  const faultsAt = await underFaults(context, { clients, requests, faults }, act);
  return { fired: faultsAt.length, required: faults, faultsAt };
}

export const primaryKilled: Scenario = {
  name: 'primary-killed',
  workload: WORKLOAD,
  fault: 'SIGKILL of the primary of three nodes',
  nodes: 3,
  run: (context) => onThreeNodes(context, context.forScale({ quick: 1, full: 20 }), () => killPrimary(context)),
};

export const stepDown: Scenario = {
  name: 'step-down',
  workload: WORKLOAD,
  fault: 'step-down of the primary of three nodes',
  nodes: 3,
  run: (context) => onThreeNodes(context, context.forScale({ quick: 1, full: 20 }), () => stepPrimaryDown(context)),
};

export const primaryPaused: Scenario = {
  name: 'primary-paused',
  workload: WORKLOAD,
  fault: 'SIGSTOP of the primary of three nodes for 15 s',
  nodes: 3,
  run: async (context) => {
    const faults = context.forScale({ quick: 1, full: 10 });
    const outcome = await onThreeNodes(context, faults, () => pausePrimary(context));
    return { ...outcome, recoveryLimitMs: PAUSE_RECOVERY_LIMIT_MS };
  },
};
