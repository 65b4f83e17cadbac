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
/** Five, the third of which is the victim. */
let everybody: Types.ObjectId[];
let victim: Types.ObjectId;

beforeEach(async () => {
  const given = await givenClass();
  by = oneLane();
  assignment = given.assignment;
  another = await givenAssignment(given.course);
  everybody = await Promise.all([1, 2, 3, 4, 5].map(() => givenStudent({ courseIds: [given.course._id] })));
  victim = everybody[2]!;
});

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * All hand in at once, in one group.
 * @param ofVictim what the victim's request has of its own
 * @param lurk is called when the group is complete and has not been read yet
 */
async function handInTogether(ofVictim: Parameters<typeof submit>[2] = {}, lurk = () => {}) {
  const outcomes = await settledTogether(by, () => {
    lurk();
    return everybody.map((student) => submit(student, assignment, { by, ...(student === victim && ofVictim) }));
  });
  return {
    victims: outcomes[2]!,
    neighbours: outcomes.filter((_, position) => position !== 2),
  };
}

type Outcome = Awaited<ReturnType<typeof handInTogether>>['victims'];

function outcomeOf(outcome: Outcome) {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** The others have got their own answers, and have been paid once. */
async function expectNeighboursPaid({ neighbours }: { readonly neighbours: readonly Outcome[] }): Promise<void> {
  for (const outcome of neighbours) {
    const { student, reward } = await expectPaid(outcomeOf(outcome));
    expect(await expectExactLedger(student._id)).toEqual([reward]);
  }
}

/** Somebody else does this, and only the student is read after it: for this a revision is no guard, but the indexes are. */
const betweenReads = (act: () => Promise<unknown>): void => stepInWithinReads(['session', 'reward'], act);

/** The reward of somebody else becomes the victim's, and the student knows nothing of it. */
async function plantReward(told: Partial<RewardRecord>): Promise<void> {
  const other = await givenClass();
  await submit(other.student, other.assignment);
  const row = await RewardModel.findOne({ studentId: other.student }).lean<RewardRecord>();
  await RewardModel.collection.insertOne({ ...row!, _id: new Types.ObjectId(), studentId: victim, ...told });
}

describe('a group, where somebody else', () => {
  test('writes to one of its students: that one is paid as well', async () => {
    const outcomes = await handInTogether({}, () => {
      stepInBefore({ target: students, method: 'bulkWrite' }, () =>
        students.updateOne({ _id: victim }, { $inc: { revision: 1 } }),
      );
    });
    await expectPaid(outcomeOf(outcomes.victims));
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('pays one of its students for the same: that one is a replay', async () => {
    let theirs: ReturnType<typeof submit> | undefined;
    const outcomes = await handInTogether({}, () => {
      betweenReads(() => {
        theirs = submit(victim, assignment, { by: elsewhere });
        return theirs;
      });
    });
    await expectReplay(outcomeOf(outcomes.victims), await theirs!);
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('pays one of its students under the same key: that one is refused', async () => {
    const outcomes = await handInTogether({ key: 'one' }, () => {
      betweenReads(() => submit(victim, another, { by: elsewhere, key: 'one' }));
    });
    expectRefused(outcomeOf(outcomes.victims), 'IDEMPOTENCY_KEY_REUSED');
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('takes another text of one of its students: that one is refused', async () => {
    const outcomes = await handInTogether({}, () => {
      betweenReads(() => submit(victim, assignment, { by: elsewhere, content: 'Another text.' }));
    });
    expectRefused(outcomeOf(outcomes.victims), 'ALREADY_SUBMITTED');
    expect(await expectExactLedger(victim)).toHaveLength(1);
    await expectNeighboursPaid(outcomes);
  });

  test('holds one of its students in a transaction: that one is told to try again', async () => {
    by = oneLane({ maxAttempts: 3 });
    const outcomes = await mongoose.connection.getClient().withSession(async (session) => {
      session.startTransaction();
      await students.updateOne({ _id: victim }, { $inc: { revision: 1 } }, { session });
      return handInTogether();
    });
    expect(outcomes.victims).toMatchObject({ reason: expect.any(Unavailable) });
    await expectNeighboursPaid(outcomes);
    await expectPaid(await submit(victim, assignment, { by }));
    expect(await expectExactLedger(victim)).toHaveLength(1);
  });

  test('wrote to the ledger past one of its students: that one is an error, and nothing is written', async () => {
    await plantReward({ sequence: 1 });
    const outcomes = await handInTogether();
    expect(outcomes.victims).toMatchObject({ reason: { code: 11_000 } });
    expect(await StudentModel.findById(victim).lean()).toMatchObject({ sequence: 0, revision: 0 });
    await expectNeighboursPaid(outcomes);
  });
});

describe('a group in which one', () => {
  test('is refused by the rules: that one is refused', async () => {
    await students.updateOne({ _id: victim }, { $set: { courseIds: [] } });
    const outcomes = await handInTogether();
    expectRefused(outcomeOf(outcomes.victims), 'NOT_FOUND');
    await expectNeighboursPaid(outcomes);
  });

  test('does not exist: that one is an error', async () => {
    await students.deleteOne({ _id: victim });
    const outcomes = await handInTogether();
    expect(outcomes.victims).toMatchObject({ reason: { message: `there is no student ${victim}` } });
    await expectNeighboursPaid(outcomes);
  });

  test('brings a document that the database refuses: that one is an error, and nothing is written', async () => {
    const { db } = mongoose.connection;
    await db!.command({ collMod: 'submissions', validator: { content: { $ne: 'poison' } } });
    const outcomes = await handInTogether({ content: 'poison' });
    await db!.command({ collMod: 'submissions', validator: {} });

    expect(outcomes.victims).toMatchObject({ reason: { code: 121 } });
    expect(await expectExactLedger(victim)).toEqual([]);
    await expectNeighboursPaid(outcomes);
  });

  test('brings a document larger than any may be: that one is an error, and nothing is written', async () => {
    const outcomes = await handInTogether({ content: 'x'.repeat(17 * 1024 * 1024) });
    expect(outcomes.victims).toMatchObject({ reason: expect.any(mongoose.mongo.MongoInvalidArgumentError) });
    expect(await expectExactLedger(victim)).toEqual([]);
    await expectNeighboursPaid(outcomes);
  });
});
