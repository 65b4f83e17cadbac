/** Scenarios that lose a response: from the database to the server, or from the server to its client. */
import { startCommitProxy } from '../commit-proxy.js';
import type { ProductServer } from '../product-server.js';
import type { FailCommandOptions } from '../replica-set.js';
import { startDroppingProxies } from './dropping-proxies.js';
import { underFaults } from './replica-set-faults.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

/** Three ways for a commit to fail, each for a third of the workload. A third of all commits fail, retries included. */
export const COMMIT_FAILURES: readonly FailCommandOptions[] = [
  { failCommands: ['commitTransaction'], errorCode: 251, errorLabels: ['TransientTransactionError'] },
  // The commit is not executed.
  { failCommands: ['commitTransaction'], closeConnection: true },
  // The commit is executed, but its response leaves the outcome open. The driver retries the commit.
  { failCommands: ['commitTransaction'], writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
];

/** The workload of these scenarios: large enough to meet each of the faults. */
const WORKLOAD = { students: { quick: 20, full: 200 }, grants: { quick: 120, full: 2_000 } };

export const commitFails: Scenario = {
  name: 'commit-fails',
  workload: '2,000 grants',
  fault: 'commitTransaction fails: connection closed, write concern error, transient error',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }));
    const requests = await context.workload(WORKLOAD);
    const clients = context.clients({ targets: servers });
    const size = Math.ceil(requests.length / COMMIT_FAILURES.length);
    let fired = 0;
    for (const [position, failure] of COMMIT_FAILURES.entries()) {
      const mode = { activationProbability: 0.33 };
      const failing = await context.set.failCommand({ mode, ...failure });
      // Few clients make small groups and thus more commits.
      await clients.retryAllUntilResolved(requests.slice(position * size, (position + 1) * size), 8);
      fired += await failing.off();
    }
    return { fired, required: context.forScale({ quick: 5, full: 500 }) };
  },
};

export const answerDropped: Scenario = {
  name: 'answer-dropped',
  workload: '2,000 grants',
  fault: 'the answer dropped after the commit',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }));
    const answers = await startDroppingProxies(context, servers);
    const requests = await context.workload(WORKLOAD);
    const clients = context.clients({ targets: answers.proxies });
    const required = context.forScale({ quick: 30, full: 500 });
    // Drops 40 % of the responses that report a new reward. A retry must then return a replay.
    answers.drop(0.4, '"replayed":false');
    await clients.retryAllUntilResolved(requests, 50);
    return { fired: answers.dropped(), required };
  },
};

/**
 * Starts two servers. `killAndRestart` kills the first one between a commit and its answer; the other keeps running.
 */
export async function startVictimAndOther(context: ScenarioContext) {
  let kills = 0;
  let commitsLeft = Number.POSITIVE_INFINITY;
  let victim: ProductServer | undefined;
  const proxy = await startCommitProxy((await context.set.primary()).host, async () => {
    commitsLeft -= 1;
    if (commitsLeft !== 0) return 'pass';
    kills += 1;
    await victim?.kill();
    return 'pass';
  });
  context.onClose(() => proxy.close());
  const options = { uri: proxy.uri(context.db.databaseName) };
  [victim] = await context.startServers(1, options);
  const [other] = await context.startServers(1);
  return {
    servers: [victim!, other!],
    /** @param commits the server is killed after this many */
    async killAndRestart(commits = 1): Promise<void> {
      commitsLeft = commits;
      const killsBefore = kills;
      await victim!.ended;
      // The scenario ended before the server committed that much.
      if (kills === killsBefore) return;
      victim = await context.restart(victim!, options);
    },
    /** Whether the server is to be killed and has not been. */
    isArmed: () => commitsLeft > 0 && commitsLeft < Number.POSITIVE_INFINITY,
    killed: () => Math.min(kills, proxy.lost()),
  };
}

export const serverKilled: Scenario = {
  name: 'server-killed',
  workload: '2,000 grants',
  fault: 'SIGKILL of the server between commit and answer',
  nodes: 1,
  async run(context) {
    const required = context.forScale({ quick: 1, full: 50 });
    const pair = await startVictimAndOther(context);
    const requests = await context.workload(WORKLOAD);
    const clients = context.clients({ targets: pair.servers });
    const faultsAt = await underFaults(context, { clients, requests, faults: required }, () => pair.killAndRestart());
    return { fired: pair.killed(), required, faultsAt };
  },
};

export const sigterm: Scenario = {
  name: 'sigterm',
  workload: 'mixed, 2,000 grants, 50 clients',
  fault: 'SIGTERM of one of two servers',
  nodes: 1,
  async run(context) {
    await context.startServers(2);
    const required = context.forScale({ quick: 2, full: 20 });
    const requests = await context.workload(WORKLOAD);
    const clients = context.clients({ targets: [...context.servers] });
    const uncleanExits: string[] = [];
    const faultsAt = await underFaults(context, { clients, requests, faults: required }, async (number) => {
      const server = context.servers[number % 2]!;
      const { code, signal } = await server.terminate();
      if (code !== 0) uncleanExits.push(`${server.url} ended with ${code ?? signal}`);
      await context.restart(server);
    });
    const { rewards } = await context.stored();
    const payers = new Set(rewards.map(({ requestId }) => requestId));
    const unanswered = clients.attempts
      .filter(({ result, requestId }) => result.kind === 'no response' && payers.has(requestId))
      .map(({ requestId }) => `${requestId} was paid, but its server ended without a response`);
    const violations = [...uncleanExits, ...unanswered].map((text) => ({ invariant: 'answers-whole' as const, text }));
    return { fired: faultsAt.length, required, faultsAt, violations };
  },
};
