import { beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import { joinCourse } from '../../src/actions/join-course.js';
import { rankCourse } from '../../src/actions/rank-course.js';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import type { Drift } from '../../src/audit/drift.js';
import { type Batch, readAllSnapshots, readSnapshot } from '../../src/audit/read-snapshots.js';
import { type VerificationSummary, verifyDatabase, verifyStudent } from '../../src/audit/verify-database.js';
import { seedScaleSchool } from '../../src/cli/scale-school.js';
import { createCommitter } from '../../src/granting/committer.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { AssignmentModel } from '../../src/storage/models/assignment.js';
import { CourseModel } from '../../src/storage/models/course.js';
import { FormerTextModel } from '../../src/storage/models/former-text.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { givenAccounts } from '../support/accounts.js';
import { bonus, teacherOf } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { focus, givenAssignment, givenClass, givenCourse, givenStudent, requestOf, submit } from '../support/given.js';

const database = useDatabase();
beforeEach(() => database.empty());

async function verify(): Promise<VerificationSummary & { readonly found: Drift[] }> {
  await givenAccounts();
  const found: Drift[] = [];
  return { ...(await verifyDatabase((drift) => found.push(drift))), found };
}

const fields = async () => (await verify()).found.map(({ field }) => field).sort();

test('an empty database has no drift, and neither has a school of several batches, whose rows are all counted', async () => {
  expect(await verify()).toEqual({ students: 0, rewards: 0, drifts: 0, found: [] });

  const size = { students: 30, rows: 1_200, rowsOfFirst: 500 };
  const { studentIds } = await seedScaleSchool({ ...size, seed: 1, now: noon, report: () => {} });
  expect(await verify()).toEqual({ students: 30, rewards: 1_200, drifts: 0, found: [] });

  for (const _id of [studentIds[0], studentIds[29]]) {
    await StudentModel.collection.updateOne({ _id: _id! }, { $inc: { xp: 1 } });
  }
  expect((await verify()).found).toEqual(
    [studentIds[0]!, studentIds[29]!].map((_id) => ({
      studentId: _id.toHexString(),
      field: 'xp',
      stored: expect.any(Number),
      derived: expect.any(Number),
    })),
  );
});

describe('students are read in batches', () => {
  async function batchesOf(): Promise<Batch[]> {
    const batches: Batch[] = [];
    for await (const batch of readAllSnapshots()) batches.push(batch);
    const read = batches.flatMap(({ snapshots }) => snapshots.map(({ student }) => `${student._id}`));
    const stored = await StudentModel.find({}, { _id: 1 }).sort({ _id: 1 }).lean();
    expect(read).toEqual(stored.map(({ _id }) => `${_id}`));
    return batches;
  }

  test('of 400 rows at most, unless one student has more', async () => {
    await seedScaleSchool({ students: 30, rows: 3_000, rowsOfFirst: 500, seed: 1, now: noon, report: () => {} });
    const sizes = (await batchesOf()).map(({ snapshots }) => snapshots.map(({ rewards }) => rewards.length));
    const sum = (rows: readonly number[]) => rows.reduce((one, other) => one + other, 0);
    expect(sizes.filter((rows) => rows.length > 1 && sum(rows) > 400)).toEqual([]);
    // Each holds what fits: the next student would be too much for it.
    expect(sizes.length).toBeLessThan(15);
    expect(sizes.flat()).toContain(500);
  });

  test('of 256 students at most, and of so many soon', async () => {
    const students = Array.from({ length: 600 }, () =>
      newStudentDocument({ _id: new Types.ObjectId(), displayName: 'Ada', timeZone: 'UTC', createdAt: noon }),
    );
    await StudentModel.collection.insertMany(students as never);
    const sizes = (await batchesOf()).map(({ snapshots }) => snapshots.length);
    expect(Math.max(...sizes)).toBe(256);
    expect(sizes.length).toBeLessThan(12);
  });
});

describe('an orphan is a drift', () => {
  test('a document of a student who does not exist', async () => {
    const { student, assignment, course } = await givenClass();
    const neighbour = await givenStudent({ courseIds: [course._id] });
    await submit(student, assignment);
    await focus(student, 25);
    await focus(neighbour, 25);
    await StudentModel.collection.deleteOne({ _id: student });

    const owned = await Promise.all(
      [RewardModel, SubmissionModel, PomodoroSessionModel].map(async ({ collection }) =>
        (await collection.find({ studentId: student }).toArray()).map(({ _id }) => ({
          studentId: student.toHexString(),
          field: `${collection.name}[${_id}].studentId`,
          stored: student,
        })),
      ),
    );
    const { found, students } = await verify();
    expect(students).toBe(1);
    expect(found).toHaveLength(4);
    expect(found).toEqual(expect.arrayContaining(owned.flat()));
  });

  test('a document whose student id is not an ObjectId', async () => {
    const { student, assignment } = await givenClass();
    await submit(student, assignment);
    const row = (await RewardModel.findOne().lean<RewardRecord>())!;
    const studentId = student.toHexString();
    await RewardModel.collection.updateOne({ _id: row._id }, { $set: { studentId: studentId as never } });

    expect((await verify()).found).toContainEqual({
      studentId,
      field: `rewards[${row._id}].studentId`,
      stored: studentId,
    });
  });

  test('a reference to an assignment or a course that does not exist', async () => {
    const { student, assignment, course } = await givenClass();
    await submit(student, assignment);
    await AssignmentModel.collection.deleteOne({ _id: assignment._id });
    await CourseModel.collection.deleteOne({ _id: course._id });

    const { _id } = (await SubmissionModel.collection.findOne({}))!;
    const missing = ['courseIds[0]', `submissions[${_id}].assignmentId`];
    expect(await fields()).toEqual(missing);
    const found: Drift[] = [];
    const snapshot = (await readSnapshot(student))!;
    expect(await verifyStudent(snapshot, (drift) => found.push(drift))).toEqual({ students: 1, rewards: 1, drifts: 2 });
    expect(found.map(({ field }) => field).sort()).toEqual(missing);
  });

  test('a student account without a student, but not a student without an account, which a crash may leave', async () => {
    await givenStudent();
    const { id } = (await createAccount({
      email: 'ada@school.example',
      password: 'long enough',
      role: 'STUDENT',
      displayName: 'Ada',
      timeZone: 'UTC',
      createdAt: noon,
    }))!;
    expect(await fields()).toEqual([]);

    await StudentModel.collection.deleteOne({ _id: new Types.ObjectId(id) });
    expect(await fields()).toEqual([`accounts[${id}]._id`]);
    await AccountModel.collection.deleteMany({});
  });
});

test.each(['a b@school.example', '"a b"@school.example', 'ü@schöl.example'])(
  'an address that signUp accepts is no drift: %s',
  async (email) => {
    const [password, displayName, timeZone] = ['long enough', 'Ada', 'UTC'];
    await createAccount({ email, password, displayName, timeZone, role: 'TEACHER', createdAt: noon });
    expect(await fields()).toEqual([]);
    await AccountModel.collection.deleteMany({});
  },
);

test('a wrong reference to a reward is one drift: the reward is found by its subject, and the other way round', async () => {
  const { student, assignment } = await givenClass();
  await submit(student, assignment);
  await focus(student, 25);
  const [submission, session] = [
    (await SubmissionModel.collection.findOne({}))!,
    (await PomodoroSessionModel.collection.findOne({}))!,
  ];
  const other = new Types.ObjectId();
  await SubmissionModel.collection.updateOne({}, { $set: { rewardId: other } });
  await PomodoroSessionModel.collection.updateOne({}, { $set: { rewardId: other } });
  expect(await fields()).toEqual([
    `pomodoro_sessions[${session._id}].rewardId`,
    `submissions[${submission._id}].rewardId`,
  ]);

  await SubmissionModel.collection.updateOne({}, { $set: { rewardId: submission.rewardId } });
  await PomodoroSessionModel.collection.updateOne({}, { $set: { rewardId: session.rewardId } });
  await RewardModel.collection.updateOne({ sequence: 2 }, { $set: { 'subject.id': other } });
  expect(await fields()).toEqual(['rewards[2].subject.id']);
});

test('a missing row is named once, and the sound rows after it are no drift', async () => {
  const student = await givenStudent();
  for (const position of [0, 1, 2, 3, 4]) await focus(student, 25, { from: later(noon, position * hour) });
  const sessions = await PomodoroSessionModel.collection.find({}).sort({ startedAt: 1 }).toArray();
  await RewardModel.collection.deleteMany({ sequence: { $in: [2, 3] } });
  expect(await fields()).toEqual([
    `pomodoro_sessions[${sessions[1]!._id}].rewardId`,
    `pomodoro_sessions[${sessions[2]!._id}].rewardId`,
    'rewards[2].sequence',
  ]);
  const [gap] = (await verify()).found.filter(({ field }) => field === 'rewards[2].sequence');
  expect(gap?.derived).toBe('2 to 3');
});

test('a session that ended before it began has a wrong end, and nothing is said about its plan', async () => {
  const { student } = await givenClass();
  await focus(student, 2, { plannedMinutes: 25 });
  const { _id } = (await PomodoroSessionModel.collection.findOne({ status: 'ABANDONED' }))!;
  await PomodoroSessionModel.collection.updateOne(
    { _id },
    { $set: { endedAt: later(noon, -minute), focusedSeconds: 0 } },
  );
  expect(await fields()).toEqual([`pomodoro_sessions[${_id}].endedAt`]);
});

test('a revision that has saved the former text, but has not replaced it, is no drift', async () => {
  const { student, assignment } = await givenClass();
  await submit(student, assignment, { content: 'First.' });
  const submission = (await SubmissionModel.collection.findOne({}))!;
  const revise = (content: string, at: Date) =>
    reviseSubmission({ studentId: student, submissionId: `${submission._id}`, content, facts: requestOf(student, at) });
  await revise('Second.', later(noon, hour));
  await revise('Third.', later(noon, 2 * hour));
  expect(await fields()).toEqual([]);
  // As if the last revision had stopped half way.
  const former = { content: 'Second.', revision: 1, revisedAt: later(noon, hour) };
  await SubmissionModel.collection.updateOne({}, { $set: former });
  expect(await fields()).toEqual([]);

  const ahead = (await FormerTextModel.collection.findOne({ revision: 1 }))!;
  await FormerTextModel.collection.updateOne({ _id: ahead._id }, { $set: { writtenAt: later(noon, 3 * hour) } });
  expect(await fields()).toEqual([`former_texts[${ahead._id}].writtenAt`, `submissions[${submission._id}].revisedAt`]);
  await FormerTextModel.collection.replaceOne({ _id: ahead._id }, ahead);

  const stray = { ...ahead, _id: new Types.ObjectId(), revision: 2 };
  await FormerTextModel.collection.insertOne(stray);
  expect(await fields()).toEqual([`submissions[${submission._id}].revision`]);
  await FormerTextModel.collection.deleteOne({ _id: stray._id });
  await FormerTextModel.collection.updateOne({ _id: ahead._id }, { $set: { content: 'Another.' } });
  expect(await fields()).toEqual([`submissions[${submission._id}].revision`]);
});

test('a missing unique index is a drift of the database; a missing other index is not', async () => {
  await RewardModel.collection.dropIndex('studentId_1_sequence_1');
  await StudentModel.collection.dropIndex('courseIds_1__id_1');
  await RewardModel.collection.createIndex({ studentId: 1, sequence: 1 });

  expect((await verify()).found).toEqual([
    {
      studentId: null,
      field: 'rewards has a unique index',
      derived: expect.objectContaining({ keys: { studentId: 1, sequence: 1 } }),
    },
  ]);
  expect(await RewardModel.collection.indexes()).toHaveLength(6);

  await RewardModel.collection.dropIndex('studentId_1_sequence_1');
  await prepareCollections();
  expect(await fields()).toEqual([]);
});

test('a reward that counts on the new day, because a leaderboard query came first at midnight, is no drift', async () => {
  const committer = createCommitter();
  const { student, course } = await givenClass();
  const lastMidnight = new Date('2026-03-18T00:00:00.000Z');
  await focus(student, 25, { from: later(lastMidnight, -7 * day + hour) });
  const page = { first: 10, after: null } as never;
  const facts = requestOf(student, later(lastMidnight, 1));
  await rankCourse(committer, { courseId: course._id, period: 'WEEK', page, facts });
  await focus(student, 10, { from: later(lastMidnight, -20 * minute) });

  const { auraWindow } = (await StudentModel.collection.findOne({ _id: student }))!;
  expect(auraWindow).toMatchObject({ asOfDay: 20_530, week: 10, month: 35 });
  expect(await fields()).toEqual([]);

  await StudentModel.collection.updateOne({ _id: student }, { $inc: { 'auraWindow.asOfDay': 1 } });
  expect(await fields()).toEqual(['auraWindow']);
});

test('concurrent grants are seen completely or not at all', async () => {
  const committer = createCommitter();
  const course = await givenCourse();
  const assignments = await Promise.all(Array.from({ length: 12 }, () => givenAssignment(course)));
  const students = await Promise.all(Array.from({ length: 8 }, () => givenStudent()));
  let isWriting = true;
  const writing = Promise.all(
    students.map(async (studentId) => {
      await joinCourse(committer, { studentId, joinCode: course.joinCode, facts: requestOf(studentId) });
      for (const assignment of assignments) {
        await submit(studentId, assignment, { by: committer });
        await focus(studentId, 25);
        await bonus(studentId, course, 1, { teacher: teacherOf(course), by: committer });
      }
    }),
  ).finally(() => {
    isWriting = false;
  });

  const seen = new Set<number>();
  while (isWriting) {
    const { found, rewards } = await verify();
    expect(found).toEqual([]);
    seen.add(rewards);
  }
  await writing;
  // At least one verification ran while grants were being written.
  expect([...seen].some((rewards) => rewards > 0 && rewards < 288)).toBe(true);
  expect(await verify()).toMatchObject({ rewards: 288, drifts: 0 });
});
