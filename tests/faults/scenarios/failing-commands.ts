/** A scenario in which every command of a grant fails but the commit, which lost-responses.ts has. */

import type { Clients } from '../client.js';
import { type CommandProxy, startCommandProxy } from '../command-proxy.js';
import type { LogicalRequest } from '../record.js';
import type { FailCommandOptions } from '../replica-set.js';
import { partOf, shuffled } from '../workload.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

/** A command of a grant. */
interface Target {
  readonly command: 'aggregate' | 'find' | 'update' | 'insert';
  /** Absent: any collection. */
  readonly collection?: 'students' | 'submissions' | 'rewards';
  readonly ways: readonly Way[];
}

/** How a command fails: it is not executed, or it is executed and its response is lost. */
type Way = Omit<FailCommandOptions, 'failCommands' | 'mode' | 'namespace'> | 'response lost';

const CONNECTION_FAILURES: readonly Way[] = [
  { closeConnection: true },
  { blockConnection: true, blockTimeMS: 300, closeConnection: true },
  'response lost',
];
/** The node shuts down, or is no longer primary. */
const STATE_CHANGES: readonly Way[] = [{ errorCode: 91 }, { errorCode: 189 }, { errorCode: 11_602 }];
const READ_FAILURES: readonly Way[] = [
  ...CONNECTION_FAILURES,
  ...STATE_CHANGES,
  // The read exceeds its time limit; majority reads are not possible yet.
  { errorCode: 50 },
  { errorCode: 134 },
];
const WRITE_FAILURES: readonly Way[] = [
  ...CONNECTION_FAILURES,
  ...STATE_CHANGES,
  // A write conflict, a lock timeout, a snapshot that is not available, a transaction that mongod has aborted.
  { errorCode: 112 },
  { errorCode: 24 },
  { errorCode: 246 },
  { errorCode: 251, errorLabels: ['TransientTransactionError'] },
];

const TARGETS: readonly Target[] = [
  // The read of a group.
  { command: 'aggregate', collection: 'students', ways: READ_FAILURES },
  // A replay reads its submission.
  { command: 'find', collection: 'submissions', ways: READ_FAILURES },
  { command: 'update', collection: 'students', ways: WRITE_FAILURES },
  // The first insert of a transaction is that of a submission or of an ended session.
  { command: 'insert', ways: WRITE_FAILURES },
  { command: 'insert', collection: 'rewards', ways: WRITE_FAILURES },
];

interface Round {
  readonly target: Target;
  readonly way: Way;
}

/** All ways in which each command fails; in a quick run, two ways for each command. */
const roundsOf = ({ scale, random }: ScenarioContext): Round[] =>
  TARGETS.flatMap((target) => {
    const ways = scale === 'full' ? target.ways : shuffled(target.ways, random).slice(0, 2);
    return ways.map((way) => ({ target, way }));
  });

/** Few clients make small groups and thus more commands. */
const CLIENTS = 8;
/** The share of the commands that fail in a full run. In a quick run, the first two fail. */
const FAILING_SHARE = 0.33;
const QUICK_FAILURES = 2;
/** In a full run, a round whose failure is too rare gets another part of the requests. */
const SPARE_PARTS = 9;

export const commandsFail: Scenario = {
  name: 'commands-fail',
  workload: '2,400 grants; each request that was paid is sent once more',
  fault: 'the read of a group, an update, an insert or the read of a replay fails, in 46 ways',
  nodes: 1,
  async run(context) {
    const cutter = await startCutter(context);
    const behind = await context.startServers(1, { uri: cutter.proxy.uri(context.db.databaseName) });
    const servers = [...behind, ...(await context.startServers(context.forScale({ quick: 0, full: 1 })))];
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 60, full: 2_400 },
    });
    const clients = context.clients({ targets: servers });
    const rounds = roundsOf(context);
    const perRound = context.forScale({ quick: QUICK_FAILURES, full: 10 });
    const parts = rounds.length + context.forScale({ quick: 0, full: SPARE_PARTS });
    const fired: number[] = [];
    let part = 0;
    for (const [position, round] of rounds.entries()) {
      const end = parts - (rounds.length - position - 1);
      fired[position] = 0;
      do {
        const failing = await startFailing(context, round, cutter);
        await sendTwice(clients, partOf(requests, part++, parts));
        fired[position] += await failing.off();
      } while (fired[position] < perRound && part < end);
      context.report(`failure ${position + 1} of ${rounds.length}`);
    }
    const rare = rounds.filter((_, position) => fired[position]! < perRound);
    return {
      // A failure that is frequent does not make up for one that is rare.
      fired: fired.reduce((sum, count) => sum + Math.min(count, perRound), 0),
      required: perRound * rounds.length,
      notes: [
        `${fired.reduce((sum, count) => sum + count, 0)} commands failed`,
        ...rare.map((round) => `too rare: ${describeRound(round)}`),
      ],
    };
  },
};

const describeRound = ({ target: { command, collection }, way }: Round): string =>
  `${command} ${collection ?? ''} ${JSON.stringify(way)}`;

/** Sends requests, and each that was paid once more: its replay reads the submission. */
async function sendTwice(clients: Clients, requests: readonly LogicalRequest[]): Promise<void> {
  const before = clients.attempts.length;
  await clients.retryAllUntilResolved(requests, CLIENTS);
  // Another request may be the first to use the key of one that was only answered with a replay.
  const paid = clients.attempts.slice(before).filter(({ result }) => result.kind === 'granted' && !result.replayed);
  await clients.retryAllUntilResolved([...new Set(paid.map(({ request }) => request))], CLIENTS);
}

/** Loses the responses to commands of the server behind it. */
interface Cutter {
  readonly proxy: CommandProxy;
  /** The command whose responses are lost, and how many more of them; null if none is. */
  cuts: { readonly target: Target; left: number } | null;
}

async function startCutter(context: ScenarioContext): Promise<Cutter> {
  const names = [...new Set(TARGETS.map(({ command }) => command))];
  const { host } = await context.set.primary();
  const proxy = await startCommandProxy(host, names, async ({ name, collection }) => {
    const { cuts } = cutter;
    if (!cuts || cuts.left === 0 || cuts.target.command !== name) return 'pass';
    if (cuts.target.collection !== undefined && cuts.target.collection !== collection) return 'pass';
    if (context.scale === 'full' && context.random() >= FAILING_SHARE) return 'pass';
    cuts.left -= 1;
    return 'cut';
  });
  context.onClose(() => proxy.close());
  const cutter: Cutter = { proxy, cuts: null };
  return cutter;
}

/** Makes commands fail. `off` ends that and returns how many failed. */
async function startFailing(
  context: ScenarioContext,
  { target, way }: Round,
  cutter: Cutter,
): Promise<{ off(): Promise<number> }> {
  const { command, collection } = target;
  if (way === 'response lost') {
    const before = cutter.proxy.lost();
    cutter.cuts = { target, left: context.forScale({ quick: QUICK_FAILURES, full: Number.POSITIVE_INFINITY }) };
    return {
      async off() {
        cutter.cuts = null;
        return cutter.proxy.lost() - before;
      },
    };
  }
  const isQuick = context.scale === 'quick';
  return context.set.failCommand({
    failCommands: [command],
    mode: isQuick ? { times: QUICK_FAILURES } : { activationProbability: FAILING_SHARE },
    ...(collection !== undefined && { namespace: `${context.db.databaseName}.${collection}` }),
    ...way,
  });
}
