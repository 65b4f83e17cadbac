import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { newStudentDocument } from '../../../src/granting/new-student.js';
import { StudentModel } from '../../../src/storage/models/student.js';
import { type Course, createSchool, newStudent, type Person, type School } from '../../http/school.js';
import { type Data, mutationOf, useServer } from '../../support/client.js';
import { ACT, act, expectForbidden, expectRefused, ledgerOf, newKey, nobodyId } from './harness.js';

const server = useServer();
const ENTRIES = `paid replayed refused entries { studentId result {
  ... on GrantBonusPayload { replayed reward { id xp note } student { id lifetimeXp } } ... on Refusal { code message } } }`;
const GIVEN = { points: 20, note: 'Well done, all of you.' };

let school: School;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  school = await createSchool(server);
  ada = await school.student(school.course);
  grace = await school.student(school.course);
});

const grant = (input: object, by: Person = school.teacher, selection = ENTRIES): Promise<Data> =>
  act(by, 'grantBonuses', { courseId: school.course.id, ...GIVEN, ...input }, selection);
const idsOf = ({ entries }: Data): string[] => entries.map(({ studentId }: Data) => studentId);
const codesOf = ({ entries }: Data) => entries.map(({ result }: Data) => result.code ?? result.replayed);

async function newCourse(): Promise<Course> {
  return (await school.teacher.mutate('createCourse', { name: 'A course' }, 'course { id joinCode }')).course;
}

/** Inserts students of a course without accounts. @returns their ids */
async function insertStudents(course: Course, count: number): Promise<string[]> {
  const courseIds = [new Types.ObjectId(course.id)];
  const students = Array.from({ length: count }, (_, n) => ({
    ...newStudentDocument({
      _id: new Types.ObjectId(),
      displayName: `Student ${n}`,
      timeZone: 'UTC',
      createdAt: server.clock(),
    }),
    courseIds,
  }));
  await StudentModel.collection.insertMany(students);
  return students.map(({ _id }) => _id.toHexString());
}

test.each(['teacher', 'admin'] as const)('the %s pays each student once, in the order of the request', async (who) => {
  const before = (await ledgerOf(ada, ada.id)).length;
  const given = await grant({ studentIds: [grace.id, ada.id] }, school[who]);
  expect(given).toMatchObject({ paid: 2, replayed: 0, refused: 0 });
  expect(idsOf(given)).toEqual([grace.id, ada.id]);
  expect(given.entries[1].result).toMatchObject({ replayed: false, reward: { xp: 20, note: GIVEN.note } });
  expect(await ledgerOf(ada, ada.id)).toHaveLength(before + 1);
});

test('who is named twice is paid once', async () => {
  const before = (await ledgerOf(ada, ada.id)).length;
  const given = await grant({ studentIds: [ada.id, grace.id, ada.id.toUpperCase(), ada.id] });
  expect(given).toMatchObject({ paid: 2, replayed: 0, refused: 0 });
  expect(idsOf(given)).toEqual([ada.id, grace.id]);
  expect(await ledgerOf(ada, ada.id)).toHaveLength(before + 1);
});

test('strangers and ids that are none are refused one by one, and the others are paid', async () => {
  const stranger = await newStudent(server);
  const { course } = await school.teacher.mutate('createCourse', { name: 'B' }, 'course { id joinCode }');
  const elsewhere = await school.student(course);
  const studentIds = ['nobody', nobodyId(), stranger.id, elsewhere.id, school.teacher.id, ada.id];
  const given = await grant({ studentIds });
  expect(given).toMatchObject({ paid: 1, replayed: 0, refused: 5 });
  expect(idsOf(given)).toEqual(studentIds);
  expect(codesOf(given)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'NOT_ENROLLED', 'NOT_FOUND', false]);
  expect(await ledgerOf(stranger, stranger.id)).toEqual([]);
  expect(await ledgerOf(elsewhere, elsewhere.id)).toEqual([]);
});

test('a refused entry is not the outcome of the request in the log', async () => {
  const request = { courseId: school.course.id, ...GIVEN, studentIds: ['nobody'], idempotencyKey: newKey() };
  const answer = await school.teacher.ask(mutationOf('grantBonuses', ENTRIES), { input: request });
  expect(answer.data.grantBonuses).toMatchObject({ refused: 1 });
  const lines = await server.linesOf(answer.headers.get('x-request-id')!);
  expect(lines.map(({ outcome }) => outcome)).toEqual(['ok']);
});

describe('a repeat with the same key', () => {
  test('pays nobody twice', async () => {
    const request = { studentIds: [ada.id, grace.id], idempotencyKey: newKey() };
    const first = await grant(request);
    const again = await grant(request);
    expect(again).toMatchObject({ paid: 0, replayed: 2, refused: 0 });
    expect(again.entries.map(({ result }: Data) => result.reward)).toEqual(
      first.entries.map(({ result }: Data) => result.reward),
    );
  });

  test('with the same students in another order is the same request', async () => {
    const request = { studentIds: [ada.id, grace.id], idempotencyKey: newKey() };
    await grant(request);
    const again = await grant({ ...request, studentIds: [grace.id, ada.id, grace.id] });
    expect(again).toMatchObject({ paid: 0, replayed: 2 });
    expect(idsOf(again)).toEqual([grace.id, ada.id]);
  });

  test('pays who was refused before and takes the course now', async () => {
    const late = await newStudent(server);
    const request = { studentIds: [ada.id, late.id], idempotencyKey: newKey() };
    expect(codesOf(await grant(request))).toEqual([false, 'NOT_FOUND']);
    await late.mutate('joinCourse', { joinCode: school.course.joinCode });
    expect(codesOf(await grant(request))).toEqual([true, false]);
  });

  test('answers with what was paid although the student has left the course, and writes nothing', async () => {
    const course = await newCourse();
    const [paid] = await insertStudents(course, 1);
    const request = { courseId: course.id, studentIds: [paid!], idempotencyKey: newKey() };
    const first = await grant(request);
    await StudentModel.collection.updateOne({ _id: new Types.ObjectId(paid) }, { $set: { courseIds: [] } });
    const before = await server.database.snapshot();
    const again = await grant(request);
    expect(await server.database.snapshot()).toEqual(before);
    expect(again).toMatchObject({ paid: 0, replayed: 1, refused: 0 });
    expect(again.entries[0].result.reward).toEqual(first.entries[0].result.reward);
  });

  test.each([
    ['points', { points: 21 }],
    ['note', { note: 'Another.' }],
    ['students', { studentIds: null }],
  ])('and other %s is refused', async (_, changed) => {
    const request = { studentIds: [ada.id], idempotencyKey: newKey() };
    await grant(request);
    await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => grant({ ...request, ...changed }));
  });
});

describe('without studentIds', () => {
  test.each([null, undefined])('everybody in the course is paid: %p', async (studentIds) => {
    const course = await newCourse();
    const ids = await insertStudents(course, 3);
    const given = await grant({ courseId: course.id, ...(studentIds === null && { studentIds }) });
    expect(given).toMatchObject({ paid: 3, replayed: 0, refused: 0 });
    expect(idsOf(given).sort()).toEqual(ids.sort());
  });

  test('a repeat means everybody of then, also after a student has joined', async () => {
    const course = await newCourse();
    const ids = await insertStudents(course, 2);
    const request = { courseId: course.id, studentIds: null, idempotencyKey: newKey() };
    await grant(request);
    const newcomer = await school.student(course);
    const again = await grant(request);
    expect(again).toMatchObject({ paid: 0, replayed: 2, refused: 0 });
    expect(idsOf(again).sort()).toEqual(ids.sort());
    expect(await ledgerOf(newcomer, newcomer.id)).toEqual([]);
  });

  test('nobody is paid in a course without students', async () => {
    const course = await newCourse();
    expect(await grant({ courseId: course.id })).toEqual(expect.objectContaining({ paid: 0, entries: [] }));
  });
});

test('500 students at once, with a reward and a student in each answer; 501 are too many', async () => {
  const course = await newCourse();
  const ids = await insertStudents(course, 500);
  const idempotencyKey = newKey();
  const given = await grant({ courseId: course.id, studentIds: ids, idempotencyKey });
  expect(given).toMatchObject({ paid: 500, replayed: 0, refused: 0 });
  expect(idsOf(given)).toEqual(ids);
  const everybody = await grant({ courseId: course.id });
  expect(everybody).toMatchObject({ paid: 500 });

  await insertStudents(course, 1);
  const before = await server.database.snapshot();
  const tooMany = await school.teacher.ask(mutationOf('grantBonuses', ENTRIES), {
    input: { courseId: course.id, ...GIVEN, idempotencyKey: newKey() },
  });
  expect(tooMany).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(tooMany.errors[0]?.extensions.fields).toEqual([
    { path: 'input.studentIds', message: expect.stringContaining('more than 500 students') },
  ]);
  expect(await server.database.snapshot()).toEqual(before);
});

test('a selection that would answer far too much is refused, and nobody is paid', async () => {
  const before = await server.database.snapshot();
  const deep = `entries { result { ... on GrantBonusPayload { student { rewards(first: 100) { edges { node { id } } } } } } }`;
  const { code, errors } = await school.teacher.ask(mutationOf('grantBonuses', deep), {
    input: { courseId: school.course.id, ...GIVEN, idempotencyKey: newKey() },
  });
  expect(code).toBe('BAD_USER_INPUT');
  expect(errors[0]?.message).toMatch(/cost limit/);
  expect(await server.database.snapshot()).toEqual(before);
});

test('everything may be asked of a few students; the same query for everybody costs too much', async () => {
  const all = `entries { studentId result { __typename ... on GrantBonusPayload { ${ACT} } ... on Refusal { code message } } }`;
  for (const [studentIds, code] of [
    [[ada.id], null],
    [null, 'BAD_USER_INPUT'],
    [[ada.id, grace.id], null],
  ] as const) {
    const input = { courseId: school.course.id, ...GIVEN, studentIds, idempotencyKey: newKey() };
    const answer = await school.teacher.ask(mutationOf('grantBonuses', all), { input });
    expect(answer.code ?? null).toBe(code);
    if (studentIds) expect(idsOf(answer.data.grantBonuses)).toEqual(studentIds);
  }
});

describe('refused, with nothing written', () => {
  test.each<[string, 'admin' | 'otherTeacher', () => string]>([
    ['a course that is none', 'admin', nobodyId],
    ['a course id that is none', 'admin', () => 'the course'],
    ['a course of another teacher', 'otherTeacher', () => school.course.id],
  ])('%s', async (_, who, courseId) => {
    const input = { courseId: courseId(), studentIds: [ada.id] };
    await expectRefused(server, 'NOT_FOUND', () => grant(input, school[who]));
    await expectRefused(server, 'NOT_FOUND', () => grant({ ...input, studentIds: null }, school[who]));
  });

  test('a student', () =>
    expectForbidden(server, ada, 'grantBonuses', { courseId: school.course.id, ...GIVEN, studentIds: [ada.id] }));
});
