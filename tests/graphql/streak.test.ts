/** Every field shows the streak as of the current day in the student's time zone. Reading it writes nothing. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { StudentModel } from '../../src/storage/models/student.js';
import { day, hour } from '../auth/harness.js';
import { createSchool, type Person, type School, signedInAgain } from '../http/school.js';
import { useServer } from '../support/client.js';

const server = useServer();

let school: School;
let student: Person;

const STREAK = 'streak { days longest freezes lastActiveOn }';

/** The current day in a time zone, by the server's clock. */
const today = (timeZone = 'UTC') => new Intl.DateTimeFormat('en-CA', { timeZone }).format(server.clock());

/** Stores a streak whose last active day was this many days ago. */
async function given(daysAgo: number, { freezes = 0, timeZone = 'UTC' } = {}) {
  student = await school.student(school.course);
  const lastActiveOn = new Date(Date.parse(today(timeZone)) - daysAgo * day).toISOString().slice(0, 10);
  const streak = { days: 5, longest: 9, freezes, lastActiveOn };
  const changes = { streak, timeZone, dayZone: timeZone };
  await StudentModel.collection.updateOne({ _id: new Types.ObjectId(student.id) }, { $set: changes });
  return streak;
}

const ofMe = async () => (await student.must(`{ me { ... on Student { ${STREAK} } } }`)).me.streak;

beforeAll(async () => {
  // Start at noon: the tests move the clock by hours and must stay on the same day in UTC.
  server.clock.advance(day - (server.clock().getTime() % day) + 12 * hour);
  school = await createSchool(server);
});

describe('to the student', () => {
  test.each([
    [0, 0, 5],
    [1, 0, 5],
    [2, 0, 0],
    [2, 1, 5],
    [3, 1, 0],
    [3, 2, 5],
    [4, 2, 0],
    [400, 2, 0],
  ])('last active %i days ago with %i freezes: %i days', async (daysAgo, freezes, days) => {
    const streak = await given(daysAgo, { freezes });
    const before = await server.database.snapshot();
    expect(await ofMe()).toEqual({ ...streak, days });
    expect(await server.database.snapshot()).toEqual(before);
  });
});

test.each([
  ['Pacific/Kiritimati', 14],
  ['Pacific/Pago_Pago', -11],
])('the day is over at midnight in %s', async (timeZone, offset) => {
  await given(1, { timeZone });
  const untilMidnight = day - ((server.clock().getTime() + offset * hour) % day);
  server.clock.advance(untilMidnight - 1);
  student = await signedInAgain(server, student);
  expect((await ofMe()).days).toBe(5);
  server.clock.advance(1);
  expect((await ofMe()).days).toBe(0);
});

describe('everywhere else', () => {
  test('the roster, a student by id, the profile and the payloads of mutations', async () => {
    await given(2);
    const byTeacher = await signedInAgain(server, school.teacher);
    const roster = await byTeacher.must(
      `query ($id: ID!, $student: ID!) { student(id: $student) { ${STREAK} }
        course(id: $id) { students(first: 100) { edges { node { id ${STREAK} } } } } }`,
      { id: school.course.id, student: student.id },
    );
    const row = roster.course.students.edges.find((edge: { node: Person }) => edge.node.id === student.id);
    expect([roster.student.streak.days, row.node.streak.days]).toEqual([0, 0]);

    const of = `... on Student { ${STREAK} }`;
    const profile = await student.mutate('updateProfile', { showOnLeaderboard: false }, of);
    const started = await student.mutate('startPomodoro', {}, `student { ${STREAK} } session { id }`);
    const abandoned = await student.mutate('endPomodoro', { sessionId: started.session.id }, `student { ${STREAK} }`);
    expect([profile, started.student, abandoned.student].map(({ streak }) => streak.days)).toEqual([0, 0, 0]);
  });

  test('the next activity starts a new streak and keeps the longest one', async () => {
    await given(2);
    const assignmentId = await (await signedInAgain(server, school.teacher)).mutate(
      'createAssignment',
      { courseId: school.course.id, title: 'An assignment', dueDate: school.inDays(1) },
      'assignment { id }',
    );
    const input = { assignmentId: assignmentId.assignment.id, content: 'x' };
    const paid = await student.mutate('submitAssignment', input, `student { ${STREAK} }`);
    expect(paid.student.streak).toEqual({ days: 1, longest: 9, freezes: 0, lastActiveOn: today() });
    expect((await ofMe()).days).toBe(1);
  });
});
