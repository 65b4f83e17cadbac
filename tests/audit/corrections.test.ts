import { beforeEach, describe, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import type { Drift } from '../../src/audit/drift.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import { prepareCollections } from '../../src/storage/collections.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { ManualActModel, type ManualActRecord } from '../../src/storage/models/manual-act.js';
import { type ManualOperation, RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { givenAccount } from '../support/accounts.js';
import {
  admin,
  type ByHand,
  bonus,
  bonuses,
  discard,
  extend,
  grade,
  restore,
  revoke,
  teacherOf,
} from '../support/by-hand.js';
import { type Snapshot, useDatabase } from '../support/database.js';
import { focus, givenAssignment, givenCourse, givenStudent, submit } from '../support/given.js';

const { EJSON } = mongoose.mongo.BSON;
const database = useDatabase();

let course: CourseRecord;
let student: Types.ObjectId;
let early: AssignmentRecord;
let late: AssignmentRecord;

beforeEach(async () => {
  await database.empty();
  await givenAccount('ADMIN', admin.accountId);
  course = await givenCourse({ teacherId: await givenAccount('TEACHER') });
  early = await givenAssignment(course, { dueDate: later(noon, 3 * day) });
  late = await givenAssignment(course, { dueDate: later(noon, -2 * day), closesAt: later(noon, 30 * day) });
  student = await givenStudent({ _id: await givenAccount('STUDENT'), courseIds: [course._id] });
});

async function drifts(): Promise<Drift[]> {
  const found: Drift[] = [];
  await verifyDatabase((drift) => found.push(drift));
  return found;
}

const fields = async () => (await drifts()).map(({ field }) => field);

const submissionOf = async (assignment: AssignmentRecord): Promise<SubmissionRecord> =>
  (await SubmissionModel.findOne({ assignmentId: assignment._id, studentId: student })
    .sort({ submittedAt: -1 })
    .lean<SubmissionRecord>())!;

const rowOf = async (sequence: number): Promise<RewardRecord> =>
  (await RewardModel.findOne({ studentId: student, sequence }).lean<RewardRecord>())!;

/** Each act at least once, over several days, so that levels and badges come and go. */
async function givenHistory(): Promise<void> {
  const by = (hours: number, more: ByHand = {}) => ({
    teacher: teacherOf(course),
    at: later(noon, hours * hour),
    ...more,
  });
  await submit(student, early, { at: noon });
  await submit(student, late, { at: later(noon, minute) });
  await focus(student, 60, { from: later(noon, hour) });
  await bonus(student, course, 300, by(3));
  await grade((await submissionOf(early))._id, 81, { ...by(4), feedback: 'Good.' });
  await grade((await submissionOf(early))._id, 40, by(5));
  await revoke(await rowOf(3), by(6, { teacher: admin }));
  await extend(student, late, { dueDate: later(noon, day) }, by(7));
  await focus(student, 30, { from: later(noon, day) });
  await discard((await submissionOf(early))._id, by(26));
  await submit(student, early, { content: 'The right file.', at: later(noon, 27 * hour) });
  await restore(await rowOf(3), by(28, { teacher: admin }));
  await bonuses(null, course, 10, by(29));
  await bonuses(null, await givenCourse({ teacherId: course.teacherId }), 10, by(29));
  await extend(student, late, null, by(30));
  await revoke(await rowOf(4), by(31));
  await focus(student, 25, { from: later(noon, 2 * day) });
}

test('a history with every act has no drift', async () => {
  await givenHistory();
  expect(await drifts()).toEqual([]);
  const kinds = await RewardModel.distinct('action.kind');
  expect(kinds).toHaveLength(8);
  expect(await ManualActModel.distinct('operation')).toHaveLength(7);
});

test('an act on many students keeps the ids that it was sent, also those of nobody and of its own teacher', async () => {
  const teacher = teacherOf(course);
  const nobody = [new Types.ObjectId(), new Types.ObjectId(), course.teacherId];
  await bonuses([...nobody, student], course, 10, { teacher });
  await bonuses(nobody, course, 10, { teacher });
  expect(await RewardModel.countDocuments()).toBe(1);
  expect(await drifts()).toEqual([]);
});

const newId = new Types.ObjectId();
const ofRow = (sequence: number, $set: object) => RewardModel.updateOne({ studentId: student, sequence }, { $set });
const ofAct = (filter: object, $set: object) => ManualActModel.updateOne(filter, { $set });
const actIdOf = async (operation: ManualOperation) =>
  (await ManualActModel.findOne({ operation }).sort({ at: 1, _id: 1 }))!._id;

/** Row 7 is the revocation of the session; row 13 restores it. */
/** Inserts an act on many students that paid nobody. */
const insertIdleAct = async (changes: object) => {
  const act = (await ManualActModel.findOne({ operation: 'grantBonuses' }).lean<ManualActRecord>())!;
  return ManualActModel.collection.insertOne({ ...act, _id: newId, requestKey: 'another', ...changes } as never);
};

const faults: readonly { fault: string; names: () => Promise<string>; plant: () => Promise<unknown> }[] = [
  {
    fault: 'a correction without its row',
    names: async () => `manual_acts[${await actIdOf('grantBonus')}].rewardIds[0]`,
    plant: () => RewardModel.deleteOne({ studentId: student, reason: 'BONUS', operation: 'grantBonus' }),
  },
  {
    fault: 'a correction of a row that does not exist',
    names: async () => 'rewards[7].action',
    plant: () => ofRow(7, { 'action.sequence': 40 }),
  },
  {
    fault: 'a correction of a correction',
    names: async () => 'rewards[13].action',
    plant: () => ofRow(13, { 'action.sequence': 7 }),
  },
  {
    fault: 'two corrections of one moment',
    names: async () => 'rewards[13].subject.id',
    plant: async () => {
      // The database itself accepts only one of the two.
      await RewardModel.collection.dropIndex('studentId_1_subject.kind_1_subject.id_1');
      return ofRow(13, { 'subject.id': (await rowOf(3))._id });
    },
  },
  {
    fault: 'a worth that the API would show',
    names: async () => 'rewards[7].worth',
    plant: () => ofRow(7, { worth: 60 }),
  },
  {
    fault: 'a correction of another row',
    names: async () => 'rewards[7].corrects',
    plant: () => ofRow(7, { corrects: newId }),
  },
  {
    fault: 'a row with a worth of its own',
    names: async () => 'rewards[1].worth',
    plant: () => ofRow(1, { worth: 5 }),
  },
  {
    fault: 'a lost badge that was held',
    names: async () => 'rewards[7].lostBadges[0]',
    plant: () => ofRow(7, { lostBadges: [] }),
  },
  {
    fault: 'a correction of another day',
    names: async () => 'rewards[7].action.localDate',
    plant: () => ofRow(7, { localDate: '2026-03-12', 'action.localDate': '2026-03-12' }),
  },
  {
    fault: 'no seconds taken back',
    names: async () => 'rewards[7].action.focusedSeconds',
    plant: () => RewardModel.updateOne({ studentId: student, sequence: 7 }, { $unset: { 'action.focusedSeconds': 1 } }),
  },
  {
    fault: 'a request key in a manual row',
    names: async () => 'rewards[4].requestKey',
    plant: () => ofRow(4, { requestKey: 'key' }),
  },
  {
    fault: 'a student as the actor',
    names: async () => 'rewards[4].actorId',
    plant: () => ofRow(4, { actorId: student }),
  },
  {
    fault: 'an act without its effect',
    names: async () => `manual_acts[${await actIdOf('revokeReward')}].rewardIds`,
    plant: () => ofAct({ operation: 'revokeReward' }, { rewardIds: [] }),
  },
  {
    fault: 'a row without its act',
    names: async () => 'rewards[7]._id',
    plant: async () => ManualActModel.deleteOne({ rewardIds: (await rowOf(7))._id }),
  },
  {
    fault: 'an act of another account',
    names: async () => `manual_acts[${await actIdOf('grantBonus')}].actorId`,
    plant: async () => {
      await ofRow(4, { actorId: newId });
      return ofAct({ operation: 'grantBonus' }, { actorId: newId });
    },
  },
  {
    fault: 'an act on one student who does not exist',
    names: async () => `manual_acts[${await actIdOf('gradeSubmission')}].studentIds`,
    plant: () => ofAct({ operation: 'gradeSubmission' }, { studentIds: [newId] }),
  },
  {
    fault: 'an act on many students that names another instead of one whom it paid',
    names: async () => 'rewards[14].subject.id',
    plant: () => ofAct({ operation: 'grantBonuses' }, { studentIds: [newId] }),
  },
  {
    fault: 'an act on many students, none of whom exists, with a note that is no text',
    names: async () => `manual_acts[${newId}].note`,
    plant: () => insertIdleAct({ studentIds: [course.teacherId, newId], note: 5 }),
  },
  {
    fault: 'an act on many students that paid nobody, without a note',
    names: async () => `manual_acts[${newId}].note`,
    plant: async () => {
      await insertIdleAct({});
      return ManualActModel.collection.updateOne({ _id: newId }, { $unset: { note: 1 } });
    },
  },
  {
    fault: 'an act on nobody with a note that is no text',
    names: async () => `manual_acts[${newId}].note`,
    plant: () => insertIdleAct({ studentIds: [], note: 5 }),
  },
  {
    fault: 'an act on many students that names none in a list',
    names: async () => `manual_acts[${newId}].studentIds`,
    plant: () => insertIdleAct({ studentIds: 'everybody' }),
  },
  {
    fault: 'an extension that no act gave',
    names: async () => 'extensions[0]',
    plant: () =>
      StudentModel.updateOne(
        { _id: student },
        { $set: { extensions: [{ assignmentId: early._id, dueDate: noon, closesAt: null, note: 'x' }] } },
      ),
  },
  {
    fault: 'a submission that may be made again',
    names: async () => 'resubmissions[1]',
    plant: () =>
      StudentModel.updateOne(
        { _id: student },
        { $push: { resubmissions: { assignmentId: late._id, replaces: newId } } },
      ),
  },
  ...(['discardedAt', 'gradedAt', 'grade', 'feedback'] as const).map((field) => ({
    fault: `a submission without its ${field}`,
    names: async () => (await submissionWith(field)).path,
    plant: async () => {
      const { _id } = await submissionWith(field);
      return SubmissionModel.updateOne({ _id }, { $unset: { [field]: 1 } });
    },
  })),
  {
    fault: 'a submission that an extension made on time and is late',
    names: async () => `submissions[${(await submissionOf(late))._id}].late`,
    plant: () => SubmissionModel.updateOne({ assignmentId: late._id }, { late: true }),
  },
];

async function submissionWith(field: string) {
  const { _id } = (await SubmissionModel.findOne({ studentId: student, [field]: { $exists: true } }))!;
  return { _id, path: `submissions[${_id}].${field}` };
}

test('each fault by hand is named', async () => {
  await givenHistory();
  const before = await database.snapshot();
  for (const { fault, names, plant } of faults) {
    const named = await names();
    expect(await plant()).toMatchObject({ acknowledged: true });
    expect({ fault, fields: await fields() }).toEqual({ fault, fields: expect.arrayContaining([named]) });
    await restoreAll(before);
  }
  await prepareCollections();
  expect(await drifts()).toEqual([]);
});

/** Puts back what the corruption changed. */
async function restoreAll(before: Snapshot): Promise<void> {
  for (const model of [StudentModel, RewardModel, SubmissionModel, ManualActModel]) {
    await model.collection.deleteMany({});
    await model.collection.insertMany(
      before[model.collection.name]!.map((each) => EJSON.deserialize(each as object)) as never,
    );
  }
}

const saysOf = async (sequence: number) =>
  (await drifts()).find(({ field }) => field === `rewards[${sequence}].action`)?.derived;

describe('a correction that changes nothing says what it lacks', () => {
  const by = (hours: number) => ({ teacher: teacherOf(course), at: later(noon, hours * hour) });
  const asRevocation = { 'action.kind': 'RewardRevoked', reason: 'REVOCATION' };

  test('a reward that is revoked twice', async () => {
    await submit(student, early);
    await revoke(await rowOf(1), by(1));
    await restore(await rowOf(1), by(2));
    expect(await drifts()).toEqual([]);
    await ofRow(3, asRevocation);
    expect(await saysOf(3)).toBe('row 1 is revoked already');
  });

  test('a restoration of what nobody has revoked', async () => {
    await submit(student, early);
    await revoke(await rowOf(1), by(1));
    await ofRow(2, { 'action.kind': 'RewardRestored', reason: 'RESTORATION' });
    expect(await saysOf(2)).toBe('row 1 is not revoked');
  });

  test('a discard takes back a grade that is revoked already; the submission is another matter', async () => {
    await submit(student, early);
    await grade((await submissionOf(early))._id, 81, by(1));
    await revoke(await rowOf(1), by(2));
    await revoke(await rowOf(2), by(3));
    await restore(await rowOf(2), by(4));
    await discard((await submissionOf(early))._id, by(5));
    const discarded = await RewardModel.find({ studentId: student, operation: 'discardSubmission' })
      .sort({ sequence: 1 })
      .lean<RewardRecord[]>();
    expect(discarded.map(({ action }) => 'sequence' in action && action.sequence)).toEqual([1, 2]);
    expect(await drifts()).toEqual([]);
    await ofRow(5, asRevocation);
    expect(await saysOf(6)).toBeUndefined();
    expect(await saysOf(7)).toBe('row 2 is revoked already');
  });

  test('a grade as before, and an extension that pays no more', async () => {
    await submit(student, late);
    await grade((await submissionOf(late))._id, 81, { ...by(1), feedback: 'Good.' });
    await grade((await submissionOf(late))._id, 40, by(2));
    await extend(student, late, { dueDate: later(noon, day) }, by(3));
    expect(await drifts()).toEqual([]);
    await ofRow(3, { 'action.grade': 81 });
    await ofRow(4, { 'action.dueDate': late.dueDate });
    expect(await saysOf(3)).toBe('another grade or another feedback than before');
    expect(await saysOf(4)).toBe('an extension that pays more');
  });
});

test('an earlier submission that counts again after its replacement was discarded, and is discarded once more', async () => {
  const by = (hours: number) => ({ teacher: teacherOf(course), at: later(noon, hours * hour) });
  await submit(student, early, { at: noon });
  const first = await submissionOf(early);
  await discard(first._id, by(1));
  await submit(student, early, { at: later(noon, 2 * hour) });
  const second = await submissionOf(early);
  expect(second.replaces).toEqual(first._id);
  await discard(second._id, by(3));
  expect(await drifts()).toEqual([]);
  await restore(await rowOf(1), by(4));
  expect(await drifts()).toEqual([]);
  await discard(first._id, by(5));
  expect(await drifts()).toEqual([]);
  await submit(student, early, { at: later(noon, 6 * hour) });
  expect(await drifts()).toEqual([]);
});

test('a late submission whose reward was revoked when an extension reached it, of which older servers wrote no row', async () => {
  const by = (hours: number) => ({ teacher: teacherOf(course), at: later(noon, hours * hour) });
  await submit(student, late);
  await revoke(await rowOf(1), by(1));
  await extend(student, late, { dueDate: later(noon, day) }, by(2));
  await RewardModel.deleteOne({ studentId: student, sequence: 3 });
  await StudentModel.updateOne({ _id: student }, { $inc: { sequence: -1 } });
  await ManualActModel.updateOne({ operation: 'extendDeadline' }, { rewardIds: [] });
  // The extension may have come before the submission or after it.
  for (const isLate of [true, false]) {
    await SubmissionModel.updateOne({ assignmentId: late._id }, { late: isLate });
    expect(await drifts()).toEqual([]);
  }

  await ManualActModel.updateOne({ operation: 'extendDeadline' }, { 'extension.dueDate': later(noon, -hour) });
  expect(await fields()).toContain(`submissions[${(await submissionOf(late))._id}].late`);
});

test('an act on many students belongs to each of them, also if a repeat of its request paid one of them later', async () => {
  const ben = await givenStudent({ _id: await givenAccount('STUDENT'), courseIds: [] });
  const pay = (hours: number) =>
    bonuses([ben, student], course, 10, {
      teacher: teacherOf(course),
      at: later(noon, hours * hour),
      key: 'for both',
    });
  await pay(1);
  await StudentModel.updateOne({ _id: ben }, { $set: { courseIds: [course._id] }, $inc: { revision: 1 } });
  await pay(2);
  const rows = await RewardModel.find({}).sort({ grantedAt: 1 }).lean<RewardRecord[]>();
  expect(rows.map(({ studentId, grantedAt }) => [studentId, grantedAt])).toEqual([
    [student, later(noon, hour)],
    [ben, later(noon, 2 * hour)],
  ]);
  expect(await drifts()).toEqual([]);
});
