/** Rows in which more is asked than can be done, of a server or for one student. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '../../../src/group-by.js';
import { project } from '../../architecture/project-copy.js';
import type { Violation } from '../checker.js';
import type { Clients } from '../client.js';
import type { HealthSeen } from '../health-watch.js';
import { isDefinitive, type Try, type Wanted } from '../record.js';
import type { School } from '../school.js';
import { shuffled } from '../workload.js';
import type { Row } from './row.js';
import type { Stage } from './stage.js';

const TIMES_CAPACITY = 10;
/** Connections at once, at most: more requests than a server lets run. */
const CONNECTIONS = 2_000;
const HEALTH_WITHIN_MS = 1_000;
const MOST_MEMORY_MB = 1_024;
const NORMAL_WITHIN_MS = 5_000;
/** Answers as quick as before in a row, after which the server is back to normal. */
const NORMAL_ANSWERS = 5;
/** Of those that were sent away, so many come again afterwards: each must come to its outcome. */
const COME_AGAIN = 1_000;

export const overload: Row = {
  name: 'overload',
  workload: '10 times the capacity for 60 s',
  fault: 'overload',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const school = await stage.school({ students: 1_000, assignments: stage.size({ quick: 100, full: 1_000 }) });
    const clients = stage.clients({ targets: [server!], sockets: CONNECTIONS });
    const next = wantedInTurn(school);
    const before = await capacity(stage, clients, next);
    stage.report(`${before.perSecond.toFixed(0)} grants a second are its capacity`);
    const health = await watchHealth(server!.url);
    const asked = Math.floor(before.perSecond * TIMES_CAPACITY) * stage.size({ quick: 1, full: 60 });
    const { sent, heldBack } = await pour(stage, clients, next, before.perSecond * TIMES_CAPACITY, asked);
    const endedAt = performance.now();
    const longestRecoveryMs = await untilNormal(clients, next, before.usualMs, endedAt);
    const seen = await health.end();
    await clients.quiet();
    await comeAgain(stage, clients);
    const { peak } = await server!.memoryMB();
    return {
      fired: sent + heldBack,
      asked,
      longestRecoveryMs,
      violations: stage.scale === 'full' ? judged(seen, peak, longestRecoveryMs) : [],
      notes: [
        `capacity ${before.perSecond.toFixed(0)} grants/s, usual answer within ${before.usualMs.toFixed(0)} ms`,
        `${sent} requests sent, ${heldBack} found no connection`,
        `health asked ${seen.asked} times, ${seen.failed} failed, longest ${seen.longestMs.toFixed(0)} ms`,
        `memory ${peak.toFixed(0)} MB at most`,
      ],
    };
  },
};

/** One submission after the other that nobody has made yet, of one student after the other. */
function wantedInTurn({ students, assignmentIds }: School): () => Wanted {
  let count = 0;
  return () => {
    const number = count++;
    const subjectId = assignmentIds[Math.floor(number / students.length)];
    if (!subjectId) throw new RangeError('the school has too few assignments');
    return {
      id: `r-${number}`,
      studentId: students[number % students.length]!.id,
      ...{ operation: 'submitAssignment', subjectId, key: `key of ${number}`, content: 'An essay', isOnce: true },
    };
  };
}

/** What the server does with 64 clients that wait for their answers, and how quickly: nine of ten answers. */
async function capacity(stage: Stage, clients: Clients, next: () => Wanted) {
  const startedAt = performance.now();
  const forMs = stage.size({ quick: 1_000, full: 5_000 });
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (performance.now() - startedAt < forMs) await clients.send(next(), 0);
    }),
  );
  const took = clients.tries.map(({ sentAt, endedAt }) => endedAt - sentAt).sort((one, other) => one - other);
  const perSecond = (took.length / (performance.now() - startedAt)) * 1_000;
  return { perSecond, usualMs: took[Math.floor(took.length * 0.9)]! };
}

/** Requests at a fixed rate, whatever becomes of them; those for which there is no connection are counted only. */
async function pour(stage: Stage, clients: Clients, next: () => Wanted, perSecond: number, count: number) {
  const startedAt = performance.now();
  let sent = 0;
  let heldBack = 0;
  while (sent + heldBack < count) {
    const due = Math.min(count, ((performance.now() - startedAt) / 1_000) * perSecond);
    while (sent + heldBack < due) {
      if (clients.inFlight < CONNECTIONS) {
        sent += 1;
        void clients.send(next(), 0);
      } else heldBack += 1;
    }
    stage.report(`${sent} sent, ${clients.inFlight} under way`);
    await sleep(5);
  }
  return { sent, heldBack };
}

/** How long it takes after the end of the load until answers are as quick as they were before. Milliseconds. */
async function untilNormal(clients: Clients, next: () => Wanted, usualMs: number, endedAt: number): Promise<number> {
  let since = 0;
  for (let normal = 0; normal < NORMAL_ANSWERS; ) {
    const sentAt = performance.now();
    if (normal === 0) since = sentAt;
    const told = await clients.send(next(), 0);
    const isNormal = told.kind === 'granted' && performance.now() - sentAt <= usualMs;
    normal = isNormal ? normal + 1 : 0;
    if (!isNormal) await sleep(50);
  }
  return since - endedAt;
}

/** Some of those that were sent away ask until they are told: by then the kit has to be able to say so of each. */
async function comeAgain(stage: Stage, clients: Clients): Promise<void> {
  const sentAway = clients.tries.filter(({ told, wanted }) => !isDefinitive(told, wanted)).map(({ wanted }) => wanted);
  const again = shuffled(sentAway, stage.random).slice(0, COME_AGAIN);
  await clients.resolveAll(
    again.map(({ isOnce: _, ...wanted }) => wanted),
    64,
  );
}

function judged({ failed, longestMs }: HealthSeen, peakMB: number, recoveryMs: number): Violation[] {
  const violations: Violation[] = [];
  if (failed > 0 || longestMs > HEALTH_WITHIN_MS) {
    const text = `health failed ${failed} times and took ${longestMs.toFixed(0)} ms at most`;
    violations.push({ invariant: 'health-answers', text });
  }
  if (peakMB > MOST_MEMORY_MB) {
    violations.push({ invariant: 'memory-bounded', text: `the server took ${peakMB.toFixed(0)} MB` });
  }
  if (recoveryMs > NORMAL_WITHIN_MS) {
    const text = `answers were as quick as before only ${(recoveryMs / 1_000).toFixed(1)} s after the load had ended`;
    violations.push({ invariant: 'recovers-in-time', text });
  }
  return violations;
}

/** @returns when it has been answered for the first time: what asks for health keeps its connection */
async function watchHealth(url: string): Promise<{ end(): Promise<HealthSeen> }> {
  const script = ['--import', './scripts/typescript.mjs', 'tests/faults/health-watch.ts', url];
  const child = spawn(process.execPath, script, { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const seen = once(lines, 'line');
  return {
    async end() {
      child.stdin.end();
      return JSON.parse((await seen)[0]);
    },
  };
}

/** The longest that somebody else may wait for a reward, repeats included, while one student floods the server. */
const OTHERS_WITHIN_MS = 5_000;

/** How long each request took to its outcome, its repeats included. Milliseconds. */
const waits = (tries: readonly Try[]): number[] =>
  [...groupBy(tries, ({ wanted }) => wanted.id).values()].map((ofOne) => ofOne.at(-1)!.endedAt - ofOne[0]!.sentAt);

export const hotStudent: Row = {
  name: 'hot-student',
  workload: '5,000 requests at once for one student, while 100 others submit',
  fault: 'none',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const count = stage.size({ quick: 600, full: 5_000 });
    const school = await stage.school({ students: 101, assignments: count });
    const [hot, ...others] = school.students;
    const flood = stage.clients({ targets: [server!], sockets: count });
    const calm = stage.clients({ targets: [server!] });
    const submission = (id: string, studentId: string, position: number): Wanted => ({
      ...{ id, studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[position]! },
      ...{ key: `key of ${id}`, content: 'An essay' },
    });
    const wanted = Array.from({ length: count }, (_, position) => submission(`hot-${position}`, hot!.id, position));
    let isOver = false;
    const flooding = flood.resolveAll(wanted, count).finally(() => {
      isOver = true;
    });
    await Promise.all(
      Array.from({ length: 8 }, async (_, client) => {
        for (let number = client; !isOver && number < others.length * count; number += 8) {
          const { id } = others[number % others.length]!;
          await calm.resolve(submission(`other-${number}`, id, Math.floor(number / others.length)));
        }
      }),
    );
    await flooding;
    const { peak } = await server!.memoryMB();
    const longestMs = Math.max(...waits(calm.tries));
    const violations: Violation[] = [];
    if (stage.scale === 'full' && longestMs > OTHERS_WITHIN_MS) {
      violations.push({ invariant: 'others-served', text: `somebody else waited for ${longestMs.toFixed(0)} ms` });
    }
    if (stage.scale === 'full' && peak > MOST_MEMORY_MB) {
      violations.push({ invariant: 'memory-bounded', text: `the server took ${peak.toFixed(0)} MB` });
    }
    return {
      fired: 0,
      asked: 0,
      violations,
      notes: [
        `the others' ${calm.resolved} requests took ${longestMs.toFixed(0)} ms at most`,
        `memory ${peak.toFixed(0)} MB at most`,
      ],
    };
  },
};
