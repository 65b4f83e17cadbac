/** Scenarios in which requests conflict: within one group, or for one student on two servers. */
import { Types } from 'mongoose';
import type { Violation } from '../checker.js';
import type { Clients } from '../client.js';
import type { LogicalRequest } from '../record.js';
import type { FailCommandOptions } from '../replica-set.js';
import type { School } from '../school.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

interface Poison {
  readonly name: string;
  readonly request: Pick<LogicalRequest, 'content' | 'expectedCode'>;
  /** Poisons the group, between its read and its write. */
  readonly act: (context: ScenarioContext, studentId: string, assignmentId: string) => Promise<void>;
  /** Reverts what `act` wrote. */
  readonly undo?: (context: ScenarioContext) => Promise<void>;
}

const REFUSED_TEXT = 'The database refuses this text';
/** The fingerprint and request id that mark a ledger row as written by the kit. */
const FOREIGN = 'written past the committer';

/** A ledger row with only the fields that make it conflict with another. */
const foreignRow = (studentId: string, more: object) => ({
  ...{ _id: new Types.ObjectId(), studentId: new Types.ObjectId(studentId), fingerprint: FOREIGN, requestId: FOREIGN },
  ...{ operation: 'submitAssignment', badges: [], lines: [], before: {}, after: {} },
  ...more,
});

const removeForeignRows = async ({ db }: ScenarioContext) => {
  await db.collection('rewards').deleteMany({ requestId: FOREIGN });
};

const POISONS: readonly Poison[] = [
  {
    name: 'a document that the database refuses',
    request: { content: REFUSED_TEXT, expectedCode: 'INTERNAL_SERVER_ERROR' },
    act: async ({ db }) => {
      await db.command({ collMod: 'submissions', validator: { content: { $ne: REFUSED_TEXT } } });
    },
    undo: async ({ db }) => {
      await db.command({ collMod: 'submissions', validator: {} });
    },
  },
  {
    name: 'a sequence that is taken',
    request: { content: 'An essay', expectedCode: 'INTERNAL_SERVER_ERROR' },
    act: async ({ db }, studentId) => {
      const subject = { kind: 'assignment', id: new Types.ObjectId() };
      await db.collection('rewards').insertOne(foreignRow(studentId, { sequence: 1, subject }));
    },
    undo: removeForeignRows,
  },
  {
    name: 'a duplicate',
    request: { content: 'An essay', expectedCode: 'ALREADY_SUBMITTED' },
    act: async ({ db }, studentId, assignmentId) => {
      const subject = { kind: 'assignment', id: new Types.ObjectId(assignmentId) };
      await db.collection('rewards').insertOne(foreignRow(studentId, { sequence: 0, subject }));
    },
    undo: removeForeignRows,
  },
  {
    name: 'a stale revision',
    request: { content: 'An essay' },
    act: async ({ db }, studentId) => {
      await db.collection('students').updateOne({ _id: new Types.ObjectId(studentId) }, { $inc: { revision: 1 } });
    },
  },
];

/** The number of requests in a group. One more request goes first and is blocked, so that the others form a group. */
const GROUP_SIZE = 30;
/** How long a failpoint blocks each update: long enough to see the group and to poison it. */
const BLOCK_MS = 700;

export const blockUpdates = ({ db }: ScenarioContext, mode: FailCommandOptions['mode']): FailCommandOptions => ({
  ...{ failCommands: ['update'], namespace: `${db.databaseName}.students`, mode },
  ...{ blockConnection: true, blockTimeMS: BLOCK_MS },
});

export const poisonedGroups: Scenario = {
  name: 'poisoned-groups',
  workload: 'groups of 30 grants in which one is poisoned',
  fault: 'a document that the database refuses, a taken sequence, a duplicate, a stale revision, in turn',
  nodes: 1,
  async run(context) {
    const [server] = await context.startServers(1);
    const required = context.forScale({ quick: 4, full: 40 });
    const violations: Violation[] = [];
    let fired = 0;
    // A group does not form in every round.
    for (let round = 0; fired < required && round < 1.5 * required && violations.length === 0; round++) {
      const poison = POISONS[round % POISONS.length]!;
      const school = await context.school({ students: GROUP_SIZE + 1, assignments: 1 });
      // A request that is not served within the deadline of a grant will never be. Retrying longer would show nothing
      // new.
      const clients = context.clients({ targets: [server!], retryForMs: 10_000 });
      if (await poisonOneGroup({ context, school, clients, round, poison })) fired += 1;
      violations.push(...refusedNeighbours(clients, poison), ...(await paidDespiteForeignRow(context)));
      await poison.undo?.(context);
      context.report(`group ${fired} of ${required}`);
    }
    return { fired, required, violations };
  },
};

interface PoisonedGroup {
  readonly context: ScenarioContext;
  readonly school: School;
  readonly clients: Clients;
  readonly round: number;
  readonly poison: Poison;
}

/** @returns whether the poisoned request shared its group with others */
async function poisonOneGroup({ context, school, clients, round, poison }: PoisonedGroup): Promise<boolean> {
  const { students, assignmentIds } = school;
  const requests = students.map(
    ({ id: studentId }, position): LogicalRequest => ({
      id: `round-${round}-${position}`,
      ...{ studentId, operation: 'submitAssignment', subjectId: assignmentIds[0]! },
      ...{ idempotencyKey: `key of round ${round}, ${position}`, content: 'An essay' },
    }),
  );
  const position = 1 + Math.floor(context.random() * GROUP_SIZE);
  const poisoned = { ...requests[position]!, ...poison.request };
  requests[position] = poisoned;
  const failpoint = await context.set.failCommand(blockUpdates(context, 'alwaysOn'));
  const isUpdating =
    ({ studentId }: LogicalRequest) =>
    async () =>
      (await context.runningCommands()).find(({ updates, concerns }) => updates > 0 && concerns(studentId));
  const first = clients.retryUntilResolved(requests[0]!);
  await waitFor('the first request is blocked', isUpdating(requests[0]!));
  const others = clients.retryAllUntilResolved(requests.slice(1), GROUP_SIZE);
  const group = await waitFor('the group is blocked', isUpdating(poisoned));
  await poison.act(context, poisoned.studentId, assignmentIds[0]!);
  await failpoint.off();
  await Promise.all([first, others]);
  return group.updates > 1;
}

/** A row written past the committer counts as paid, although only the unique index knows of it. */
async function paidDespiteForeignRow({ db }: ScenarioContext): Promise<Violation[]> {
  const rewards = db.collection('rewards');
  const foreign = await rewards.find({ requestId: FOREIGN }).toArray();
  const paidRows = await Promise.all(
    foreign.map(({ studentId, subject }) => rewards.findOne({ studentId, subject, requestId: { $ne: FOREIGN } })),
  );
  return paidRows.flatMap((row) =>
    row
      ? { invariant: 'paid-once' as const, text: `student ${row.studentId} was paid in addition to a row of the kit` }
      : [],
  );
}

/** The neighbours of a poisoned request must be paid at once: no response may ask them to retry. */
function refusedNeighbours({ attempts }: Clients, { name }: Poison): Violation[] {
  return attempts
    .filter(({ request, result }) => result.kind === 'error' && result.code !== request.expectedCode)
    .map(({ requestId, result }) => ({
      invariant: 'others-served' as const,
      text: `${requestId}, in a group with ${name}, received ${JSON.stringify(result)}`,
    }));
}

export const rivalServers: Scenario = {
  name: 'rival-servers',
  workload: '2 servers, the same subject at both',
  fault: 'one is blocked between its read and its write while the other pays',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(2);
    const required = context.forScale({ quick: 4, full: 50 });
    const school = await context.school({ students: 4, assignments: required });
    const clients = context.clients({ targets: servers });
    let fired = 0;
    for (let round = 0; round < required; round++) {
      const studentId = school.students[round % school.students.length]!.id;
      const submission = (id: string): LogicalRequest => ({
        id: `round-${round}-${id}`,
        ...{ studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[round]! },
        ...{ idempotencyKey: `key of ${round}, ${id}`, content: 'An essay' },
      });
      const failpoint = await context.set.failCommand(blockUpdates(context, { times: 1 }));
      const slow = clients.retryUntilResolved(submission('slow'), 0);
      await waitFor('a server is blocked', async () =>
        (await context.runningCommands()).find(({ updates }) => updates > 0),
      );
      await clients.retryUntilResolved(submission('quick'), 1);
      await slow;
      fired += await failpoint.off();
    }
    return { fired, required };
  },
};
