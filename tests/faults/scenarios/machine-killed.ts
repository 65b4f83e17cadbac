/** The scenario in which the server and its embedded database are killed together, as by a power cut. */
import { setImmediate } from 'node:timers/promises';
import { createEmbeddedDatabase } from '../embedded-database.js';
import { underFaults } from './replica-set-faults.js';
import type { Scenario } from './scenario.js';

/** The programs start again meanwhile, on whatever else the machine does. */
const START_LIMIT_MS = 60_000;

export const machineKilled: Scenario = {
  name: 'machine-killed',
  workload: '2,000 grants, as after `npm start`: one server with its embedded database',
  fault: 'SIGKILL of the server and the database together; a new start on the same directory',
  nodes: 1,
  isCostly: true,
  async run(context) {
    const embedded = await createEmbeddedDatabase();
    context.onDropDatabase(embedded.remove);
    const owned = await embedded.open();
    await context.moveTo(owned.uri);
    const required = context.forScale({ quick: 1, full: 20 });
    // A database with accounts gets no demonstration class.
    const requests = await context.workload({
      students: { quick: 10, full: 100 },
      grants: { quick: 100, full: 2_000 },
    });
    await owned.stop();
    const options = { dataDir: embedded.directory };
    await context.startServers(1, options);
    context.onClose(async () => {
      const again = await embedded.open();
      context.onDropDatabase(again.stop);
      await context.moveTo(again.uri);
    });
    const clients = context.clients({ targets: [...context.servers], retryForMs: 120_000 });
    let fired = 0;
    const faultsAt = await underFaults(context, { clients, requests, faults: required }, async (number) => {
      const server = context.servers[0]!;
      const kill = await embedded.killerOf(server, number % 2 === 0);
      // Kill it as soon as somebody is answered: what is acknowledged last is at risk.
      const before = clients.resolved;
      while (clients.resolved === before && clients.inFlight > 0) await setImmediate();
      if (clients.inFlight > 0) fired += 1;
      kill();
      await server.ended;
      await context.restart(server, options);
    });
    return { fired, required, faultsAt, recoveryLimitMs: START_LIMIT_MS, notes: [paidUnseen()] };

    function paidUnseen(): string {
      const unanswered = clients.attempts.filter(({ result }) => result.kind === 'no response');
      const replayed = new Set(
        clients.attempts.flatMap(({ request, result }) =>
          result.kind === 'granted' && result.replayed ? [request.id] : [],
        ),
      );
      const count = new Set(unanswered.map(({ request }) => request.id).filter((id) => replayed.has(id))).size;
      return `${count} requests without an answer at a kill got a replay afterwards`;
    }
  },
};
