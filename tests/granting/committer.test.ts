import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { type Committer, committerLimits, createCommitter, type GroupAttempt } from '../../src/granting/committer.js';
import { latestElection } from '../../src/storage/connect.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { later, minute, noon } from '../rewards/given.js';
import {
  answered,
  commandsOf,
  documentsOf,
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

/** The numbers from 0 to count - 1. */
const times = (count: number) => Array.from({ length: count }, (_, position) => position);

const readCommands = ['aggregate students'];
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

test('a grant is acknowledged when a majority of the set has it in their journals', async () => {
  const { student, assignment } = await givenClass();
  const commands = await documentsOf(() => submit(student, assignment));
  const commits = commands.filter((command) => 'commitTransaction' in command);
  expect(commits).toHaveLength(1);
  expect(commits[0]).toMatchObject({ writeConcern: { w: 'majority', j: true } });
});

describe('the commands sent for', () => {
  test('a submission', async () => {
    const { student, assignment } = await givenClass();
    const sent = await commandsOf(() => submit(student, assignment, { key: 'one' }));
    expect(sent).toEqual({ reads: readCommands, transactions: [submitting] });
  });

  test('the end of a session', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const sent = await commandsOf(() => end(student, session, { key: 'one' }));
    expect(sent).toEqual({ reads: readCommands, transactions: [ending] });
  });

  test('the end of a session without a reward', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const sent = await commandsOf(() => end(student, session, { at: later(noon, minute) }));
    expect(sent).toEqual({
      reads: readCommands,
      transactions: [['update students', 'insert pomodoro_sessions', 'commitTransaction']],
    });
  });

  test('the start of a session', async () => {
    const student = await givenStudent();
    const sent = await commandsOf(() => start(student));
    expect(sent).toEqual({ reads: readCommands, transactions: [['update students', 'commitTransaction']] });
  });

  test('a submission that also records an expired session', async () => {
    const { student, assignment } = await givenClass();
    await givenRunning(student, { at: later(noon, -24 * 60 * minute) });
    const sent = await commandsOf(() => submit(student, assignment));
    expect(sent).toEqual({
      reads: readCommands,
      transactions: [
        ['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards', 'commitTransaction'],
      ],
    });
  });

  test('a replay', async () => {
    const { student, assignment } = await givenClass();
    await submit(student, assignment);
    const sent = await commandsOf(() => submit(student, assignment));
    expect(sent).toEqual({ reads: readCommands, transactions: [] });
  });

  test('a refusal', async () => {
    const { student, assignment } = await givenClass({ closesAt: noon });
    const sent = await commandsOf(() => submit(student, assignment, { at: later(noon, 1) }));
    expect(sent).toEqual({ reads: readCommands, transactions: [] });
  });

  test('a submission that another process pays between the reads: it aborts at the duplicate key and reads again', async () => {
    const { student, assignment } = await givenClass();
    stepInWithinReads(['reward'], () => submit(student, assignment, { by: elsewhere }));
    const { transactions } = await commandsOf(() => submit(student, assignment));
    expect(transactions).toEqual([submitting, ['update students', 'insert submissions', 'abortTransaction']]);
  });

  test('a submission whose student another process writes to: it aborts at the student and starts over', async () => {
    const { student, assignment } = await givenClass();
    stepInBefore('update students', () =>
      StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
    );
    const { transactions } = await commandsOf(() => submit(student, assignment));
    expect(transactions).toEqual([['update students', 'abortTransaction'], submitting]);
  });

  test('a start that joins the running session', async () => {
    const student = await givenStudent();
    await givenRunning(student);
    const sent = await commandsOf(() => start(student));
    expect(sent).toEqual({ reads: readCommands, transactions: [['update students', 'commitTransaction']] });
  });
});

test('a grant writes only the changed fields of a student', async () => {
  const { course, student, assignment } = await givenClass();
  await submit(student, assignment);
  const another = await givenAssignment(course);
  const commands = await documentsOf(() => submit(student, another, { at: later(noon, minute) }));
  const [update, ...more] = commands.filter((command) => 'update' in command);
  expect(more).toEqual([]);
  expect(Object.keys(update!.updates[0].u.$set).sort()).toEqual([
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
  test('of 16 submissions that arrive together needs no more commands than a single one', async () => {
    const { assignment, students } = await givenStudentsOfOneClass(16);
    const sent = await commandsOf(() => Promise.all(students.map((student) => submit(student, assignment))));
    expect(sent).toEqual({ reads: readCommands, transactions: [submitting] });
    for (const student of students) expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('with idempotency keys needs no more commands than without', async () => {
    const { assignment, students } = await givenStudentsOfOneClass(16);
    const sent = await commandsOf(() =>
      Promise.all(students.map((student, position) => submit(student, assignment, { key: `key ${position}` }))),
    );
    expect(sent).toEqual({ reads: readCommands, transactions: [submitting] });
  });

  test('collects the requests that arrive during a transaction, if they are too few for an extra lane', async () => {
    const by = createCommitter();
    const { assignment, students } = await givenStudentsOfOneClass(committerLimits.minWaitingForExtraLane - 1);
    const lane = await holdLane(by);
    const sending = commandsOf(() => Promise.all(students.map((student) => submit(student, assignment, { by }))));
    await lane.release();
    expect(await sending).toEqual({ reads: readCommands, transactions: [submitting] });
  });

  test('large enough for an extra lane does not wait for the transaction in flight', async () => {
    const by = createCommitter();
    const { assignment, students } = await givenStudentsOfOneClass(committerLimits.minWaitingForExtraLane);
    const lane = await holdLane(by);
    await Promise.all(students.map((student) => submit(student, assignment, { by })));
    await lane.release();
  });

  test('of submissions and ends of sessions needs one command per collection', async () => {
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

describe('a single request', () => {
  /** Runs everything that needs no timer and no reply of the database. */
  async function runPendingCallbacks(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const _ of times(100)) await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  test('is sent in the same turn of the event loop if a lane is free', async () => {
    const { student, assignment, course } = await givenClass();
    // Opens the connections.
    await submit(student, await givenAssignment(course));
    const { sent, stop } = watchCommands();
    const submitted = submit(student, assignment);
    await runPendingCallbacks();
    stop();
    expect(sent.map(({ text }) => text).sort()).toEqual(readCommands);
    await submitted;
  });

  test('stops waiting for a transaction in flight once that transaction is slow', async () => {
    const by = createCommitter();
    const { student, assignment } = await givenClass();
    const lane = await holdLane(by);
    await submit(student, assignment, { by });
    await lane.release();
  });

  test('is not sent while slow transactions occupy all lanes', async () => {
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

test('a read is no older than the last write acknowledged before the latest election', async () => {
  const { student, assignment } = await givenClass();
  const concerns = await readConcernsOf(() => submit(student, assignment));
  const { lastWrite } = await mongoose.connection.getClient().db('admin').command({ hello: 1 });
  expect(latestElection()?.lastWrite.lessThanOrEqual(lastWrite.opTime.ts)).toBe(true);
  expect(concerns).toEqual([{ level: 'majority', afterClusterTime: latestElection()?.lastWrite }]);
});

test('the read of a retry is no older than the write on which its transaction failed, even if a majority lacks that write', async () => {
  const { student, assignment } = await givenClass();
  stepInBefore('update students', () => StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }));
  const sent = jest.spyOn(mongoose.mongo.Db.prototype, 'command');
  const concerns = await readConcernsOf(() => submit(student, assignment));
  const updates = sent.mock.calls.filter(([command]) => 'update' in command);
  const failedAt = updates[0]![1]!.session!.operationTime!;
  expect([updates.length, concerns.length]).toEqual([2, 2]);
  expect(concerns[1]!.afterClusterTime.greaterThanOrEqual(failedAt)).toBe(true);
});

test('the read of a retry does not wait for a write of a former primary', async () => {
  const { student, assignment } = await givenClass();
  const { id, lastWrite } = latestElection()!;
  const client = mongoose.connection.getClient();
  stepInBefore('update students', async () => {
    await StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } });
    const hello = await client.db('admin').command({ hello: 1 });
    // The new primary has nothing of what the former one did lately.
    const electionId = new mongoose.mongo.ObjectId((BigInt(`0x${id}`) + 1n).toString(16));
    const reply = { ...hello, electionId, lastWrite: { opTime: { ts: lastWrite } } };
    client.emit('serverHeartbeatSucceeded', { reply } as unknown as mongoose.mongo.ServerHeartbeatSucceededEvent);
  });
  const concerns = await readConcernsOf(() => submit(student, assignment));
  const concern = { level: 'majority', afterClusterTime: lastWrite };
  expect(concerns).toEqual([concern, concern]);
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

  test('are paid in the order of arrival even if one of them fails and the others are retried', async () => {
    const by = oneLane();
    const { course, student } = await givenClass();
    const assignments = await Promise.all(times(8).map(() => givenAssignment(course)));
    const submitEach = (some: readonly AssignmentRecord[]) => some.map((each) => submit(student, each, { by }));
    const outcomes = await settledTogether<unknown>(by, () => [
      ...submitEach(assignments.slice(0, 4)),
      by.submit({ ...touch(student), decide: failByTest }),
      ...submitEach(assignments.slice(4)),
    ]);

    expect(outcomes[4]).toMatchObject({ reason: { message: 'broken by the test' } });
    const rows = await expectExactLedger(student);
    expect(rows.map(({ subject }) => subject.id)).toEqual(assignments.map(({ _id }) => _id));
  });

  test('are paid before requests that arrive while they are in flight, even if they are retried', async () => {
    const by = oneLane();
    const { course, student, assignment: last } = await givenClass();
    const assignments = await Promise.all(times(4).map(() => givenAssignment(course)));
    let late: ReturnType<typeof submit> | undefined;
    stepInBefore('update students', async () => {
      late = submit(student, last, { by });
      await StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } });
    });
    await together(by, () => assignments.map((assignment) => submit(student, assignment, { by })));

    await late;
    const rows = await expectExactLedger(student);
    expect(rows.map(({ subject }) => subject.id)).toEqual([...assignments, last].map(({ _id }) => _id));
  });

  test('are all answered with the student after the whole group', async () => {
    const by = oneLane();
    const { course, student, assignment } = await givenClass();
    const another = await givenAssignment(course);
    const outcomes = await together(by, () => [submit(student, assignment, { by }), submit(student, another, { by })]);

    const stored = await storedStudent(student);
    expect(outcomes).toMatchObject([{ student: stored }, { student: stored }]);
  });

  test('for the same submission are paid once, and the others are replays', async () => {
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

  test('for the same end of a session are paid once, and the others are replays', async () => {
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

  test('with one key for two assignments are paid once and refused once', async () => {
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

  test('with one key for two different operations are both paid', async () => {
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

  test('may end a session, start the next one, and join it', async () => {
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

  test('that end an expired session are all answered EXPIRED', async () => {
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

test("a group stays together if one of its many requests names another student's ended session", async () => {
  const attempts: GroupAttempt[] = [];
  const by = oneLane({}, (attempt) => attempts.push(attempt));
  const students = await Promise.all(times(9).map(() => givenStudent()));
  const [owner, other] = [students[0]!, students[8]!];
  const ended = await givenRunning(owner, { at: later(noon, -60 * minute) });
  await end(owner, ended, { at: later(noon, -30 * minute) });
  const sessions = await Promise.all(students.map((student) => givenRunning(student)));
  const outcomes = await together<{ kind: string }>(by, () => [
    ...sessions.slice(0, 8).map((session, position) => end(students[position]!, session, { by })),
    end(other, ended, { by }),
  ]);

  expect(outcomes.slice(0, 8)).toMatchObject(times(8).map(() => ({ replayed: false })));
  expectRefused(outcomes[8]!, 'NOT_FOUND');
  expect(attempts.filter(({ size }) => size > 1)).toMatchObject([{ size: 9, outcome: 'committed' }]);
});

describe('idle', () => {
  test('resolves immediately if there is nothing to do', async () => {
    await createCommitter().idle();
  });

  /** Records the order of two events: a commit, and the committer becoming idle. */
  function watch(by: Committer) {
    const events: string[] = [];
    const committed = answered('commitTransaction').then(() => events.push('committed'));
    const idle = by.idle().then(() => events.push('idle'));
    return { events, bothEvents: Promise.all([committed, idle]) };
  }

  test('resolves when nothing waits and nothing is in flight', async () => {
    const by = oneLane();
    const lane = await holdLane(by);
    const { student, assignment } = await givenClass();
    const submitted = submit(student, assignment, { by });
    const { events, bothEvents } = watch(by);
    await lane.release();
    await bothEvents;
    expect(events).toEqual(['committed', 'idle']);
    await submitted;
  });

  test('does not resolve while failed requests pause before a retry', async () => {
    const by = oneLane();
    const { student, assignment } = await givenClass();
    stepInBefore('update students', () =>
      StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
    );
    const submitted = submit(student, assignment, { by });
    const { events, bothEvents } = watch(by);
    await bothEvents;
    expect(events).toEqual(['committed', 'idle']);
    await submitted;
  });

  test('resolves without leaving a timer that keeps the process alive', async () => {
    const deadlineMs = 54_321;
    const set = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    const by = createCommitter({ ...committerLimits, maxLanes: 1, deadlineMs, maxPending: 3 });
    const { student, assignment } = await givenClass();
    await Promise.allSettled([
      submit(student, assignment, { by }),
      submit(student, assignment, { by }),
      submit(student, new Types.ObjectId().toHexString(), { by }),
      submit(student, assignment, { by }),
      by.submit({ ...touch(), decide: failByTest }),
    ]);
    await by.idle();

    const deadlines = set.mock.results.flatMap(({ value }, call) =>
      set.mock.calls[call]?.[1] === deadlineMs ? [value] : [],
    );
    expect(deadlines).toHaveLength(3);
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(deadlines));
  });
});

function failByTest(): never {
  throw new Error('broken by the test');
}
