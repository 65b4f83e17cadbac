import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import { type Committer, committerLimits, createCommitter, type GroupAttempt } from '../../src/granting/committer.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { begun } from '../support/client.js';
import { commandsOf, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenAssignment, givenClass, givenStudent, submit } from '../support/given.js';
import { holdLane, oneLane, touch } from '../support/lanes.js';
import { expectPaid } from '../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** The numbers from 0 to count - 1. */
const times = (count: number) => Array.from({ length: count }, (_, position) => position);

const unavailable = { status: 'rejected', reason: expect.any(Unavailable) };

describe('a student who sends 5,000 requests at once', () => {
  test('gets maxPendingPerStudent answers, and the other students are not affected', async () => {
    const by = createCommitter();
    const { course, student: hot, assignment } = await givenClass();
    const others = await Promise.all(times(10).map(() => givenStudent({ courseIds: [course._id] })));

    const [ofHot, ofOthers] = await Promise.all([
      Promise.allSettled(times(5_000).map(() => submit(hot, assignment, { by }))),
      Promise.all(others.map((other) => submit(other, assignment, { by }))),
    ]);

    const refused = ofHot.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(5_000 - committerLimits.maxPendingPerStudent);
    expect(refused).toEqual(refused.map(() => unavailable));
    expect(await expectExactLedger(hot)).toHaveLength(1);
    expect(ofOthers).toMatchObject(others.map(() => ({ replayed: false })));
    for (const other of others) expect(await expectExactLedger(other)).toHaveLength(1);
  });

  test('leaves room in each group for requests that arrived later', async () => {
    const by = oneLane({ maxGroupSize: 4, maxGroupSizePerStudent: 2 });
    const [hot, second, third, fourth] = await Promise.all(times(4).map(() => givenStudent()));
    const lane = await holdLane(by);
    const order: string[] = [];
    const send = (name: string, student: Types.ObjectId) =>
      by.submit<void>(touch(student)).then(() => order.push(name));
    const answers = [
      ...times(6).map(() => send('hot', hot!)),
      send('second', second!),
      send('third', third!),
      send('fourth', fourth!),
    ];
    await lane.release();
    await Promise.all(answers);
    expect(order).toEqual(['hot', 'hot', 'second', 'third', 'fourth', 'hot', 'hot', 'hot', 'hot']);
  });
});

describe('a request beyond the limit', () => {
  test('of all pending requests is rejected immediately, and accepted again after the others finished', async () => {
    const holderRequests = 1;
    const by = oneLane({ maxPending: 3 + holderRequests });
    const { course, assignment } = await givenClass();
    const students = await Promise.all(times(4).map(() => givenStudent({ courseIds: [course._id] })));
    const lane = await holdLane(by);
    const waiting = Promise.all(students.slice(0, 3).map((student) => submit(student, assignment, { by })));
    await expect(submit(students[3]!, assignment, { by })).rejects.toThrow(Unavailable);

    await lane.release();
    await waiting;
    await expectPaid(await submit(students[3]!, assignment, { by }));
  });

  test('of one student is rejected immediately, and all other requests are unaffected', async () => {
    const by = oneLane({ maxPendingPerStudent: 2 });
    const { course, student, assignment } = await givenClass();
    const another = await givenStudent({ courseIds: [course._id] });
    const lane = await holdLane(by);
    const waiting = Promise.all([1, 2].map(() => submit(student, assignment, { by })));
    await expect(submit(student, assignment, { by })).rejects.toThrow(Unavailable);
    const others = submit(another, assignment, { by });

    await lane.release();
    expect(await waiting).toMatchObject([{ replayed: false }, { replayed: true }]);
    await expectPaid(await others);
  });
});

/** Two requests that wait for the only lane and then share a group. The deadline of the early one comes first. */
async function givenTwoDeadlines(by: Committer, deadlineMs: number) {
  const { course, student: early, assignment } = await givenClass();
  const late = await givenStudent({ courseIds: [course._id] });
  const lane = await holdLane(by);
  const ofEarly = submit(early, assignment, { by }).catch((error: unknown) => error);
  await sleep(deadlineMs / 2);
  const ofLate = submit(late, assignment, { by });
  return { early, late, assignment, ofEarly, ofLate, lane };
}

describe('at its deadline, a request', () => {
  test('that waits for a blocked lane is answered Unavailable and not tried any more, and a repeat is paid once', async () => {
    const by = oneLane({ deadlineMs: 300 });
    const { course, student: first, assignment } = await givenClass();
    const second = await givenStudent({ courseIds: [course._id] });
    await database.failCommand({ failCommands: ['update'], blockConnection: true, blockTimeMS: 1_000 });

    const inFlight = begun('update');
    const ofFirst = submit(first, assignment, { by });
    await inFlight;
    const outcomes = Promise.allSettled([ofFirst, submit(second, assignment, { by })]);
    expect(await outcomes).toEqual([unavailable, unavailable]);
    const { reads } = await commandsOf(() => by.idle());
    expect(reads).toEqual([]);
    expect(await expectExactLedger(second)).toEqual([]);

    for (const student of [first, second]) {
      expect(await submit(student, assignment)).toMatchObject({ kind: 'submitted' });
      expect(await expectExactLedger(student)).toHaveLength(1);
    }
  });

  test('that is in flight is answered Unavailable, and only the other requests of its group are retried', async () => {
    const deadlineMs = 3_000;
    const by = oneLane({ deadlineMs });
    const { early, late, assignment, ofEarly, ofLate, lane } = await givenTwoDeadlines(by, deadlineMs);
    stepInBefore('update students', async () => {
      expect(await ofEarly).toBeInstanceOf(Unavailable);
      await StudentModel.collection.updateOne({ _id: late }, { $inc: { revision: 1 } });
    });
    await lane.release();

    await expectPaid(await ofLate);
    await by.idle();
    expect(await expectExactLedger(early)).toEqual([]);
    await expectPaid(await submit(early, assignment, { by }));
  });

  test('does not end the transaction of the others in its group, even if the driver runs that again afterwards', async () => {
    const attempts: GroupAttempt[] = [];
    const deadlineMs = 3_000;
    const by = oneLane({ deadlineMs }, (attempt) => attempts.push(attempt));
    const { ofEarly, ofLate, lane } = await givenTwoDeadlines(by, deadlineMs);
    stepInBefore('update students', async () => {
      expect(await ofEarly).toBeInstanceOf(Unavailable);
      const transient = new mongoose.mongo.MongoServerError({ message: 'planted by the test', code: 112 });
      transient.addErrorLabel('TransientTransactionError');
      throw transient;
    });
    await lane.release();

    await expectPaid(await ofLate);
    expect(attempts.slice(1)).toEqual([{ size: 2, attempts: 1, outcome: 'committed' }]);
  });

  test('that pauses before a retry is answered Unavailable and not tried again', async () => {
    const by = oneLane({ deadlineMs: 1_500 });
    const { student, assignment } = await givenClass();
    // The first pause is four milliseconds times this random number: it ends long after the deadline.
    jest.spyOn(Math, 'random').mockReturnValue(1_000);
    stepInBefore('update students', () =>
      StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
    );
    const { reads } = await commandsOf(async () => {
      await expect(submit(student, assignment, { by })).rejects.toThrow(Unavailable);
      await by.idle();
    });
    expect(reads).toEqual(['aggregate students', 'update students']);
    expect(by.load()).toEqual({ waiting: 0, inFlight: 0, oldestMs: 0 });
    jest.restoreAllMocks();
    expect(await expectExactLedger(student)).toEqual([]);
    await expectPaid(await submit(student, assignment, { by }));
  });
});

describe('the committer is idle', () => {
  test('only after the last request in flight, although none waits any more', async () => {
    const by = createCommitter({ ...committerLimits, maxLanes: 2 });
    const lane = await holdLane(by);
    const events: string[] = [];
    const idle = by.idle().then(() => events.push('idle'));
    expect(by.load()).toMatchObject({ waiting: 0, inFlight: 1 });
    // A group that starts and ends meanwhile, so that the committer looks again whether it is idle.
    const slow = committerLimits.slowTransactionMs;
    await sleep(2 * slow);
    await by.submit<void>(touch((await givenClass()).student));
    events.push('released');
    await lane.release();
    await idle;
    expect(events).toEqual(['released', 'idle']);
    expect(by.load()).toEqual({ waiting: 0, inFlight: 0, oldestMs: 0 });
  });
});

describe('maxAttempts', () => {
  test('when reached, leaves the request unpaid, and a repeat pays it', async () => {
    const by = oneLane({ maxAttempts: 3 });
    const { student, assignment } = await givenClass();
    const conflicts = await database.failCommand({
      failCommands: ['update'],
      mode: 'alwaysOn',
      errorCode: 112,
      errorLabels: ['TransientTransactionError'],
    });
    const { reads, transactions } = await commandsOf(async () => {
      await expect(submit(student, assignment, { by })).rejects.toThrow(Unavailable);
    });
    expect(reads.filter((read) => read === 'aggregate students')).toHaveLength(3);
    expect(transactions.filter(([command]) => command === 'update students')).toHaveLength(9);
    await conflicts.off();

    await expectPaid(await submit(student, assignment, { by }));
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('counts per request: a request that joins a retried group has all its own attempts', async () => {
    const attempts: GroupAttempt[] = [];
    const by = oneLane({ maxAttempts: 2 }, (attempt) => attempts.push(attempt));
    const { course, student, assignment } = await givenClass();
    const another = await givenAssignment(course);
    const bump = () => StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } });
    let second: ReturnType<typeof submit> | undefined;
    const update = 'update students';
    stepInBefore(update, async () => {
      stepInBefore(update, bump);
      second = submit(student, another, { by });
      await bump();
    });

    await expect(submit(student, assignment, { by })).rejects.toThrow(Unavailable);
    await expectPaid(await second!);
    expect(await expectExactLedger(student)).toHaveLength(1);
    expect(attempts).toEqual([
      { size: 1, attempts: 1, outcome: 'conflict' },
      { size: 2, attempts: 2, outcome: 'conflict' },
      { size: 1, attempts: 2, outcome: 'committed' },
    ]);
  });
});
