import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import type { Committer } from '../../src/granting/committer.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { stepInBefore, stepInWithinReads } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { elsewhere, givenAssignment, givenClass, givenStudent, submit } from '../support/given.js';
import { oneLane, settledTogether } from '../support/lanes.js';
import { expectPaid, expectRefused, expectReplay } from '../support/replays.js';

useDatabase();

const students = StudentModel.collection;

let by: Committer;
let assignment: AssignmentRecord;
let another: AssignmentRecord;
/** Five students. The third one is the victim. */
let allStudents: Types.ObjectId[];
let victim: Types.ObjectId;

beforeEach(async () => {
  const given = await givenClass();
  by = oneLane();
  assignment = given.assignment;
  another = await givenAssignment(given.course);
  allStudents = await Promise.all([1, 2, 3, 4, 5].map(() => givenStudent({ courseIds: [given.course._id] })));
  victim = allStudents[2]!;
});

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * Submits for all students at once, in one group.
 * @param ofVictim options of the victim's request only
 * @param beforeRead called when the group is complete and has not been read yet
 */
async function submitTogether(ofVictim: Parameters<typeof submit>[2] = {}, beforeRead = () => {}) {
  const outcomes = await settledTogether(by, () => {
    beforeRead();
    return allStudents.map((student) => submit(student, assignment, { by, ...(student === victim && ofVictim) }));
  });
  return {
    victims: outcomes[2]!,
    neighbours: outcomes.filter((_, position) => position !== 2),
  };
}

type Outcome = Awaited<ReturnType<typeof submitTogether>>['victims'];

function outcomeOf(outcome: Outcome) {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** Expects that the other students got their own answers and were paid once. */
async function expectNeighboursPaid({ neighbours }: { readonly neighbours: readonly Outcome[] }): Promise<void> {
  for (const outcome of neighbours) {
    const { student, reward } = await expectPaid(outcomeOf(outcome));
    expect(await expectExactLedger(student._id)).toEqual([reward]);
  }
}

/** Runs `act` so that only the student is read after it. The revision does not detect that, but the unique indexes do. */
const betweenReads = (act: () => Promise<unknown>): void => stepInWithinReads(['session', 'reward'], act);

/** Inserts another student's reward as a ledger row of the victim, without updating the victim's student. */
async function plantReward(fields: Partial<RewardRecord>): Promise<void> {
  const other = await givenClass();
  await submit(other.student, other.assignment);
  const row = await RewardModel.findOne({ studentId: other.student }).lean<RewardRecord>();
  await RewardModel.collection.insertOne({ ...row!, _id: new Types.ObjectId(), studentId: victim, ...fields });
}

describe('a group, when another client', () => {
  test('writes to one of its students: that student is paid too', async () => {
    const outcomes = await submitTogether({}, () => {
      stepInBefore('update students', () => students.updateOne({ _id: victim }, { $inc: { revision: 1 } }));
    });
    await expectPaid(outcomeOf(outcomes.victims));
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('pays one of its students for the same subject: that request is a replay', async () => {
    let otherSubmission: ReturnType<typeof submit> | undefined;
    const outcomes = await submitTogether({}, () => {
      betweenReads(() => {
        otherSubmission = submit(victim, assignment, { by: elsewhere });
        return otherSubmission;
      });
    });
    await expectReplay(outcomeOf(outcomes.victims), await otherSubmission!);
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('pays one more of its students before each retry: every request is a replay at its third attempt', async () => {
    by = oneLane({ maxAttempts: 3 });
    const others: ReturnType<typeof submit>[] = [];
    const payNext = async () => {
      const student = allStudents[others.length];
      if (!student) return;
      others.push(submit(student, assignment, { by: elsewhere }));
      await others.at(-1);
      betweenReads(payNext);
    };
    const { victims, neighbours } = await submitTogether({}, () => betweenReads(payNext));
    const answers = [...neighbours.slice(0, 2), victims, ...neighbours.slice(2)];
    for (const [position, answer] of answers.entries()) {
      await expectReplay(outcomeOf(answer), await others[position]!);
    }
  });

  test('pays one of its students under the same key: that request is refused', async () => {
    const outcomes = await submitTogether({ key: 'one' }, () => {
      betweenReads(() => submit(victim, another, { by: elsewhere, key: 'one' }));
    });
    expectRefused(outcomeOf(outcomes.victims), 'IDEMPOTENCY_KEY_REUSED');
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('pays one of its students for another text: that request is refused', async () => {
    const outcomes = await submitTogether({}, () => {
      betweenReads(() => submit(victim, assignment, { by: elsewhere, content: 'Another text.' }));
    });
    expectRefused(outcomeOf(outcomes.victims), 'ALREADY_SUBMITTED');
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('holds one of its students in an open transaction: that request is answered Unavailable', async () => {
    by = oneLane({ maxAttempts: 3 });
    const outcomes = await mongoose.connection.getClient().withSession(async (session) => {
      session.startTransaction();
      await students.updateOne({ _id: victim }, { $inc: { revision: 1 } }, { session });
      return submitTogether();
    });
    expect(outcomes.victims).toMatchObject({ reason: expect.any(Unavailable) });
    await expectNeighboursPaid(outcomes);
    await expectPaid(await submit(victim, assignment, { by }));
    expect(await expectExactLedger(victim)).toHaveLength(1);
  });

  test('wrote to the ledger without updating one of its students: that request fails and writes nothing', async () => {
    await plantReward({ sequence: 1 });
    const outcomes = await submitTogether();
    expect(outcomes.victims).toMatchObject({ reason: { code: 11_000 } });
    expect(await StudentModel.findById(victim).lean()).toMatchObject({ sequence: 0, revision: 0 });
    await expectNeighboursPaid(outcomes);
  });
});

describe('a group in which one request', () => {
  test('breaks a rule: only that request is refused', async () => {
    await students.updateOne({ _id: victim }, { $set: { courseIds: [] } });
    const outcomes = await submitTogether();
    expectRefused(outcomeOf(outcomes.victims), 'NOT_FOUND');
    await expectNeighboursPaid(outcomes);
  });

  test('is for a student who does not exist: only that request fails', async () => {
    await students.deleteOne({ _id: victim });
    const outcomes = await submitTogether();
    expect(outcomes.victims).toMatchObject({ reason: { message: `there is no student ${victim}` } });
    await expectNeighboursPaid(outcomes);
  });

  test('writes a document that the database rejects: only that request fails, and it writes nothing', async () => {
    const { db } = mongoose.connection;
    await db!.command({ collMod: 'submissions', validator: { content: { $ne: 'poison' } } });
    const outcomes = await submitTogether({ content: 'poison' });
    await db!.command({ collMod: 'submissions', validator: {} });

    expect(outcomes.victims).toMatchObject({ reason: { code: 121 } });
    expect(await expectExactLedger(victim)).toEqual([]);
    await expectNeighboursPaid(outcomes);
  });

  test('writes a document beyond the size limit: only that request fails, and it writes nothing', async () => {
    const outcomes = await submitTogether({ content: 'x'.repeat(17 * 1024 * 1024) });
    expect(outcomes.victims).toMatchObject({ reason: { code: 'ERR_OUT_OF_RANGE' } });
    expect(await expectExactLedger(victim)).toEqual([]);
    await expectNeighboursPaid(outcomes);
  });
});
