/** Rows in which an answer is lost on its way: of the database to the server, or of the server to its client. */

import { startAnswerProxy } from '../answer-proxy.js';
import { startCommitProxy } from '../commit-proxy.js';
import { type ProductServer } from '../product-server.js';
import type { FailCommandOptions } from '../replica-set.js';
import { workloadOf } from '../workload.js';
import { underFaults } from './replica-set-faults.js';
import type { Row } from './row.js';
import type { Stage } from './stage.js';

/** How a commit fails, each for a third of the workload. A third of all commits does, those that are tried again too. */
const COMMIT_FAILURES: readonly FailCommandOptions[] = [
  { failCommands: ['commitTransaction'], errorCode: 251, errorLabels: ['TransientTransactionError'] },
  // Not executed.
  { failCommands: ['commitTransaction'], closeConnection: true },
  // Executed, and the answer says that it cannot be told: the driver commits again.
  { failCommands: ['commitTransaction'], writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
];

/** The workload of these rows: enough for each of the faults to be met. */
async function prepared(stage: Stage) {
  const students = stage.size({ quick: 20, full: 200 });
  const grants = stage.size({ quick: 120, full: 2_000 });
  const school = await stage.school({ students, assignments: Math.ceil(grants / students) + 2 });
  return workloadOf({ school, grants, duplicates: 0.3, random: stage.random });
}

export const commitFails: Row = {
  name: 'commit-fails',
  workload: '2,000 grants',
  fault: 'commitTransaction fails: connection closed, write concern error, transient error',
  nodes: 1,
  async run(stage) {
    const servers = await stage.startServers(2);
    const wanted = await prepared(stage);
    const clients = stage.clients({ targets: servers });
    const size = Math.ceil(wanted.length / COMMIT_FAILURES.length);
    let fired = 0;
    for (const [position, failure] of COMMIT_FAILURES.entries()) {
      const mode = { activationProbability: 0.33 };
      const failing = await stage.set.failCommand({ mode, ...failure });
      // Few clients make small groups, and more commits.
      await clients.resolveAll(wanted.slice(position * size, (position + 1) * size), 8);
      fired += await failing.off();
    }
    return { fired, asked: stage.size({ quick: 20, full: 500 }) };
  },
};

export const answerDropped: Row = {
  name: 'answer-dropped',
  workload: '2,000 grants',
  fault: 'the answer dropped after the commit',
  nodes: 1,
  async run(stage) {
    const servers = await stage.startServers(2);
    const proxies = await Promise.all(servers.map(({ url }) => startAnswerProxy(url)));
    for (const proxy of proxies) stage.atEnd(() => proxy.close());
    const wanted = await prepared(stage);
    const clients = stage.clients({ targets: proxies });
    const asked = stage.size({ quick: 30, full: 500 });
    // Answers that say that something was paid, and then a part of them: a repeat must be a replay.
    for (const proxy of proxies) {
      proxy.dropAnswers(({ answerBody }) => answerBody.includes('"replayed":false') && stage.random() < 0.4);
    }
    await clients.resolveAll(wanted, 50);
    return { fired: proxies.reduce((sum, proxy) => sum + proxy.dropped(), 0), asked };
  },
};

export const serverKilled: Row = {
  name: 'server-killed',
  workload: '2,000 grants',
  fault: 'SIGKILL of the server between commit and answer',
  nodes: 1,
  async run(stage) {
    const asked = stage.size({ quick: 1, full: 50 });
    let kills = 0;
    let isArmed = false;
    let victim: ProductServer | undefined;
    const proxy = await startCommitProxy((await stage.set.primary()).host, async () => {
      if (!isArmed) return 'pass';
      isArmed = false;
      kills += 1;
      await victim?.kill();
      return 'pass';
    });
    stage.atEnd(() => proxy.close());
    const options = { uri: proxy.uri(stage.db.databaseName) };
    [victim] = await stage.startServers(1, options);
    // The other one goes on meanwhile: who was not answered asks there.
    const [other] = await stage.startServers(1);
    const wanted = await prepared(stage);
    const clients = stage.clients({ targets: [victim!, other!] });
    const faultsAt = await underFaults(stage, { clients, wanted, faults: asked }, async () => {
      isArmed = true;
      await victim!.ended;
      victim = await stage.restart(victim!, options);
    });
    return { fired: Math.min(kills, proxy.lost()), asked, faultsAt };
  },
};

export const sigterm: Row = {
  name: 'sigterm',
  workload: 'mixed, 2,000 grants, 50 clients',
  fault: 'SIGTERM of one of two servers',
  nodes: 1,
  async run(stage) {
    await stage.startServers(2);
    const asked = stage.size({ quick: 2, full: 20 });
    const wanted = await prepared(stage);
    const clients = stage.clients({ targets: [...stage.servers] });
    const badEnds: string[] = [];
    const faultsAt = await underFaults(stage, { clients, wanted, faults: asked }, async (number) => {
      const server = stage.servers[number % 2]!;
      const { code, signal } = await server.terminate();
      if (code !== 0) badEnds.push(`${server.url} ended with ${code ?? signal}`);
      await stage.restart(server);
    });
    const { rewards } = await stage.stored();
    const payers = new Set(rewards.map(({ requestId }) => requestId));
    const silent = clients.tries
      .filter(({ told, requestId }) => told.kind === 'no answer' && payers.has(requestId))
      .map(({ requestId }) => `${requestId} was paid, and its server ended without an answer`);
    const violations = [...badEnds, ...silent].map((text) => ({ invariant: 'answers-whole' as const, text }));
    return { fired: faultsAt.length, asked, faultsAt, violations };
  },
};
