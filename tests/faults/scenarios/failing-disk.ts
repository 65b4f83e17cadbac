/** Scenarios in which the disk of the database is slow or full. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fillDisk, makeRoom, releaseJournal } from '../small-disk.js';
import { aroundFaults } from './around-faults.js';
import type { Scenario } from './scenario.js';
import { waitFor } from './scenario-context.js';

/** Every fourth stall is longer than the deadline of a grant, which is 10 s. Milliseconds. */
const STALLS_MS = [1_000, 3_000, 500, 12_000];

export const diskSlow: Scenario = {
  name: 'disk-slow',
  workload: '2,000 grants, 50 clients, 200 students, 30 % duplicates',
  fault: 'the disk stalls for 0.5 to 12 s, and every second time mongod is then killed',
  nodes: 1,
  async run(context) {
    const { set } = context;
    const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }));
    const required = context.forScale({ quick: 1, full: 24 });
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 120, full: 2_000 },
    });
    const clients = context.clients({ targets: servers });
    const endedAt: number[] = [];
    let fired = 0;
    await aroundFaults(context, { clients, requests, faults: required }, async (send, number) => {
      const node = await set.primary();
      await set.stallDisk(node);
      void send();
      await waitFor('commits wait for the disk', () => set.hasPendingWrites(node));
      // Each length occurs with and without a kill.
      await sleep(STALLS_MS[Math.floor(number / 2) % STALLS_MS.length]);
      if (await set.hasPendingWrites(node)) fired += 1;
      if (number % 2 === 0) {
        await set.kill(node);
        await set.restart(node);
      } else {
        await set.resumeDisk(node);
      }
      endedAt.push(performance.now());
      await set.waitUntilSettled();
    });
    return { fired, required, faultsAt: endedAt };
  },
};

const GATHER_MS = 500;

export const diskFull: Scenario = {
  name: 'disk-full',
  workload: '2,000 grants, 50 clients, 200 students, 30 % duplicates',
  fault: 'the disk is full and mongod aborts; room is made at once, or when requests are UNAVAILABLE',
  nodes: 1,
  special: 'a small disk',
  isCostly: true,
  async run(context) {
    const { set } = context;
    const servers = await context.startServers(2);
    const required = context.forScale({ quick: 1, full: 10 });
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 120, full: 2_000 },
    });
    const clients = context.clients({ targets: servers });
    const roomAt: number[] = [];
    await aroundFaults(context, { clients, requests, faults: required }, async (send, number) => {
      const node = await set.primary();
      // What mongod wrote meanwhile would be given back as well: acknowledged grants would be gone.
      set.pause(node);
      await releaseJournal(node.dbPath).finally(() => set.resume(node));
      await fillDisk(set.directory);
      const filledAt = performance.now();
      // Many commits gather and then reach the disk together, so that some of them find no room.
      await set.stallDisk(node);
      void send();
      await waitFor('commits wait for the disk', () => set.hasPendingWrites(node));
      await sleep(GATHER_MS);
      // It may abort before it answers.
      await set.resumeDisk(node).catch(() => {});
      await set.waitUntilEnded(node);
      if (number % 2 === 1) {
        await waitFor('a request is answered UNAVAILABLE', () =>
          clients.attempts.some(({ sentAt, result }) => sentAt > filledAt && result.kind === 'error'),
        );
      }
      await makeRoom(set.directory);
      await set.restart(node);
      roomAt.push(performance.now());
      await set.waitUntilSettled();
    });
    return { fired: roomAt.length, required, faultsAt: roomAt };
  },
};
