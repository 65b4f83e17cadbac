/** Scenarios without a fault: results must be exact, and a single process must never conflict with itself. */
import type { Violation } from '../checker.js';
import type { LogicalRequest } from '../record.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

export const none: Scenario = {
  name: 'none',
  workload: '10,000 grants, 50 clients, 200 students, 30 % duplicates',
  fault: 'none',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const requests = await context.workload({
      students: { quick: 20, full: 200 },
      grants: { quick: 300, full: 10_000 },
    });
    const clients = context.clients({ targets: [server!] });
    const violations = await checkNoConflicts(context, () => clients.retryAllUntilResolved(requests, 50));
    return { fired: 0, required: 0, violations };
  },
};

/** @returns 200 requests to be sent at the same time */
function concurrentRequests(context: ScenarioContext, requestOf: (id: string, position: number) => LogicalRequest) {
  const count = context.forScale({ quick: 200, full: 200 });
  return Array.from({ length: count }, (_, position) => requestOf(`r-${position}`, position));
}

export const sameSubject: Scenario = {
  name: 'same-subject',
  workload: '1 student, 200 at once, one subject',
  fault: 'none',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const school = await context.school({ students: 1, assignments: 1 });
    const clients = context.clients({ targets: [server!] });
    const [student, subjectId] = [school.students[0]!.id, school.assignmentIds[0]!];
    const requests = concurrentRequests(context, (id, position) => ({
      ...{ id, studentId: student, operation: 'submitAssignment', subjectId, content: 'One essay' },
      idempotencyKey: position % 2 === 0 ? 'one key' : null,
    }));
    const violations = await checkNoConflicts(context, () => clients.retryAllUntilResolved(requests, requests.length));
    const { rewards } = await context.stored();
    const firstPayments = clients.attempts.filter(({ result }) => result.kind === 'granted' && !result.replayed).length;
    return {
      fired: 0,
      required: 0,
      violations: [
        ...violations,
        ...violationUnless('paid-once', rewards.length === 1, `${rewards.length} rewards instead of one`),
        ...violationUnless(
          'same-answer',
          firstPayments === 1,
          `${firstPayments} responses that are no replay instead of one`,
        ),
      ],
    };
  },
};

export const manySubjects: Scenario = {
  name: 'many-subjects',
  workload: '1 student, 200 at once, 200 subjects',
  fault: 'none',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const school = await context.school({ students: 1, assignments: 200 });
    const clients = context.clients({ targets: [server!] });
    const studentId = school.students[0]!.id;
    const requests = concurrentRequests(context, (id, position) => ({
      ...{ id, studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[position]! },
      ...{ idempotencyKey: `key of ${id}`, content: `Essay ${position}` },
    }));
    const violations = await checkNoConflicts(context, () => clients.retryAllUntilResolved(requests, requests.length));
    const { rewards } = await context.stored();
    const text = `${rewards.length} rewards instead of ${requests.length}`;
    return {
      fired: 0,
      required: 0,
      violations: [...violations, ...violationUnless('acknowledged-kept', rewards.length === requests.length, text)],
    };
  },
};

export const deadlineRush: Scenario = {
  name: 'deadline-rush',
  workload: '5,000 students submit within 10 s, each repeats after 3 s without an answer',
  fault: 'none',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }));
    const students = context.forScale({ quick: 300, full: 5_000 });
    const school = await context.school({ students, assignments: 1 });
    const clients = context.clients({ targets: servers, attemptTimeoutMs: 3_000 });
    const withinMs = context.forScale({ quick: 1_000, full: 10_000 });
    await Promise.all(
      school.students.map(async ({ id: studentId }, position) => {
        await new Promise((resolve) => setTimeout(resolve, context.random() * withinMs));
        const subjectId = school.assignmentIds[0]!;
        const id = `r-${position}`;
        const keyed = { idempotencyKey: `key of ${id}`, content: 'At the last moment' };
        await clients.retryUntilResolved(
          { id, studentId, operation: 'submitAssignment', subjectId, ...keyed },
          position,
        );
      }),
    );
    const { rewards } = await context.stored();
    const text = `${rewards.length} rewards for ${students} students`;
    return {
      fired: 0,
      required: 0,
      violations: violationUnless('acknowledged-kept', rewards.length === students, text),
    };
  },
};

const violationUnless = (invariant: Violation['invariant'], isExact: boolean, text: string): Violation[] =>
  isExact ? [] : [{ invariant, text }];

/**
 * A single process has no rival on its database, so each of its transactions must commit. Nor is anything UNAVAILABLE,
 * unless the machine is too busy for 200 requests within a deadline: full runs judge that, like all times.
 */
async function checkNoConflicts(context: ScenarioContext, work: () => Promise<void>): Promise<Violation[]> {
  const before = await context.set.transactions();
  await work();
  const after = await context.set.transactions();
  const uncommitted = after.started - before.started - (after.committed - before.committed);
  const unavailable = context.attempts.filter(
    ({ result }) => result.kind === 'error' && result.code === 'UNAVAILABLE',
  ).length;
  return [
    ...violationUnless('never-fights-itself', uncommitted === 0, `${uncommitted} transactions were not committed`),
    ...violationUnless(
      'never-fights-itself',
      unavailable <= context.forScale({ quick: Number.POSITIVE_INFINITY, full: 0 }),
      `${unavailable} attempts received UNAVAILABLE`,
    ),
  ];
}
