/** Scenarios with more requests than a server can serve, in total or for one student. */
import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '../../../src/group-by.js';
import type { Violation } from '../checker.js';
import type { Clients } from '../client.js';
import type { HealthSeen } from '../health-watch.js';
import { type Attempt, isDefinitive, type LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { watchHealth } from '../watch-health.js';
import { shuffled } from '../workload.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

const OVERLOAD_FACTOR = 10;
/** The maximum number of open connections: more than the requests that a server runs at once. */
const MAX_CONNECTIONS = 2_000;
const HEALTH_LIMIT_MS = 1_000;
/** 1 GiB, in MB of 10^6 bytes. */
const MEMORY_LIMIT_MB = 1_024 ** 3 / 1e6;
const RECOVERY_LIMIT_MS = 5_000;
/** The server is back to normal after this many consecutive responses as fast as before the load. */
const NORMAL_RESPONSES_IN_A_ROW = 5;
/** This many of the rejected requests are retried after the load. Each must be resolved. */
const RETRIED_REQUESTS = 1_000;

export const overload: Scenario = {
  name: 'overload',
  workload: '10 times the capacity for 60 s',
  fault: 'overload',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const school = await context.school({
      students: 1_000,
      assignments: context.forScale({ quick: 100, full: 1_000 }),
    });
    const clients = context.clients({ targets: [server!] });
    const next = requestSequence(school);
    const before = await measureCapacity(context, clients, next);
    context.report(`${before.perSecond.toFixed(0)} grants per second is the capacity`);
    const health = await watchHealth(server!.url);
    const required = Math.floor(before.perSecond * OVERLOAD_FACTOR) * context.forScale({ quick: 1, full: 60 });
    const { sent, skipped } = await sendAtRate(context, clients, next, before.perSecond * OVERLOAD_FACTOR, required);
    const endedAt = performance.now();
    const longestRecoveryMs = await timeToNormalMs(clients, next, before.usualMs, endedAt);
    const seen = await health.end();
    await clients.waitUntilIdle();
    await retryRejected(context, clients);
    const { peak } = await server!.memoryMb();
    return {
      fired: sent + skipped,
      required,
      longestRecoveryMs,
      violations: context.scale === 'full' ? overloadViolations(seen, peak, longestRecoveryMs) : [],
      notes: [
        `capacity ${before.perSecond.toFixed(0)} grants/s, usual response within ${before.usualMs.toFixed(0)} ms`,
        `${sent} requests sent, ${skipped} found no connection`,
        `${seen.requests} health requests, ${seen.failed} failed, longest ${seen.longestMs.toFixed(0)} ms`,
        `memory up to ${peak.toFixed(0)} MB`,
      ],
    };
  },
};

/** @returns a function that returns a new submission at each call, for one student after the other */
function requestSequence({ students, assignmentIds }: School): () => LogicalRequest {
  let count = 0;
  return () => {
    const number = count++;
    const subjectId = assignmentIds[Math.floor(number / students.length)];
    if (!subjectId) throw new RangeError('the school has too few assignments');
    return {
      id: `r-${number}`,
      studentId: students[number % students.length]!.id,
      ...{
        operation: 'submitAssignment',
        subjectId,
        idempotencyKey: `key of ${number}`,
        content: 'An essay',
        isNeverRetried: true,
      },
    };
  };
}

/** Measures the throughput with 64 clients in a closed loop, and the 90th percentile of their latency. */
async function measureCapacity(context: ScenarioContext, clients: Clients, next: () => LogicalRequest) {
  const startedAt = performance.now();
  const durationMs = context.forScale({ quick: 1_000, full: 5_000 });
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (performance.now() - startedAt < durationMs) await clients.send(next(), 0);
    }),
  );
  const latenciesMs = clients.attempts.map(({ sentAt, endedAt }) => endedAt - sentAt).sort((one, other) => one - other);
  const perSecond = (latenciesMs.length / (performance.now() - startedAt)) * 1_000;
  return { perSecond, usualMs: latenciesMs[Math.floor(latenciesMs.length * 0.9)]! };
}

/**
 * Sends requests at a fixed rate in an open loop. A request that is due while all connections are busy is only counted.
 */
async function sendAtRate(
  context: ScenarioContext,
  clients: Clients,
  next: () => LogicalRequest,
  perSecond: number,
  count: number,
) {
  const startedAt = performance.now();
  let sent = 0;
  let skipped = 0;
  while (sent + skipped < count) {
    const due = Math.min(count, ((performance.now() - startedAt) / 1_000) * perSecond);
    while (sent + skipped < due) {
      if (clients.inFlight < MAX_CONNECTIONS) {
        sent += 1;
        void clients.send(next(), 0);
      } else skipped += 1;
    }
    context.report(`${sent} sent, ${clients.inFlight} in flight`);
    await sleep(5);
  }
  return { sent, skipped };
}

/** @returns the milliseconds between the end of the load and the first of the responses as fast as before */
async function timeToNormalMs(
  clients: Clients,
  next: () => LogicalRequest,
  usualMs: number,
  endedAt: number,
): Promise<number> {
  let since = 0;
  for (let normal = 0; normal < NORMAL_RESPONSES_IN_A_ROW; ) {
    const sentAt = performance.now();
    if (normal === 0) since = sentAt;
    const result = await clients.send(next(), 0);
    const isNormal = result.kind === 'granted' && performance.now() - sentAt <= usualMs;
    normal = isNormal ? normal + 1 : 0;
    if (!isNormal) await sleep(50);
  }
  return since - endedAt;
}

/** Retries some of the rejected requests until they are resolved. */
async function retryRejected(context: ScenarioContext, clients: Clients): Promise<void> {
  const rejected = clients.attempts
    .filter(({ result, request }) => !isDefinitive(result, request))
    .map(({ request }) => request);
  const retried = shuffled(rejected, context.random).slice(0, RETRIED_REQUESTS);
  await clients.retryAllUntilResolved(
    retried.map(({ isNeverRetried: _, ...request }) => request),
    64,
  );
}

function overloadViolations({ failed, longestMs }: HealthSeen, peakMb: number, recoveryMs: number): Violation[] {
  const violations: Violation[] = [];
  if (failed > 0 || longestMs > HEALTH_LIMIT_MS) {
    const text = `health requests failed ${failed} times and took up to ${longestMs.toFixed(0)} ms`;
    violations.push({ invariant: 'health-answers', text });
  }
  if (peakMb > MEMORY_LIMIT_MB) {
    violations.push({ invariant: 'memory-bounded', text: `the server used ${peakMb.toFixed(0)} MB` });
  }
  if (recoveryMs > RECOVERY_LIMIT_MS) {
    const text = `responses were as fast as before only ${(recoveryMs / 1_000).toFixed(1)} s after the load ended`;
    violations.push({ invariant: 'recovers-in-time', text });
  }
  return violations;
}

/**
 * The longest time, retries included, that other students may wait for a reward while one student floods the server.
 */
const OTHERS_LIMIT_MS = 5_000;

/** @returns the milliseconds that each request took to its outcome, retries included */
const resolutionTimesMs = (attempts: readonly Attempt[]): number[] =>
  [...groupBy(attempts, ({ request }) => request.id).values()].map((ofOne) => ofOne.at(-1)!.endedAt - ofOne[0]!.sentAt);

export const hotStudent: Scenario = {
  name: 'hot-student',
  workload: '5,000 requests at once for one student, while 100 others submit',
  fault: 'none',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const count = context.forScale({ quick: 600, full: 5_000 });
    const school = await context.school({ students: 101, assignments: count });
    const [hot, ...others] = school.students;
    const flood = context.clients({ targets: [server!] });
    const calm = context.clients({ targets: [server!] });
    const submission = (id: string, studentId: string, position: number): LogicalRequest => ({
      ...{ id, studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[position]! },
      ...{ idempotencyKey: `key of ${id}`, content: 'An essay' },
    });
    const request = Array.from({ length: count }, (_, position) => submission(`hot-${position}`, hot!.id, position));
    let isOver = false;
    const flooding = flood.retryAllUntilResolved(request, count).finally(() => {
      isOver = true;
    });
    await Promise.all(
      Array.from({ length: 8 }, async (_, client) => {
        for (let number = client; !isOver && number < others.length * count; number += 8) {
          const { id } = others[number % others.length]!;
          await calm.retryUntilResolved(submission(`other-${number}`, id, Math.floor(number / others.length)));
        }
      }),
    );
    await flooding;
    const { peak } = await server!.memoryMb();
    const longestMs = Math.max(...resolutionTimesMs(calm.attempts));
    const violations: Violation[] = [];
    if (context.scale === 'full' && longestMs > OTHERS_LIMIT_MS) {
      violations.push({ invariant: 'others-served', text: `another student waited for ${longestMs.toFixed(0)} ms` });
    }
    if (context.scale === 'full' && peak > MEMORY_LIMIT_MB) {
      violations.push({ invariant: 'memory-bounded', text: `the server used ${peak.toFixed(0)} MB` });
    }
    return {
      fired: 0,
      required: 0,
      violations,
      notes: [
        `the others' ${calm.resolved} requests took up to ${longestMs.toFixed(0)} ms`,
        `memory up to ${peak.toFixed(0)} MB`,
      ],
    };
  },
};
