/** Rows in which the replica set loses its primary under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_TRY_MS } from '../checker.js';
import type { Clients } from '../client.js';
import type { Wanted } from '../record.js';
import { workloadOf } from '../workload.js';
import type { Row } from './row.js';
import { type Stage, until } from './stage.js';

const CLIENTS = 50;
const WORKLOAD = '10,000 grants, 50 clients, 200 students, 30 % duplicates';

/**
 * Lets the clients come to the outcomes of a workload, and a fault come about in the middle of each of its parts. Who
 * waits for the end of one, for a student that a dead server holds for example, holds up neither the next part nor its
 * fault.
 * @param act the fault; resolves when the next one may come
 * @returns when each of them began
 */
export async function underFaults(
  stage: Stage,
  { clients, wanted, faults }: { clients: Clients; wanted: readonly Wanted[]; faults: number },
  act: (number: number) => Promise<void>,
): Promise<number[]> {
  const faultsAt: number[] = [];
  const running: Promise<void>[] = [];
  const size = Math.ceil(wanted.length / faults);
  for (let number = 0; number < faults; number++) {
    const part = wanted.slice(number * size, (number + 1) * size);
    const before = clients.resolved;
    // Of a small part most must not be under way when half of it is done: something has to meet the fault.
    running.push(clients.resolveAll(part, Math.min(CLIENTS, Math.ceil(part.length / 4))));
    await until('half of a part', () => clients.resolved - before >= part.length / 2);
    faultsAt.push(performance.now());
    await act(number);
    stage.report(`fault ${number + 1} of ${faults}`);
  }
  await Promise.all(running);
  return faultsAt;
}

async function onThreeNodes(stage: Stage, faults: number, act: () => Promise<void>) {
  const servers = await stage.startServers(2);
  const students = stage.size({ quick: 20, full: 200 });
  const grants = stage.size({ quick: 400, full: 10_000 });
  const school = await stage.school({ students, assignments: Math.ceil(grants / students) + 2 });
  const clients = stage.clients({ targets: servers });
  const wanted = workloadOf({ school, grants, duplicates: 0.3, random: stage.random });
  const faultsAt = await underFaults(stage, { clients, wanted, faults }, act);
  return { fired: faultsAt.length, asked: faults, faultsAt };
}

export const primaryKilled: Row = {
  name: 'primary-killed',
  workload: WORKLOAD,
  fault: 'SIGKILL of the primary of three nodes',
  nodes: 3,
  run: (stage) =>
    onThreeNodes(stage, stage.size({ quick: 1, full: 20 }), async () => {
      const primary = await stage.set.primary();
      await stage.set.kill(primary);
      await stage.set.untilWritable();
      await stage.set.restart(primary);
      await stage.set.settled();
    }),
};

export const stepDown: Row = {
  name: 'step-down',
  workload: WORKLOAD,
  fault: 'step-down of the primary of three nodes',
  nodes: 3,
  run: (stage) =>
    onThreeNodes(stage, stage.size({ quick: 1, full: 20 }), async () => {
      await stage.set.stepDown();
      await stage.set.settled();
    }),
};

export const primaryPaused: Row = {
  name: 'primary-paused',
  workload: WORKLOAD,
  fault: 'SIGSTOP of the primary of three nodes for 15 s',
  nodes: 3,
  run: async (stage) => {
    const outcome = await onThreeNodes(stage, stage.size({ quick: 1, full: 10 }), async () => {
      const primary = await stage.set.primary();
      stage.set.pause(primary);
      try {
        await sleep(stage.size({ quick: 1_500, full: 15_000 }));
      } finally {
        stage.set.resume(primary);
      }
      await stage.set.settled();
    });
    // Another one is elected after 10 s; a secondary that still waits for the paused one's oplog may hold up majorities.
    return { ...outcome, recoversWithinMs: LONGEST_TRY_MS };
  },
};
