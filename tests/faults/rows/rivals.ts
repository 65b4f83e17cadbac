/** Rows in which the requests of one group, or of one student on two servers, get into each other's way. */
import { Types } from 'mongoose';
import type { Violation } from '../checker.js';
import type { Clients } from '../client.js';
import type { Wanted } from '../record.js';
import type { FailCommandOptions } from '../replica-set.js';
import type { School } from '../school.js';
import type { Row } from './row.js';
import { type Stage, until } from './stage.js';

interface Poison {
  readonly name: string;
  readonly wanted: Pick<Wanted, 'content' | 'mustBe'>;
  /** Happens after the group was read and before it writes. */
  readonly act: (stage: Stage, studentId: string, assignmentId: string) => Promise<void>;
  /** Takes back what the kit wrote. */
  readonly undo?: (stage: Stage) => Promise<void>;
}

const REFUSED_TEXT = 'The database refuses this text';
/** What a row of the kit's own is known by. */
const FOREIGN = 'written past the committer';

/** The least that a ledger row needs to be in the way of another. */
const foreignRow = (studentId: string, more: object) => ({
  ...{ _id: new Types.ObjectId(), studentId: new Types.ObjectId(studentId), fingerprint: FOREIGN, requestId: FOREIGN },
  ...{ operation: 'submitAssignment', badges: [], lines: [], before: {}, after: {} },
  ...more,
});

const removeForeignRows = async ({ db }: Stage) => {
  await db.collection('rewards').deleteMany({ requestId: FOREIGN });
};

const POISONS: readonly Poison[] = [
  {
    name: 'a document that the database refuses',
    wanted: { content: REFUSED_TEXT, mustBe: 'INTERNAL_SERVER_ERROR' },
    act: async ({ db }) => {
      await db.command({ collMod: 'submissions', validator: { content: { $ne: REFUSED_TEXT } } });
    },
    undo: async ({ db }) => {
      await db.command({ collMod: 'submissions', validator: {} });
    },
  },
  {
    name: 'a sequence that is taken',
    wanted: { content: 'An essay', mustBe: 'INTERNAL_SERVER_ERROR' },
    act: async ({ db }, studentId) => {
      const subject = { kind: 'assignment', id: new Types.ObjectId() };
      await db.collection('rewards').insertOne(foreignRow(studentId, { sequence: 1, subject }));
    },
    undo: removeForeignRows,
  },
  {
    name: 'a duplicate',
    wanted: { content: 'An essay', mustBe: 'ALREADY_SUBMITTED' },
    act: async ({ db }, studentId, assignmentId) => {
      const subject = { kind: 'assignment', id: new Types.ObjectId(assignmentId) };
      await db.collection('rewards').insertOne(foreignRow(studentId, { sequence: 0, subject }));
    },
    undo: removeForeignRows,
  },
  {
    name: 'a stale revision',
    wanted: { content: 'An essay' },
    act: async ({ db }, studentId) => {
      await db.collection('students').updateOne({ _id: new Types.ObjectId(studentId) }, { $inc: { revision: 1 } });
    },
  },
];

/** Those who share it, and one who goes before them and is held back, so that they have to wait for each other. */
const GROUP = 30;
/** Long enough to see that they share a group, and to poison it. Milliseconds. */
const HELD_BACK_MS = 700;

const holdingBack = ({ db }: Stage, mode: FailCommandOptions['mode']): FailCommandOptions => ({
  ...{ failCommands: ['update'], namespace: `${db.databaseName}.students`, mode },
  ...{ blockConnection: true, blockTimeMS: HELD_BACK_MS },
});

export const poisonedGroups: Row = {
  name: 'poisoned-groups',
  workload: 'groups of 30 grants in which one is poisoned',
  fault: 'a document that the database refuses, a taken sequence, a duplicate, a stale revision, in turn',
  nodes: 1,
  async run(stage) {
    const [server] = await stage.startServers(1);
    const asked = stage.size({ quick: 4, full: 40 });
    const violations: Violation[] = [];
    let fired = 0;
    for (let round = 0; round < asked && violations.length === 0; round++) {
      const poison = POISONS[round % POISONS.length]!;
      const school = await stage.school({ students: GROUP + 1, assignments: 1 });
      // Whoever is not served within the deadline of a grant will not be: no need to see that again and again.
      const clients = stage.clients({ targets: [server!], sockets: GROUP + 1, resolvesWithinMs: 10_000 });
      if (await poisonOneGroup({ stage, school, clients, round, poison })) fired += 1;
      violations.push(...slowNeighbours(clients, poison), ...(await paidBeside(stage)));
      await poison.undo?.(stage);
      stage.report(`group ${round + 1} of ${asked}`);
    }
    return { fired, asked, violations };
  },
};

interface Poisoning {
  readonly stage: Stage;
  readonly school: School;
  readonly clients: Clients;
  readonly round: number;
  readonly poison: Poison;
}

/** @returns whether the poisoned request was in a group with others */
async function poisonOneGroup({ stage, school, clients, round, poison }: Poisoning): Promise<boolean> {
  const { students, assignmentIds } = school;
  const wanted = students.map(
    ({ id: studentId }, position): Wanted => ({
      id: `round-${round}-${position}`,
      ...{ studentId, operation: 'submitAssignment', subjectId: assignmentIds[0]! },
      ...{ key: `key of round ${round}, ${position}`, content: 'An essay' },
    }),
  );
  const position = 1 + Math.floor(stage.random() * GROUP);
  const bad = { ...wanted[position]!, ...poison.wanted };
  wanted[position] = bad;
  const holding = await stage.set.failCommand(holdingBack(stage, 'alwaysOn'));
  const isUnderWay =
    ({ studentId }: Wanted) =>
    async () =>
      (await stage.underWay()).find(({ updates, concerns }) => updates > 0 && concerns(studentId));
  const first = clients.resolve(wanted[0]!);
  await until('the first is held back', isUnderWay(wanted[0]!));
  const others = clients.resolveAll(wanted.slice(1), GROUP);
  const group = await until('the group is held back', isUnderWay(bad));
  await poison.act(stage, bad.studentId, assignmentIds[0]!);
  await holding.off();
  await Promise.all([first, others]);
  return group.updates > 1;
}

/** What somebody wrote past the committer counts as paid: the unique index alone knows of it. */
async function paidBeside({ db }: Stage): Promise<Violation[]> {
  const rewards = db.collection('rewards');
  const foreign = await rewards.find({ requestId: FOREIGN }).toArray();
  const beside = await Promise.all(
    foreign.map(({ studentId, subject }) => rewards.findOne({ studentId, subject, requestId: { $ne: FOREIGN } })),
  );
  return beside.flatMap((row) =>
    row ? { invariant: 'paid-once' as const, text: `student ${row.studentId} was paid beside a row of the kit` } : [],
  );
}

/** The neighbours of a poisoned request are paid at once: nothing that they are told asks them to come again. */
function slowNeighbours({ tries }: Clients, { name }: Poison): Violation[] {
  return tries
    .filter(({ wanted, told }) => told.kind === 'error' && told.code !== wanted.mustBe)
    .map(({ requestId, told }) => ({
      invariant: 'others-served' as const,
      text: `${requestId}, in a group with ${name}, was told ${JSON.stringify(told)}`,
    }));
}

export const rivalServers: Row = {
  name: 'rival-servers',
  workload: '2 servers, the same subject at both',
  fault: 'one is held back between its look and its write, the other pays meanwhile',
  nodes: 1,
  async run(stage) {
    const servers = await stage.startServers(2);
    const asked = stage.size({ quick: 4, full: 50 });
    const school = await stage.school({ students: 4, assignments: asked });
    const clients = stage.clients({ targets: servers });
    let fired = 0;
    for (let round = 0; round < asked; round++) {
      const studentId = school.students[round % school.students.length]!.id;
      const wanted = (id: string): Wanted => ({
        id: `round-${round}-${id}`,
        ...{ studentId, operation: 'submitAssignment', subjectId: school.assignmentIds[round]! },
        ...{ key: `key of ${round}, ${id}`, content: 'An essay' },
      });
      const holding = await stage.set.failCommand(holdingBack(stage, { times: 1 }));
      const slow = clients.resolve(wanted('slow'), 0);
      await until('a server is held back', async () => (await stage.underWay()).find(({ updates }) => updates > 0));
      await clients.resolve(wanted('quick'), 1);
      await slow;
      fired += await holding.off();
    }
    return { fired, asked };
  },
};
