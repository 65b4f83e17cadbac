/** The scenario in which a server is stopped for a while, as a laptop that sleeps, and another one takes over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Step, startCommitProxy } from '../commit-proxy.js';
import type { ProductServer } from '../product-server.js';
import type { Attempt } from '../record.js';
import { underFaults } from './replica-set-faults.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

/** Where in a transaction of its own the server is stopped. */
const STAGES = ['begin', 'commit', 'committed'] as const;
type Stage = Step | 'committed';

/**
 * Longer than a request may take (10 s), so the server wakes up to requests that are over. mongod aborts a transaction
 * 10 to 15 s after it has begun: after the shorter pause, it may still be open.
 */
const PAUSES_MS = [13_000, 17_000] as const;

/** Of the clients, as many give up and go to the other server as wait for the one that sleeps. */
const IMPATIENT_MS = 2_000;
const PATIENT_MS = 31_000;

interface Pause {
  readonly stage: Stage;
  readonly stoppedAt: number;
  resumedAt: number;
}

export const serverPaused: Scenario = {
  name: 'server-paused',
  workload: '1,800 grants of 60 students, at 2 servers; half of the clients give up after 2 s',
  fault:
    'SIGSTOP of a server for 13 or 17 s: before it begins a transaction, before its commit, before it reads the answer',
  nodes: 1,
  async run(context) {
    const count = context.forScale({ quick: 1, full: 12 });
    // A pause counts if the other server took over a request. Now and then all clients of the paused one are patient.
    const required = Math.ceil(0.75 * count);
    const pair = await startSleeperAndOther(context);
    const requests = await context.workload({
      students: { quick: 6, full: 60 },
      grants: { quick: 120, full: 1_800 },
    });
    const clients = context.clients({
      targets: pair.servers,
      attemptTimeoutMs: () => (context.random() < 0.5 ? IMPATIENT_MS : PATIENT_MS),
    });
    const [sleeper] = pair.servers;
    const pauses: Pause[] = [];
    const faultsAt = await underFaults(context, { clients, requests, faults: count }, async (number) => {
      const pause = await pair.pauseAt(STAGES[number % STAGES.length]!);
      pauses.push(pause);
      await sleep(PAUSES_MS[number % PAUSES_MS.length]!);
      pair.resume(pause);
      // Stopped again at once, it would keep somebody waiting for longer than one pause.
      await waitFor('it has answered what it had', () => !clients.waitsFor(sleeper!.url, pause.resumedAt));
    });
    const takenOver = pauses.map((pause) => takenOverDuring(pause, sleeper!.url, clients.attempts));
    const late = clients.attempts.filter(
      ({ server, result, endedAt }) =>
        server === sleeper!.url && result.kind === 'granted' && pauses.some((pause) => isSoonAfter(endedAt, pause)),
    );
    return {
      ...{ fired: takenOver.filter((count) => count > 0).length, required, faultsAt },
      notes: [
        `${takenOver.reduce((sum, count) => sum + count, 0)} requests were answered by the other server meanwhile`,
        `${late.length} attempts were answered as granted when the server woke up`,
      ],
    };
  },
};

/** @returns how many requests that the server had when it was stopped were answered by the other one meanwhile */
function takenOverDuring({ stoppedAt, resumedAt }: Pause, url: string, attempts: readonly Attempt[]): number {
  const left = attempts.filter(
    ({ server, sentAt, endedAt }) => server === url && sentAt < stoppedAt && endedAt > stoppedAt,
  );
  const ids = new Set(left.map(({ request }) => request.id));
  const answered = attempts.filter(
    ({ request, server, result, sentAt, endedAt }) =>
      ids.has(request.id) && server !== url && result.kind === 'granted' && sentAt > stoppedAt && endedAt < resumedAt,
  );
  return new Set(answered.map(({ request }) => request.id)).size;
}

const SOON_MS = 500;
const isSoonAfter = (at: number, { resumedAt }: Pause): boolean => at > resumedAt && at < resumedAt + SOON_MS;

/** Starts two servers. The first one can be stopped at a stage of its next transaction, which is held meanwhile. */
async function startSleeperAndOther(context: ScenarioContext) {
  let sleeper: ProductServer | undefined;
  let armed: Stage | undefined;
  let pause: Pause | undefined;
  let wake = () => {};

  async function reach(stage: Stage): Promise<void> {
    if (armed !== stage) return;
    armed = undefined;
    const resume = sleeper!.pause();
    pause = { stage, stoppedAt: performance.now(), resumedAt: Number.POSITIVE_INFINITY };
    await new Promise<void>((resolve) => {
      wake = () => {
        resume();
        resolve();
      };
    });
  }

  const { host } = await context.set.primary();
  const proxy = await startCommitProxy(
    host,
    async () => {
      await reach('committed');
      return 'pass';
    },
    reach,
  );
  context.onClose(() => proxy.close());
  [sleeper] = await context.startServers(1, { uri: proxy.uri(context.db.databaseName) });
  const [other] = await context.startServers(1);
  return {
    servers: [sleeper!, other!],
    /** Stops the server when it reaches this stage. */
    async pauseAt(stage: Stage): Promise<Pause> {
      pause = undefined;
      armed = stage;
      return waitFor('the server is stopped', () => pause);
    },
    resume(paused: Pause): void {
      wake();
      paused.resumedAt = performance.now();
    },
  };
}
