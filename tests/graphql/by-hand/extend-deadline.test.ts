import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSchool, newStudent, type Person, type School } from '../../http/school.js';
import { type Data, mutationOf, useServer } from '../../support/client.js';
import { ACT, act, expectForbidden, expectRefused, handIn, ledgerOf, newKey, nobodyId, promoted } from './harness.js';

const server = useServer();
const EXTENDED = `${ACT} extension { student { id } dueDate closesAt note } assignment { id dueDate }`;
let school: School;
let student: Person;
let assignmentId: string;

beforeAll(async () => {
  school = await createSchool(server);
});
beforeEach(async () => {
  student = await school.student(school.course);
  assignmentId = await school.assignment({ dueDate: school.inDays(-1.5), closesAt: school.inDays(-1) });
});

const extend = (input: object, by: Person = school.teacher): Promise<Data> =>
  act(by, 'extendDeadline', { assignmentId, studentId: student.id, note: 'Ill.', ...input }, EXTENDED);
const SEEN = 'dueDate closesAt pointsNow myExtension { student { id } dueDate closesAt note }';
const seen = async (by: Person = student, selection = SEEN): Promise<Data> =>
  (await by.must(`{ assignment(id: "${assignmentId}") { ${selection} } }`)).assignment;

test.each(['teacher', 'admin'] as const)(
  'by the %s: the student sees the dates, the points and is paid by them',
  async (who) => {
    expect(await seen()).toMatchObject({ pointsNow: null, myExtension: null });
    const extension = { dueDate: school.inDays(2), closesAt: school.inDays(3), note: 'Ill.' };
    const extended = await extend(extension, school[who]);
    expect(extended).toMatchObject({
      replayed: false,
      reward: null,
      leveledUp: false,
      leveledDown: false,
      newBadges: [],
      lostBadges: [],
      extension: { ...extension, student: { id: student.id } },
      assignment: { id: assignmentId },
    });
    expect(await seen()).toEqual({
      dueDate: school.inDays(-1.5),
      closesAt: school.inDays(-1),
      pointsNow: 70,
      myExtension: extended.extension,
    });
    expect(await handIn(student, assignmentId)).toMatchObject({ reward: { xp: 70 }, submission: { late: false } });
  },
);

test('it holds for this student only', async () => {
  const classmate = await school.student(school.course);
  await extend({ dueDate: school.inDays(2) });
  expect(await seen(classmate)).toMatchObject({ myExtension: null, pointsNow: null });
  expect(await seen(school.teacher)).toMatchObject({ myExtension: null, pointsNow: null });
  expect(await handIn(classmate, assignmentId)).toMatchObject({ code: 'ASSIGNMENT_CLOSED' });
});

describe('what was handed in already', () => {
  let rewardId: string;
  beforeEach(async () => {
    await school.teacher.mutate('updateAssignment', { assignmentId, closesAt: null });
    const { reward, submission } = await handIn(student, assignmentId);
    expect({ xp: reward.xp, late: submission.late }).toEqual({ xp: 30, late: true });
    rewardId = reward.id;
  });
  const submission = async () => (await seen(student, 'mySubmission { late reward { xp worth } }')).mySubmission;

  test('is worth what it would have been', async () => {
    const extended = await extend({ dueDate: school.inDays(1.5) });
    expect(extended).toMatchObject({
      reward: { reason: 'EXTENSION', xp: 30, note: 'Ill.', corrects: { id: rewardId }, by: { id: school.teacher.id } },
      student: { lifetimeXp: 60 },
    });
    expect(await submission()).toEqual({ late: false, reward: { xp: 30, worth: 60 } });
    expect((await ledgerOf(student, student.id)).map(({ id }) => id)).toEqual([extended.reward.id, rewardId]);
  });

  test('is never worth less', async () => {
    expect(await extend({ dueDate: school.inDays(-3) })).toMatchObject({ reward: null, student: { lifetimeXp: 30 } });
    expect(await submission()).toEqual({ late: true, reward: { xp: 30, worth: 30 } });
  });

  test('keeps its worth when the extension is taken back', async () => {
    await extend({ dueDate: school.inDays(1.5) });
    const taken = await extend({ dueDate: null, note: 'Was not.' });
    expect(taken).toMatchObject({ reward: null, extension: null, student: { lifetimeXp: 60 } });
    expect(await seen()).toMatchObject({ myExtension: null });
    expect(await submission()).toEqual({ late: false, reward: { xp: 30, worth: 60 } });
  });
});

test('a second extension replaces the first', async () => {
  await extend({ dueDate: school.inDays(1) });
  await extend({ dueDate: school.inDays(2), note: 'Still ill.' });
  expect((await seen()).myExtension).toMatchObject({ dueDate: school.inDays(2), closesAt: null, note: 'Still ill.' });
  const { extensions } = await seen(school.teacher, 'extensions { edges { node { note } } }');
  expect(extensions.edges).toEqual([{ node: { note: 'Still ill.' } }]);
});

test('a repeat with the same key answers the extension of now', async () => {
  const request = { dueDate: school.inDays(2), idempotencyKey: newKey() };
  const first = await extend(request);
  expect(await extend(request)).toEqual({ ...first, replayed: true });
  await extend({ dueDate: null });
  const before = await server.database.snapshot();
  expect(await extend(request)).toMatchObject({ replayed: true, extension: null });
  expect(await server.database.snapshot()).toEqual(before);
});

describe('refused, with nothing written', () => {
  test('nothing to change', async () => {
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => extend({ dueDate: null }), /own dates hold already/);
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => extend({}), /own dates hold already/);
    const extension = { dueDate: school.inDays(2) };
    await extend(extension);
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => extend(extension), /Send other dates or another note/);
  });

  test('a key that was used with another input', async () => {
    const request = { dueDate: school.inDays(2), idempotencyKey: newKey() };
    await extend(request);
    for (const changed of [{ note: 'x' }, { dueDate: null }, { closesAt: school.inDays(3) }, { studentId: nobodyId() }])
      await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => extend({ ...request, ...changed }));
  });

  test('an assignment or a student that is none, or is of another course', async () => {
    const dates = { dueDate: school.inDays(2) };
    for (const id of [nobodyId(), 'none']) {
      await expectRefused(server, 'NOT_FOUND', () => extend({ ...dates, assignmentId: id }, school.admin));
      await expectRefused(server, 'NOT_FOUND', () => extend({ ...dates, studentId: id }, school.admin));
    }
    await expectRefused(server, 'NOT_FOUND', () => extend(dates, school.otherTeacher));
    const stranger = await newStudent(server);
    await expectRefused(server, 'NOT_FOUND', () => extend({ ...dates, studentId: stranger.id }));
    await expectRefused(server, 'NOT_ENROLLED', () => extend({ ...dates, studentId: stranger.id }, school.admin));
  });

  test('a student, and an own deadline', async () => {
    const input = { assignmentId, studentId: student.id, dueDate: school.inDays(2), note: 'x' };
    await expectForbidden(server, student, 'extendDeadline', input);
    const admin = await promoted(server, student, 'ADMIN');
    await expectRefused(server, 'NOT_FOUND', () => act(admin, 'extendDeadline', input));
  });

  test('a closing date without a due date', async () => {
    const before = await server.database.snapshot();
    const input = { assignmentId, studentId: student.id, closesAt: school.inDays(2), note: 'x', idempotencyKey: 'k' };
    for (const dueDate of [null, undefined]) {
      const { errors } = await school.teacher.ask(mutationOf('extendDeadline', '__typename'), {
        input: { ...input, dueDate },
      });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.closesAt', message: expect.stringContaining('Without dueDate') }],
      });
    }
    expect(await server.database.snapshot()).toEqual(before);
  });
});
