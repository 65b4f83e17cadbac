/** Rows without a fault: what has to be exact, and one process that never fights itself. */
import type { Violation } from '../checker.js';
import type { Wanted } from '../record.js';
import { workloadOf } from '../workload.js';
import type { Row } from './row.js';
import type { Stage } from './stage.js';

export const none: Row = {
  name: 'none',
  workload: '10,000 grants, 50 clients, 200 students, 30 % duplicates',
  fault: 'none',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const students = stage.size({ quick: 20, full: 200 });
    const grants = stage.size({ quick: 300, full: 10_000 });
    const school = await stage.school({ students, assignments: Math.ceil(grants / students) + 2 });
    const clients = stage.clients({ targets: [server!] });
    const wanted = workloadOf({ school, grants, duplicates: 0.3, random: stage.random });
    const violations = await withoutConflict(stage, () => clients.resolveAll(wanted, 50));
    return { fired: 0, asked: 0, violations };
  },
};

/** Two clients of one student want one thing each, at the same time: side by side, as many as there are. */
function together(stage: Stage, wantedOf: (id: string, position: number) => Wanted) {
  const count = stage.size({ quick: 200, full: 200 });
  return Array.from({ length: count }, (_, position) => wantedOf(`r-${position}`, position));
}

export const sameSubject: Row = {
  name: 'same-subject',
  workload: '1 student, 200 at once, one subject',
  fault: 'none',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const school = await stage.school({ students: 1, assignments: 1 });
    const clients = stage.clients({ targets: [server!], sockets: 200 });
    const [student, subjectId] = [school.students[0]!.id, school.assignmentIds[0]!];
    const wanted = together(stage, (id, position) => ({
      ...{ id, studentId: student, operation: 'submitAssignment', subjectId, content: 'One essay' },
      key: position % 2 === 0 ? 'one key' : null,
    }));
    const violations = await withoutConflict(stage, () => clients.resolveAll(wanted, wanted.length));
    const { rewards } = await stage.stored();
    const news = clients.tries.filter(({ told }) => told.kind === 'granted' && !told.replayed).length;
    return {
      fired: 0,
      asked: 0,
      violations: [
        ...violations,
        ...unlessExact('paid-once', rewards.length === 1, `${rewards.length} rewards instead of one`),
        ...unlessExact('same-answer', news === 1, `${news} answers without a replay instead of one`),
      ],
    };
  },
};

export const manySubjects: Row = {
  name: 'many-subjects',
  workload: '1 student, 200 at once, 200 subjects',
  fault: 'none',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const school = await stage.school({ students: 1, assignments: 200 });
    const clients = stage.clients({ targets: [server!], sockets: 200 });
    const studentId = school.students[0]!.id;
    const wanted = together(stage, (id, position) => ({
      ...{ id, studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[position]! },
      ...{ key: `key of ${id}`, content: `Essay ${position}` },
    }));
    const violations = await withoutConflict(stage, () => clients.resolveAll(wanted, wanted.length));
    const { rewards } = await stage.stored();
    const text = `${rewards.length} rewards instead of ${wanted.length}`;
    return {
      fired: 0,
      asked: 0,
      violations: [...violations, ...unlessExact('acknowledged-kept', rewards.length === wanted.length, text)],
    };
  },
};

export const deadlineRush: Row = {
  name: 'deadline-rush',
  workload: '5,000 students submit within 10 s, each repeats after 3 s without an answer',
  fault: 'none',
  nodes: 1,
  async run(stage) {
    const servers = await stage.startServers(2);
    const students = stage.size({ quick: 300, full: 5_000 });
    const school = await stage.school({ students, assignments: 1 });
    const clients = stage.clients({ targets: servers, patienceMs: 3_000, sockets: 5_000 });
    const withinMs = stage.size({ quick: 1_000, full: 10_000 });
    await Promise.all(
      school.students.map(async ({ id: studentId }, position) => {
        await new Promise((resolve) => setTimeout(resolve, stage.random() * withinMs));
        const subjectId = school.assignmentIds[0]!;
        const id = `r-${position}`;
        const keyed = { key: `key of ${id}`, content: 'At the last moment' };
        await clients.resolve({ id, studentId, operation: 'submitAssignment', subjectId, ...keyed }, position);
      }),
    );
    const { rewards } = await stage.stored();
    const text = `${rewards.length} rewards for ${students} students`;
    return { fired: 0, asked: 0, violations: unlessExact('acknowledged-kept', rewards.length === students, text) };
  },
};

const unlessExact = (invariant: Violation['invariant'], isExact: boolean, text: string): Violation[] =>
  isExact ? [] : [{ invariant, text }];

/** One process alone with its database has nobody to conflict with: no transaction ends without its commit. */
async function withoutConflict(stage: Stage, work: () => Promise<void>): Promise<Violation[]> {
  const before = await stage.set.transactions();
  await work();
  const after = await stage.set.transactions();
  const failed = after.started - before.started - (after.committed - before.committed);
  const unavailable = stage.tries.filter(({ told }) => told.kind === 'error' && told.code === 'UNAVAILABLE').length;
  return [
    ...unlessExact('never-fights-itself', failed === 0, `${failed} transactions were not committed`),
    ...unlessExact('never-fights-itself', unavailable === 0, `${unavailable} requests were told UNAVAILABLE`),
  ];
}
