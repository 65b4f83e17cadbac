/** Scenarios with subscribers: each must receive every row of the ledger once and in order, whatever fails meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Clients } from '../client.js';
import { checkDelivery } from '../delivery-checker.js';
import type { LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { type SocketProxy, startSocketProxy } from '../socket-proxy.js';
import { Subscriber } from '../subscriber.js';
import { tokenFor } from '../tokens.js';
import { workloadOf } from '../workload.js';
import { COMMIT_FAILURES, startVictimAndOther } from './lost-responses.js';
import {
  killPrimary,
  PAUSE_RECOVERY_LIMIT_MS,
  pausePrimary,
  stepPrimaryDown,
  underFaults,
} from './replica-set-faults.js';
import type { Scale, Scenario, ScenarioOutcome } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

const GRANTS_PER_SECOND = 300;
const DUPLICATE_SHARE = 0.3;
const STUDENTS = { quick: 6, full: 40 };
/** Few clients, so that a scenario has few requests in flight when it begins the next fault. */
const CLIENTS = 50;
/** What is missing when nothing has arrived for so long never arrives, on a busy machine too. Milliseconds. */
const CATCH_UP_MS = 60_000;
/** How long the subscribers stay when they have received everything, because a row may arrive twice. */
const LAST_LOOK_MS = 500;

/** A run with subscribers. */
interface LiveRun {
  readonly clients: Clients;
  readonly requests: readonly LogicalRequest[];
  readonly subscribers: readonly Subscriber[];
  /** In front of the servers. All subscribers connect through them. */
  readonly proxies: readonly SocketProxy[];
  readonly school: School;
  readonly servers: readonly { readonly url: string }[];
  /** Registers a subscriber, and starts it. */
  subscribe(subscriber: Subscriber): void;
  /** Pays a student who is in none of the requests, so that every teacher who listens receives an event. */
  payFirstStudent(): Promise<void>;
}

type Act = (run: LiveRun) => Promise<Omit<ScenarioOutcome, 'violations'>>;

interface LiveOptions {
  /** By default two. */
  readonly servers?: readonly { readonly url: string }[];
  readonly grants: Record<Scale, number>;
  /** Subscribes more, before the first grant. */
  readonly prepare?: (run: LiveRun) => Promise<void>;
}

/**
 * Runs a workload while each student subscribes to its rewards, and teachers to those of the course. Then waits for the
 * last events, and compares what each subscriber received with the ledger.
 */
async function whileSubscribed(context: ScenarioContext, options: LiveOptions, act: Act): Promise<ScenarioOutcome> {
  const servers = options.servers ?? (await context.startServers(2));
  const run = await startLiveRun(context, servers, context.forScale(options.grants));
  await options.prepare?.(run);
  await payUntilTeachersListen(run);
  const startedAt = performance.now();
  const outcome = await act(run);
  const seconds = (performance.now() - startedAt) / 1_000;
  context.report('waiting for the last events');
  await waitUntilAllDelivered(context, run.subscribers);
  await sleep(LAST_LOOK_MS);
  for (const subscriber of run.subscribers) subscriber.stop();
  const { rewards } = await context.stored();
  return {
    ...outcome,
    violations: checkDelivery(run.subscribers, rewards),
    notes: [
      `${(rewards.length / seconds).toFixed(0)} grants a second on average, outages included`,
      deliveryNote(run.subscribers),
      ...(outcome.notes ?? []),
    ],
  };
}

async function startLiveRun(
  context: ScenarioContext,
  servers: readonly { readonly url: string }[],
  grants: number,
): Promise<LiveRun> {
  const students = context.forScale(STUDENTS);
  const school = await context.school({ students: students + 1, assignments: Math.ceil(grants / students) + 2 });
  const proxies = await startProxies(context, servers);
  const subscribers: Subscriber[] = [];
  context.onClose(async () => {
    for (const subscriber of subscribers) subscriber.stop();
  });
  const subscribe = (subscriber: Subscriber) => {
    subscribers.push(subscriber);
    subscriber.start();
  };
  const workers = { ...school, students: school.students.slice(1) };
  for (const [position, { id }] of workers.students.entries()) {
    const transport = position % 3 === 2 ? 'sse' : 'websocket';
    const token = await tokenFor(id, 'STUDENT');
    const own = { token, targets: proxies, first: position, subject: { studentId: id } };
    subscribe(new Subscriber({ name: `student ${position} by ${transport}`, transport, ...own }));
  }
  for (const [position, transport] of (['websocket', 'websocket', 'sse'] as const).entries()) {
    const own = { token: await tokenFor(school.teacherId, 'TEACHER'), targets: proxies, first: position };
    const subject = { courseId: school.courseId };
    subscribe(new Subscriber({ name: `teacher ${position} by ${transport}`, transport, ...own, subject }));
  }
  const clients = context.clients({ targets: servers, maxPerSecond: GRANTS_PER_SECOND / (1 - DUPLICATE_SHARE) });
  return {
    clients,
    requests: workloadOf({ school: workers, grants, duplicateShare: DUPLICATE_SHARE, random: context.random }),
    ...{ subscribers, proxies, school, servers, subscribe, payFirstStudent: firstStudentPayer(school, clients) },
  };
}

async function startProxies(context: ScenarioContext, servers: readonly { url: string }[]): Promise<SocketProxy[]> {
  const proxies = await Promise.all(servers.map(({ url }) => startSocketProxy(url)));
  for (const proxy of proxies) context.onClose(() => proxy.close());
  return proxies;
}

/** @returns a function that pays the first student for one assignment after the other */
function firstStudentPayer({ students, assignmentIds }: School, clients: Clients): () => Promise<void> {
  const studentId = students[0]!.id;
  let next = 0;
  return async () => {
    const position = next++;
    const subjectId = assignmentIds[position];
    if (subjectId === undefined) throw new Error('the first student has submitted every assignment');
    const essay = { operation: 'submitAssignment', subjectId, idempotencyKey: null, content: 'An essay' } as const;
    await clients.retryUntilResolved({ id: `first-${position}`, studentId, ...essay }, position);
  };
}

/** A teacher's first event carries the first cursor. From then on the teacher must miss nothing. */
async function payUntilTeachersListen({ payFirstStudent, subscribers }: LiveRun): Promise<void> {
  const teachers = subscribers.filter((each) => each.studentId === null);
  await waitFor('all teachers listen', async () => {
    if (teachers.every(({ isListening }) => isListening)) return true;
    const broken = teachers.filter(({ gaveUp }) => gaveUp !== null);
    if (broken.length > 0) throw new Error(broken.map(({ name, gaveUp }) => `${name}: ${gaveUp}`).join('; '));
    await payFirstStudent();
    await sleep(500);
    return false;
  });
}

async function waitUntilAllDelivered(context: ScenarioContext, subscribers: readonly Subscriber[]): Promise<void> {
  let delivered = 0;
  let lastAt = performance.now();
  while (performance.now() - lastAt < CATCH_UP_MS) {
    const { rewards } = await context.stored();
    const missing = checkDelivery(subscribers, rewards).filter(({ invariant }) => invariant === 'delivered-all');
    if (missing.length === 0) return;
    const now = subscribers.reduce((sum, each) => sum + each.delivered.length, 0);
    if (now > delivered) lastAt = performance.now();
    delivered = now;
    await sleep(250);
  }
}

/** @returns how much was delivered, and how the connections ended */
function deliveryNote(subscribers: readonly Subscriber[]): string {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const counts = new Map<string, number>();
  for (const end of subscribers.flatMap(({ ends }) => ends)) counts.set(end, (counts.get(end) ?? 0) + 1);
  const ends = [...counts].map(([end, count]) => `${count} ${end}`).join(', ') || 'none';
  const events = sum(subscribers.map(({ delivered }) => delivered.length));
  const connections = sum(subscribers.map((each) => each.connections));
  return `${subscribers.length} subscribers received ${events} events over ${connections} connections; broken: ${ends}`;
}

const workloadText = (grants: string) =>
  `${grants} grants, up to 300 a second, while 40 students and 3 teachers subscribe`;

export const liveServerKilled: Scenario = {
  name: 'live-server-killed',
  workload: workloadText('1,500'),
  fault: 'SIGKILL of the server between commit and answer',
  nodes: 1,
  async run(context) {
    const faults = context.forScale({ quick: 1, full: 10 });
    const pair = await startVictimAndOther(context);
    const options = { servers: pair.servers, grants: { quick: 200, full: 1_500 } };
    return whileSubscribed(context, options, async ({ clients, requests }) => {
      const faultsAt = await underFaults(context, { clients, requests, faults }, () => pair.killAndRestart());
      return { fired: pair.killed(), required: faults, faultsAt };
    });
  },
};

function onThreeNodes(
  context: ScenarioContext,
  act: (context: ScenarioContext) => Promise<void>,
): Promise<ScenarioOutcome> {
  const faults = context.forScale({ quick: 1, full: 3 });
  return whileSubscribed(context, { grants: { quick: 200, full: 1_500 } }, async ({ clients, requests }) => {
    const faultsAt = await underFaults(context, { clients, requests, faults }, () => act(context));
    return { fired: faultsAt.length, required: faults, faultsAt };
  });
}

export const livePrimaryKilled: Scenario = {
  name: 'live-primary-killed',
  workload: workloadText('1,500'),
  fault: 'SIGKILL of the primary of three nodes',
  nodes: 3,
  isCostly: true,
  run: (context) => onThreeNodes(context, killPrimary),
};

export const liveStepDown: Scenario = {
  name: 'live-step-down',
  workload: workloadText('1,500'),
  fault: 'step-down of the primary of three nodes',
  nodes: 3,
  run: (context) => onThreeNodes(context, stepPrimaryDown),
};

export const livePrimaryPaused: Scenario = {
  name: 'live-primary-paused',
  workload: workloadText('1,500'),
  fault: 'SIGSTOP of the primary of three nodes for 15 s',
  nodes: 3,
  isCostly: true,
  async run(context) {
    return { ...(await onThreeNodes(context, pausePrimary)), recoveryLimitMs: PAUSE_RECOVERY_LIMIT_MS };
  },
};

/** So few requests fail by all their attempts: each attempt of each is a commit. */
const REFUSED_REQUESTS = 10;

export const liveCommitFails: Scenario = {
  name: 'live-commit-fails',
  workload: workloadText('1,500'),
  fault: 'all commits fail until a request is answered UNAVAILABLE, then a third of them, in three ways',
  nodes: 1,
  async run(context) {
    return whileSubscribed(context, { grants: { quick: 200, full: 1_500 } }, async ({ clients, requests }) => {
      // A request that is sent again is paid with another row. The row of the first attempt must not have arrived.
      const refused = requests.slice(0, REFUSED_REQUESTS);
      const outage = await context.set.failCommand({ mode: 'alwaysOn', ...COMMIT_FAILURES[0]! });
      const resolved = clients.retryAllUntilResolved(refused, REFUSED_REQUESTS);
      await waitFor('an answer is UNAVAILABLE', () => clients.attempts.some(({ result }) => result.kind === 'error'));
      let fired = await outage.off();
      await resolved;
      const rest = requests.slice(REFUSED_REQUESTS);
      const size = Math.ceil(rest.length / COMMIT_FAILURES.length);
      for (const [position, failure] of COMMIT_FAILURES.entries()) {
        const failing = await context.set.failCommand({ mode: { activationProbability: 0.33 }, ...failure });
        await clients.retryAllUntilResolved(rest.slice(position * size, (position + 1) * size), 8);
        fired += await failing.off();
      }
      return { fired, required: context.forScale({ quick: 20, full: 300 }) };
    });
  },
};

export const liveSocketsCut: Scenario = {
  name: 'live-sockets-cut',
  workload: workloadText('3,000'),
  fault: 'a random connection of a subscriber reset every 100 ms',
  nodes: 1,
  async run(context) {
    return whileSubscribed(context, { grants: { quick: 600, full: 3_000 } }, async ({ clients, requests, proxies }) => {
      let isOver = false;
      const paid = clients.retryAllUntilResolved(requests, CLIENTS).finally(() => {
        isOver = true;
      });
      let fired = 0;
      while (!isOver) {
        const proxy = proxies[Math.floor(context.random() * proxies.length)]!;
        if (proxy.cutOne(context.random())) fired += 1;
        await sleep(100);
      }
      await paid;
      return { fired, required: context.forScale({ quick: 10, full: 60 }) };
    });
  },
};

/** Large essays, 16 kB each. */
const PADDING = ' and so on'.repeat(1_600);
/**
 * An event has 160 kB, so about 230 fill the buffers of the system: at most 4 MB to send and 32 MB to receive. Of the
 * 640 kB of the quick scenario, about 60 do.
 */
const TEXTS_PER_EVENT = { quick: 40, full: 10 };
/**
 * Requests while a reader stalls. About 680 of 1,000 are paid, and 410 of 600: as many as fit into the buffers of the
 * system, and then more than the 256 that the server keeps.
 */
const REQUESTS_PER_STALL = { quick: 600, full: 1_000 };

export const liveReaderStalled: Scenario = {
  name: 'live-reader-stalled',
  workload: `${workloadText('2,000')}, 16 kB each`,
  fault: 'two more teachers read nothing while 1,000 requests are answered',
  nodes: 1,
  async run(context) {
    const stalls = context.forScale({ quick: 1, full: 2 });
    const texts = context.forScale(TEXTS_PER_EVENT);
    const requestsPerStall = context.forScale(REQUESTS_PER_STALL);
    const grants = { quick: 600, full: 2_000 };
    let stalling: SocketProxy[] = [];
    const readers: Subscriber[] = [];
    const prepare = async ({ servers, school, subscribe }: LiveRun) => {
      stalling = await startProxies(context, servers);
      for (const [position, transport] of (['websocket', 'sse'] as const).entries()) {
        const own = { token: await tokenFor(school.teacherId, 'TEACHER'), targets: stalling, first: position };
        const name = `stalling teacher by ${transport}`;
        const subject = { courseId: school.courseId };
        const reader = new Subscriber({ name, transport, ...own, subject, texts });
        readers.push(reader);
        subscribe(reader);
      }
    };
    return whileSubscribed(context, { grants, prepare }, async (run) => {
      const { clients, subscribers } = run;
      const long = run.requests.map((each) =>
        each.content === null ? each : { ...each, content: each.content + PADDING },
      );
      const perStall = Math.ceil(long.length / stalls);
      let fired = 0;
      for (let stall = 0; stall < stalls; stall++) {
        const own = long.slice(perStall * stall, perStall * (stall + 1));
        // No reader is about to end for another reason, such as a slow catch-up.
        await waitUntilAllDelivered(context, subscribers);
        await payUntilTeachersListen(run);
        const endsBefore = readers.map(({ ends }) => ends.length);
        // These proxies cut nothing: only the server ends the connections of the readers.
        const ended = () => readers.filter(({ ends }, reader) => ends.length > endsBefore[reader]!);
        for (const proxy of stalling) proxy.stall();
        await clients.retryAllUntilResolved(own.slice(0, requestsPerStall), CLIENTS);
        // Sending the large events again takes half of the time of this scenario. Only the full one does it.
        if (context.scale === 'quick') for (const reader of readers) reader.omitTexts();
        for (const proxy of stalling) proxy.resume();
        // The readers come back and catch up while others are paid.
        const paid = clients.retryAllUntilResolved(own.slice(requestsPerStall), CLIENTS);
        await waitFor('the server ends both connections', () => ended().length === readers.length);
        fired += ended().length;
        await paid;
      }
      return { fired, required: readers.length * stalls };
    });
  },
};
