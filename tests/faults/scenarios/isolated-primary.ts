/** A scenario in which the primary is cut off from the other nodes, takes writes all the same, and must undo them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from '../replica-set.js';
import { aroundFaults } from './around-faults.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

export const isolatedPrimary: Scenario = {
  name: 'isolated-primary',
  workload: '2,400 grants, 50 clients, 200 students, 30 % duplicates',
  fault: 'the primary of three nodes and one of two servers are cut off for 2 to 14 s, while another node is elected',
  nodes: 3,
  special: 'links that can be cut',
  isCostly: true,
  async run(context) {
    const { set } = context;
    const primary = await set.primary();
    // This server is on the side of the isolated node: it sees no other.
    const uri = `mongodb://${primary.host}/${context.db.databaseName}?directConnection=true`;
    const isolated = await context.startServers(1, { uri });
    const others = await context.startServers(1);
    const isolations = context.forScale({ quick: 1, full: 16 });
    // On a busy machine, the election may take so long that the isolated node steps down before.
    const required = context.forScale({ quick: 1, full: 10 });
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 200, full: 2_400 },
    });
    const behind = isolated.map(({ url }) => ({ url, mayBeBehind: true as const }));
    const clients = context.clients({ targets: [...behind, ...others] });
    const electedAt: number[] = [];
    let fired = 0;
    await aroundFaults(context, { clients, requests, faults: isolations }, async (send) => {
      const before = await set.rollbacks(primary);
      void send();
      const areTwo = await isolate(context, primary);
      electedAt.push(performance.now());
      // It steps down by itself when it has heard of no other node for 10 s.
      await sleep(context.forScale({ quick: 1_000, full: 1_000 + context.random() * 12_000 }));
      set.reconnect();
      await set.waitUntilSettled();
      if (areTwo && (await set.rollbacks(primary)) > before) fired += 1;
      await set.stepUp(primary);
      await set.waitUntilSettled();
    });
    return { fired, required, faultsAt: electedAt };
  },
};

/**
 * Cuts the primary off, and has another node elected when the primary has writes that no other node has.
 * @returns whether both took themselves for the primary then
 */
async function isolate({ set }: ScenarioContext, primary: Node): Promise<boolean> {
  set.cutOff(primary);
  await waitFor('the isolated primary takes writes', () => set.hasPendingWrites(primary));
  const other = set.nodes.find(({ host }) => host !== primary.host)!;
  await set.stepUp(other);
  await waitFor('another node is elected', () => set.isPrimary(other));
  return set.isPrimary(primary);
}
