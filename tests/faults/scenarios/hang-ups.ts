/** The scenario in which clients hang up. The fault has fired if such an attempt was paid: nobody received its answer. */
import { type HangUp, HUNG_UP } from '../client.js';
import type { Scenario } from './scenario.js';

/** How often each stage is drawn, of ten. Most clients hang up while the server works on their request. */
const STAGES: readonly (readonly [HangUp['after'], number])[] = [
  ['nothing', 1],
  ['the head', 1],
  ['half of the body', 1],
  ['the request', 6],
  ['the first bytes of the response', 1],
];

const DRAWN = STAGES.flatMap(([stage, count]) => Array<HangUp['after']>(count).fill(stage));

/** A grant takes a few milliseconds, so some hang up before the server has read the request, some after the commit. */
const MAX_DELAY_MS = 8;

export const hangUps: Scenario = {
  name: 'hang-ups',
  workload: '1,000 grants, 30 % duplicates, of 20 students: one server',
  fault: 'each client hangs up several times at random stages of its request, and repeats it with the same key',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const requests = await context.workload({
      students: { quick: 1, full: 20 },
      grants: { quick: 80, full: 1_000 },
    });
    const most = context.forScale({ quick: 24, full: 12 });
    const left = new Map(requests.map(({ id }) => [id, Math.floor(context.random() * most)]));
    const clients = context.clients({
      targets: [server!],
      hangUp: ({ id }) => {
        const count = left.get(id) ?? 0;
        left.set(id, count - 1);
        const after = DRAWN[Math.floor(context.random() * DRAWN.length)]!;
        return count > 0 ? { after, delayMs: context.random() * MAX_DELAY_MS } : null;
      },
    });
    await clients.retryAllUntilResolved(requests, 16);
    const hungUp = clients.attempts.filter(
      ({ result }) => result.kind === 'no response' && result.cause.startsWith(HUNG_UP),
    );
    const payers = new Set((await context.stored()).rewards.map(({ requestId }) => requestId));
    const paid = hungUp.filter(({ requestId }) => payers.has(requestId));
    return {
      fired: paid.length,
      required: context.forScale({ quick: 20, full: 300 }),
      notes: [`${hungUp.length} attempts hung up; ${paid.length} of them were paid all the same`],
    };
  },
};
