import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { type Committer, committerLimits, createCommitter } from '../../src/granting/committer.js';
import { acknowledgedBefore } from '../../src/storage/connect.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { later, minute, noon } from '../rewards/given.js';
import {
  answered,
  commandsOf,
  readConcernsOf,
  stepInBefore,
  stepInWithinReads,
  watchCommands,
} from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  end,
  givenAssignment,
  givenClass,
  givenCourse,
  givenRunning,
  givenStudent,
  start,
  storedStudent,
  submit,
} from '../support/given.js';
import { holdLane, oneLane, settledTogether, together, touch } from '../support/lanes.js';
import { expectPaid, expectRefused, expectReplay } from '../support/replays.js';

useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** So many, in order. */
const times = (count: number) => Array.from({ length: count }, (_, position) => position);

const reading = ['aggregate students'];
const submitting = ['update students', 'insert submissions', 'insert rewards', 'commitTransaction'];
const ending = ['update students', 'insert pomodoro_sessions', 'insert rewards', 'commitTransaction'];

async function givenStudentsOfOneClass(
  count: number,
): Promise<{ assignment: AssignmentRecord; students: Types.ObjectId[] }> {
  const course = await givenCourse();
  const assignment = await givenAssignment(course);
  const students = await Promise.all(times(count).map(() => givenStudent({ courseIds: [course._id] })));
  return { assignment, students };
}

describe('the commands of', () => {
  test('a submission', async () => {
    const { student, assignment } = await givenClass();
    const sent = await commandsOf(() => submit(student, assignment, { key: 'one' }));
    expect(sent).toEqual({ reads: reading, transactions: [submitting] });
  });

  test('the end of a session', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const sent = await commandsOf(() => end(student, session, { key: 'one' }));
    expect(sent).toEqual({ reads: reading, transactions: [ending] });
  });

  test('the end of a session that pays nothing', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const sent = await commandsOf(() => end(student, session, { at: later(noon, minute) }));
    expect(sent).toEqual({
      reads: reading,
      transactions: [['update students', 'insert pomodoro_sessions', 'commitTransaction']],
    });
  });

  test('the start of a session', async () => {
    const student = await givenStudent();
    const sent = await commandsOf(() => start(student));
    expect(sent).toEqual({ reads: reading, transactions: [['update students', 'commitTransaction']] });
  });

  test('a submission that records a forgotten session besides', async () => {
    const { student, assignment } = await givenClass();
    await givenRunning(student, { at: later(noon, -24 * 60 * minute) });
    const sent = await commandsOf(() => submit(student, assignment));
    expect(sent).toEqual({
      reads: reading,
      transactions: [
        ['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards', 'commitTransaction'],
      ],
    });
  });

  test('a replay', async () => {
    const { student, assignment } = await givenClass();
    await submit(student, assignment);
    const sent = await commandsOf(() => submit(student, assignment));
    expect(sent).toEqual({ reads: reading, transactions: [] });
  });

  test('a refusal', async () => {
    const { student, assignment } = await givenClass({ closesAt: noon });
    const sent = await commandsOf(() => submit(student, assignment, { at: later(noon, 1) }));
    expect(sent).toEqual({ reads: reading, transactions: [] });
  });

  test('a submission whose reward was not read although the student was paid: given up at the duplicate, and read again', async () => {
    const { student, assignment } = await givenClass();
    stepInWithinReads(['reward'], () => submit(student, assignment, { by: elsewhere }));
    const { transactions } = await commandsOf(() => submit(student, assignment));
    expect(transactions).toEqual([submitting, ['update students', 'insert submissions', 'abortTransaction']]);
  });

  test('a submission whose student somebody else writes to: given up at the student, and read again', async () => {
    const { student, assignment } = await givenClass();
    stepInBefore({ target: StudentModel.collection, method: 'bulkWrite' }, () =>
      StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
    );
    const { transactions } = await commandsOf(() => submit(student, assignment));
    expect(transactions).toEqual([['update students', 'abortTransaction'], submitting]);
  });

  test('a joined session', async () => {
    const student = await givenStudent();
    await givenRunning(student);
    const sent = await commandsOf(() => start(student));
    expect(sent).toEqual({ reads: reading, transactions: [] });
  });
});

test('of a student only what has changed is written', async () => {
  const { course, student, assignment } = await givenClass();
  await submit(student, assignment);
  const written = jest.spyOn(StudentModel.collection, 'bulkWrite');
  await submit(student, await givenAssignment(course), { at: later(noon, minute) });
  expect(written.mock.calls).toHaveLength(1);
  const [[update]] = written.mock.calls[0]! as unknown as [[{ updateOne: { update: { $set: object } } }]];
  expect(Object.keys(update.updateOne.update.$set).sort()).toEqual([
    'auraPoints',
    'auraWindow',
    'lifetimeXp',
    'revision',
    'sequence',
    'submissionCount',
    'xp',
  ]);
});

describe('a group', () => {
  test('of 16 submissions that arrive together needs no more commands than one', async () => {
    const { assignment, students } = await givenStudentsOfOneClass(16);
    const sent = await commandsOf(() => Promise.all(students.map((student) => submit(student, assignment))));
    expect(sent).toEqual({ reads: reading, transactions: [submitting] });
    for (const student of students) expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('with keys needs no more commands than without', async () => {
    const { assignment, students } = await givenStudentsOfOneClass(16);
    const sent = await commandsOf(() =>
      Promise.all(students.map((student, position) => submit(student, assignment, { key: `key ${position}` }))),
    );
    expect(sent).toEqual({ reads: reading, transactions: [submitting] });
  });

  test('forms of those that come while a transaction is under way, where they are too few for a lane of their own', async () => {
    const by = createCommitter();
    const { assignment, students } = await givenStudentsOfOneClass(committerLimits.minWaitingForExtraLane - 1);
    const lane = await holdLane(by);
    const sending = commandsOf(() => Promise.all(students.map((student) => submit(student, assignment, { by }))));
    await lane.release();
    expect(await sending).toEqual({ reads: reading, transactions: [submitting] });
  });

  test('that is worth a lane of its own waits for nobody', async () => {
    const by = createCommitter();
    const { assignment, students } = await givenStudentsOfOneClass(committerLimits.minWaitingForExtraLane);
    const lane = await holdLane(by);
    await Promise.all(students.map((student) => submit(student, assignment, { by })));
    await lane.release();
  });

  test('of submissions and ends needs one command for each collection', async () => {
    const by = oneLane();
    const { assignment, students } = await givenStudentsOfOneClass(3);
    const sessions = await Promise.all(students.map((student) => givenRunning(student)));
    const sent = await commandsOf(async () => {
      await together<{ kind: string }>(by, () =>
        students.flatMap((student, position) => [
          submit(student, assignment, { by }),
          end(student, sessions[position]!, { by }),
        ]),
      );
    });
    expect(sent.transactions).toEqual([
      ['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards', 'commitTransaction'],
    ]);
    for (const student of students) expect(await expectExactLedger(student)).toHaveLength(2);
  });
});

describe('a request that finds a free lane', () => {
  /** Lets everything happen that needs no timer and no answer of the database. */
  async function withoutWaiting(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const _ of times(100)) await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  test('is sent in the same turn of the event loop', async () => {
    const { student, assignment, course } = await givenClass();
    // Over connections that are open already.
    await submit(student, await givenAssignment(course));
    const { sent, stop } = watchCommands();
    const submitted = submit(student, assignment);
    await withoutWaiting();
    stop();
    expect(sent.map(({ text }) => text).sort()).toEqual(reading);
    await submitted;
  });

  test('waits for a slow transaction of others no longer than that takes to be slow', async () => {
    const by = createCommitter();
    const { student, assignment } = await givenClass();
    const lane = await holdLane(by);
    await submit(student, assignment, { by });
    await lane.release();
  });

  test('is not sent where all lanes are slow', async () => {
    const by = createCommitter({ ...committerLimits, maxLanes: 2, slowTransactionMs: 1 });
    const { student, assignment } = await givenClass();
    const [first, second] = [await holdLane(by), await holdLane(by)];
    let isPaid = false;
    const submitted = submit(student, assignment, { by }).then(() => {
      isPaid = true;
    });
    await sleep(20);
    expect(isPaid).toBe(false);
    await Promise.all([first.release(), second.release()]);
    await submitted;
  });
});

test('what is read is no older than what was acknowledged before the last election', async () => {
  const { student, assignment } = await givenClass();
  const concerns = await readConcernsOf(() => submit(student, assignment));
  const { lastWrite } = await mongoose.connection.getClient().db('admin').command({ hello: 1 });
  expect(acknowledgedBefore()?.lessThanOrEqual(lastWrite.opTime.ts)).toBe(true);
  expect(concerns).toEqual([{ level: 'majority', afterClusterTime: acknowledgedBefore() }]);
});

test('what is read again is no older than what its transaction failed at, though no majority may have that yet', async () => {
  const { student, assignment } = await givenClass();
  stepInBefore({ target: StudentModel.collection, method: 'bulkWrite' }, () =>
    StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
  );
  const written = jest.spyOn(StudentModel.collection, 'bulkWrite');
  const concerns = await readConcernsOf(() => submit(student, assignment));
  const failedAt = written.mock.calls[0]![1]!.session!.operationTime!;
  expect([written.mock.calls.length, concerns.length]).toEqual([2, 2]);
  expect(concerns[1]!.afterClusterTime.greaterThanOrEqual(failedAt)).toBe(true);
});

describe('requests of one student in one group', () => {
  test('are paid in the order of arrival', async () => {
    const by = oneLane();
    const { course, student } = await givenClass();
    const assignments = await Promise.all(times(8).map(() => givenAssignment(course)));
    const outcomes = await together(by, () => assignments.map((assignment) => submit(student, assignment, { by })));

    const rows = await expectExactLedger(student);
    expect(rows.map(({ subject }) => subject.id)).toEqual(assignments.map(({ _id }) => _id));
    expect(outcomes).toMatchObject(rows.map((reward) => ({ reward, replayed: false })));
  });

  test('are paid in the order of arrival though one of them fails and the others go again', async () => {
    const by = oneLane();
    const { course, student } = await givenClass();
    const assignments = await Promise.all(times(8).map(() => givenAssignment(course)));
    const submitEach = (some: readonly AssignmentRecord[]) => some.map((each) => submit(student, each, { by }));
    const outcomes = await settledTogether<unknown>(by, () => [
      ...submitEach(assignments.slice(0, 4)),
      by.submit({ ...touch(student), decide: brokenByTheTest }),
      ...submitEach(assignments.slice(4)),
    ]);

    expect(outcomes[4]).toMatchObject({ reason: { message: 'broken by the test' } });
    const rows = await expectExactLedger(student);
    expect(rows.map(({ subject }) => subject.id)).toEqual(assignments.map(({ _id }) => _id));
  });

  test('come before those that arrive while they are under way, though they go again', async () => {
    const by = oneLane();
    const { course, student, assignment: last } = await givenClass();
    const assignments = await Promise.all(times(4).map(() => givenAssignment(course)));
    let late: ReturnType<typeof submit> | undefined;
    stepInBefore({ target: StudentModel.collection, method: 'bulkWrite' }, async () => {
      late = submit(student, last, { by });
      await StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } });
    });
    await together(by, () => assignments.map((assignment) => submit(student, assignment, { by })));

    await late;
    const rows = await expectExactLedger(student);
    expect(rows.map(({ subject }) => subject.id)).toEqual([...assignments, last].map(({ _id }) => _id));
  });

  test('are all answered with the student as the group left it', async () => {
    const by = oneLane();
    const { course, student, assignment } = await givenClass();
    const another = await givenAssignment(course);
    const outcomes = await together(by, () => [submit(student, assignment, { by }), submit(student, another, { by })]);

    const stored = await storedStudent(student);
    expect(outcomes).toMatchObject([{ student: stored }, { student: stored }]);
  });

  test('for the same submission are one payment and its replays', async () => {
    const by = oneLane();
    const { student, assignment } = await givenClass();
    const [first, ...others] = await together(by, () => [
      submit(student, assignment, { by }),
      submit(student, assignment, { by }),
      submit(student, assignment, { by, key: 'one' }),
    ]);

    await expectPaid(first!);
    for (const other of others) await expectReplay(other, first!);
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('for the same end of a session are one payment and its replays', async () => {
    const by = oneLane();
    const student = await givenStudent();
    const session = await givenRunning(student);
    const [first, ...others] = await together(by, () => [
      end(student, session, { by }),
      end(student, session, { by }),
      end(student, session, { by, key: 'one', at: later(noon, 60 * minute) }),
    ]);

    await expectPaid(first!);
    for (const other of others) await expectReplay(other, first!);
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('under one key for two things are one payment and one refusal', async () => {
    const by = oneLane();
    const { course, student, assignment } = await givenClass();
    const another = await givenAssignment(course);
    const [first, second, third] = await together(by, () => [
      submit(student, assignment, { by, key: 'one' }),
      submit(student, another, { by, key: 'one' }),
      submit(student, another, { by, key: 'two' }),
    ]);

    await expectPaid(first!);
    expectRefused(second!, 'IDEMPOTENCY_KEY_REUSED');
    await expectPaid(third!);
    expect(await expectExactLedger(student)).toHaveLength(2);
  });

  test('under one key for two operations have nothing to do with each other', async () => {
    const by = oneLane();
    const { student, assignment } = await givenClass();
    const session = await givenRunning(student);
    const outcomes = await together<{ kind: string }>(by, () => [
      submit(student, assignment, { by, key: 'one' }),
      end(student, session, { by, key: 'one' }),
    ]);

    expect(outcomes).toMatchObject([{ replayed: false }, { replayed: false }]);
    expect(await expectExactLedger(student)).toHaveLength(2);
  });

  test('end a session and start the next, which the device that came last joins', async () => {
    const by = oneLane();
    const student = await givenStudent();
    const session = await givenRunning(student);
    const [, ended, started, joined] = await together<{ kind: string }>(by, () => [
      start(student, { by }),
      end(student, session, { by }),
      start(student, { by, device: 'phone' }),
      start(student, { by, device: 'laptop' }),
    ]);

    expect(ended).toMatchObject({ session: { _id: session, status: 'COMPLETED' }, replayed: false });
    const running = { device: 'phone' };
    expect(started).toMatchObject({ joined: false, session: running, student: { runningPomodoro: running } });
    expect(joined).toMatchObject({ joined: true, session: running });
    expect(await storedStudent(student)).toMatchObject({ runningPomodoro: running });
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('find a forgotten session expired, and each of them is told so', async () => {
    const by = oneLane();
    const student = await givenStudent();
    const session = await givenRunning(student, { at: later(noon, -24 * 60 * minute) });
    const [started, ended, again] = await together<{ kind: string }>(by, () => [
      start(student, { by }),
      end(student, session, { by }),
      end(student, session, { by, key: 'one' }),
    ]);

    expect(started).toMatchObject({ joined: false });
    const expired = { session: { _id: session, status: 'EXPIRED', rewardId: null }, reward: null, replayed: true };
    expect([ended, again]).toMatchObject([expired, expired]);
    expect(await expectExactLedger(student)).toEqual([]);
  });
});

describe('idle', () => {
  test('is at once where there is nothing to do', async () => {
    await createCommitter().idle();
  });

  /** What happens, in order: a commit, or that the committer is idle. */
  function watch(by: Committer) {
    const happened: string[] = [];
    const committed = answered('commitTransaction').then(() => happened.push('committed'));
    const idle = by.idle().then(() => happened.push('idle'));
    return { happened, bothHappened: Promise.all([committed, idle]) };
  }

  test('is when nothing waits any more and nothing is under way', async () => {
    const by = oneLane();
    const lane = await holdLane(by);
    const { student, assignment } = await givenClass();
    const submitted = submit(student, assignment, { by });
    const { happened, bothHappened } = watch(by);
    await lane.release();
    await bothHappened;
    expect(happened).toEqual(['committed', 'idle']);
    await submitted;
  });

  test('is not while those that failed pause before they go again', async () => {
    const by = oneLane();
    const { student, assignment } = await givenClass();
    stepInBefore({ target: StudentModel.collection, method: 'bulkWrite' }, () =>
      StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
    );
    const submitted = submit(student, assignment, { by });
    const { happened, bothHappened } = watch(by);
    await bothHappened;
    expect(happened).toEqual(['committed', 'idle']);
    await submitted;
  });

  test('leaves no timer behind that would keep the process alive', async () => {
    const deadlineMs = 54_321;
    const made = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    const by = createCommitter({ ...committerLimits, maxLanes: 1, deadlineMs, maxPending: 3 });
    const { student, assignment } = await givenClass();
    await Promise.allSettled([
      submit(student, assignment, { by }),
      submit(student, assignment, { by }),
      submit(student, new Types.ObjectId().toHexString(), { by }),
      submit(student, assignment, { by }),
      by.submit({ ...touch(), decide: brokenByTheTest }),
    ]);
    await by.idle();

    const deadlines = made.mock.results.flatMap(({ value }, call) =>
      made.mock.calls[call]?.[1] === deadlineMs ? [value] : [],
    );
    expect(deadlines).toHaveLength(3);
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(deadlines));
  });
});

function brokenByTheTest(): never {
  throw new Error('broken by the test');
}
