/** Each of these was stored, and the verifier said exact. */
import { createHash, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { updateStudentProfile } from '../../src/actions/update-profile.js';
import type { Drift } from '../../src/audit/drift.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import { startSignIn } from '../../src/storage/account-store.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { AssignmentModel } from '../../src/storage/models/assignment.js';
import { CourseModel } from '../../src/storage/models/course.js';
import { ManualActModel } from '../../src/storage/models/manual-act.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { SignInModel } from '../../src/storage/models/sign-in.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { givenAccounts } from '../support/accounts.js';
import { bonus, extend, teacherOf } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { end, focus, givenClass, givenRunning, givenStudent, here, requestOf, submit } from '../support/given.js';

const database = useDatabase();

let given: Awaited<ReturnType<typeof givenClass>>;
let student: Types.ObjectId;

beforeEach(async () => {
  await database.empty();
  given = await givenClass();
  student = given.student;
  await submit(student, given.assignment);
  await focus(student, 25, { from: later(noon, day) });
  await givenAccounts();
});

async function fields(): Promise<string[]> {
  const found: string[] = [];
  await verifyDatabase(({ field }) => found.push(field));
  return found;
}

const ofStudent = ($set: object) => StudentModel.collection.updateOne({ _id: student }, { $set });
const ofAccount = ($set: object) => AccountModel.collection.updateOne({ _id: student }, { $set });
const ofAssignment = ($set: object) => AssignmentModel.collection.updateOne({}, { $set });
const ofCourse = ($set: object) => CourseModel.collection.updateOne({}, { $set });

const holes: readonly { hole: string; plant: () => Promise<unknown>; names: () => readonly string[] }[] = [
  {
    hole: 'the account of a student is gone',
    plant: () => AccountModel.deleteOne({ _id: student }),
    names: () => [`accounts[${student}]`],
  },
  {
    hole: 'all accounts are gone',
    plant: () => AccountModel.deleteMany({}),
    names: () => [`courses[${given.course._id}].teacherId`, `accounts[${student}]`],
  },
  {
    hole: 'a password hash is gone',
    plant: () => AccountModel.collection.updateOne({ _id: student }, { $unset: { passwordHash: 1 } }),
    names: () => [`accounts[${student}].passwordHash`],
  },
  {
    hole: 'a password is not hashed',
    plant: () => ofAccount({ passwordHash: 'a password' }),
    names: () => [`accounts[${student}].passwordHash`],
  },
  {
    hole: 'an address in capitals',
    plant: () => ofAccount({ email: 'Ada@school.example' }),
    names: () => [`accounts[${student}].email`],
  },
  {
    hole: 'a student has become a teacher',
    plant: () => ofAccount({ role: 'TEACHER' }),
    names: () => [`accounts[${student}].displayName`, `accounts[${student}].role`],
  },
  {
    hole: 'a due date that is a text',
    plant: () => ofAssignment({ dueDate: '2026-03-11T12:00:00.000Z' }),
    names: () => [`assignments[${given.assignment._id}].dueDate`],
  },
  {
    hole: 'an assignment of no course',
    plant: () => ofAssignment({ courseId: new Types.ObjectId() }),
    names: () => [`assignments[${given.assignment._id}].courseId`, 'courseIds'],
  },
  {
    hole: 'an assignment that closes before it is due',
    plant: () => ofAssignment({ closesAt: later(noon, -1) }),
    names: () => ['closesAt', 'dueDate'].map((field) => `assignments[${given.assignment._id}].${field}`),
  },
  {
    hole: 'a course without its teacher',
    plant: () => ofCourse({ teacherId: new Types.ObjectId() }),
    names: () => [`courses[${given.course._id}].teacherId`],
  },
  {
    hole: 'a course of a student',
    plant: () => ofCourse({ teacherId: student }),
    names: () => [`courses[${given.course._id}].teacherId`],
  },
  {
    hole: 'a time zone that is none',
    plant: () => ofStudent({ timeZone: 'Mars/Olympus' }),
    names: () => ['timeZone'],
  },
  { hole: 'an offset as a time zone', plant: () => ofStudent({ timeZone: '+01:00' }), names: () => ['timeZone'] },
  {
    hole: 'a submission in a course that the student does not take',
    plant: () => ofStudent({ courseIds: [] }),
    names: () => ['courseIds'],
  },
  {
    hole: 'a day moved back in the row and in its action',
    plant: () =>
      RewardModel.updateOne(
        { studentId: student, sequence: 2 },
        { $set: { localDate: '2026-03-11', 'action.localDate': '2026-03-11' } },
      ),
    names: () => ['rewards[2].localDate', 'rewards[2].action.localDate', 'rewards[2].dayZone'],
  },
];

test.each([
  { what: 'a reward', plant: () => submit(student, given.assignment) },
  { what: 'a running session', plant: () => givenRunning(student) },
  {
    what: 'an extension',
    plant: () => extend(student, given.assignment, { dueDate: later(noon, day) }, { teacher: teacherOf(given.course) }),
  },
])('$what without any revision of the student', async ({ plant }) => {
  await database.empty();
  given = await givenClass();
  student = given.student;
  await plant();
  await givenAccounts();
  expect(await fields()).toEqual([]);
  await ofStudent({ revision: 0 });
  expect(await fields()).toEqual(['revision']);
});

test('a sign-in whose id is no UUID', async () => {
  const signInId = randomUUID();
  const hashes = createHash('sha256').update('x').digest('base64url');
  const accountId = student.toHexString();
  const dates = { createdAt: noon, expiresAt: later(noon, day) };
  await startSignIn({ signInId, accountId, place: 'a place', tokenHash: hashes, ...dates });
  expect(await fields()).toEqual([]);
  for (const id of [`x${signInId}`, `${signInId}x`, signInId.toUpperCase(), signInId.replaceAll('-', '')]) {
    await startSignIn({ signInId: id, accountId, place: 'a place', tokenHash: hashes, ...dates });
    expect(await fields()).toEqual([`sign_ins[${id}]._id`]);
    await SignInModel.deleteOne({ _id: id });
  }
});

test.each(holes)('$hole', async ({ plant, names }) => {
  expect(await fields()).toEqual([]);
  expect(await plant()).toMatchObject({ acknowledged: true });
  expect(await fields()).toEqual(expect.arrayContaining([...names()]));
});

describe('a running session', () => {
  test.each([100_000, 121, 0, -5, 5.5])('planned for %d minutes is found, and pays nothing', async (plannedMinutes) => {
    const from = later(noon, 2 * day);
    const session = await givenRunning(student, { at: from });
    expect(await fields()).toEqual([]);

    await ofStudent({ 'runningPomodoro.plannedMinutes': plannedMinutes });
    expect(await fields()).toEqual(['runningPomodoro.plannedMinutes']);
    const paid = await RewardModel.countDocuments();
    const ending = end(student, session, { at: later(from, 230 * minute) });
    await expect(ending).rejects.toThrow('a session has a length that can be planned');
    expect(await RewardModel.countDocuments()).toBe(paid);
  });
});

test('the day of a row must be over where it began, and be a day that it was somewhere', async () => {
  const to = (timeZone: string, at: Date) =>
    updateStudentProfile(here, { studentId: student, changes: { timeZone }, facts: requestOf(student, at) });
  await to('Pacific/Kiritimati', later(noon, day + hour));
  await focus(student, 5, { from: later(noon, day + 2 * hour) });
  await focus(student, 5, { from: later(noon, 2 * day) });
  await to('Pacific/Pago_Pago', later(noon, 2 * day + hour));
  await focus(student, 5, { from: later(noon, 2 * day + 2 * hour) });
  expect(await fields()).toEqual([]);

  const days = (await RewardModel.find({ studentId: student }).sort({ sequence: 1 })).map((row) => row.localDate);
  expect(days).toEqual(['2026-03-11', '2026-03-12', '2026-03-12', '2026-03-14', '2026-03-14']);
});

describe('no form of a document ends the run', () => {
  const forms: unknown[] = [null, 1, 'x', [], {}, new Date(8.64e15), new Types.ObjectId(), [new Types.ObjectId()]];
  const models = [
    RewardModel,
    SubmissionModel,
    ManualActModel,
    StudentModel,
    AccountModel,
    CourseModel,
    AssignmentModel,
  ];

  test('a list of ids as the student of a row, the student among them', async () => {
    const [row] = await RewardModel.find({ studentId: student });
    await RewardModel.collection.updateOne({ _id: row!._id }, { $set: { studentId: [student] as never } });
    expect(await fields()).toContain(`rewards[${row!._id}].studentId`);
  });

  test.each(models.map((model) => ({ name: model.collection.name, model })))('of $name', async ({ model }) => {
    await bonus(student, given.course, 5, { teacher: teacherOf(given.course), at: later(noon, 2 * day) });
    const { collection } = model;
    // Some indexes refuse some forms.
    await collection.dropIndexes();
    const { _id, ...rest } = (await collection.findOne({}))!;
    const fieldsOf = Object.keys(rest);
    const wrong = fieldsOf.flatMap((field) =>
      forms.map((form) => ({ ...rest, _id: new Types.ObjectId(), [field]: form })),
    );
    await collection.insertMany(wrong as never);
    expect((await fields()).length).toBeGreaterThan(forms.length);
    await collection.deleteMany({ _id: { $in: wrong.map((each) => each._id) } });

    // A document of the declared types is read on.
    for (const field of fieldsOf) {
      for (const place of [field, ...Object.keys(inside(rest[field])).map((key) => `${field}.${key}`)]) {
        const value = place.split('.').reduce((parent: unknown, key) => inside(parent)[key], rest);
        await collection.updateOne({ _id }, { $set: { [place]: extreme(value) } });
        expect(await fields()).toEqual(expect.any(Array));
        await collection.replaceOne({ _id }, rest as never);
      }
    }
    await prepareCollections();
    expect(await fields()).toEqual([]);
  });
});

test('a row whose day cannot be computed is a drift of the student, and the others are verified', async () => {
  const ben = await givenStudent({ courseIds: [given.course._id] });
  await bonus(student, given.course, 5, { teacher: teacherOf(given.course), at: later(noon, 2 * day) });
  await givenAccounts();
  const atTheEnd = { $set: { 'action.at': new Date(8.64e15), 'action.localDate': '9999-12-31' } };
  await RewardModel.collection.updateOne({ studentId: student, sequence: 3 }, atTheEnd);
  await StudentModel.collection.updateOne({ _id: ben }, { $set: { xp: 1 } });
  const found: Drift[] = [];
  await verifyDatabase((drift) => found.push(drift));
  expect(found).toContainEqual({
    studentId: student.toHexString(),
    field: '_id',
    stored: student,
    derived: 'a student that can be verified: Invalid time value',
  });
  expect(found).toContainEqual(expect.objectContaining({ studentId: ben.toHexString(), field: 'xp' }));
});

const inside = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value?.constructor === Object ? (value as Record<string, unknown>) : {};

function extreme(value: unknown): unknown {
  if (value instanceof Date) return new Date(8.64e15);
  if (typeof value === 'number') return 1e300;
  return typeof value === 'string' ? '' : value;
}
