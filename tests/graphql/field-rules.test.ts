/**
 * P8: an object that a viewer may not see does not exist for that viewer. This file tests the main cases;
 * authorization.test.ts tests every field.
 */
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { fieldRules } from '../../src/auth/policy.js';
import { createSchema } from '../../src/graphql/schema.js';
import { createSchool, newStudent, type Person, type School } from '../http/school.js';
import { type Data, mutationOf, useServer } from '../support/client.js';

const server = useServer();

/** One object of each kind, and one person for each relation to it. */
let school: School;
let owner: Person;
let classmate: Person;
let stranger: Person;
let ids: Record<'student' | 'course' | 'assignment' | 'submission' | 'session', string>;

beforeAll(async () => {
  school = await createSchool(server);
  owner = await school.student(school.course, school.otherCourse);
  classmate = await school.student(school.course);
  stranger = await newStudent(server);
  const assignment = await school.assignment();
  const { submission } = await submitTo(assignment);
  ids = { student: owner.id, course: school.course.id, assignment, submission: submission.id, session: '' };
  await submitTo(await school.otherAssignment());
  const other = await school.otherAssignment();
  ids.session = (await owner.mutate('startPomodoro', { assignmentId: other }, 'session { id }')).session.id;
});

const submitTo = (assignmentId: string) =>
  owner.mutate('submitAssignment', { assignmentId, content: 'x' }, 'submission { id }');

const people: Record<string, () => Person> = {
  'the student': () => owner,
  'a classmate': () => classmate,
  'a stranger': () => stranger,
  'its teacher': () => school.teacher,
  'another teacher': () => school.otherTeacher,
  'an admin': () => school.admin,
};
const person = (who: string): Person => people[who]!();

describe('the schema', () => {
  afterEach(() => {
    jest.restoreAllMocks();
    Reflect.deleteProperty(fieldRules, 'Query.passwords');
  });

  test('has a rule for every field', () => expect(createSchema()).resolves.toBeDefined());

  test('is rejected if a field has no rule', async () => {
    jest.replaceProperty(fieldRules as Record<string, unknown>, 'Course.joinCode', undefined);
    await expect(createSchema()).rejects.toThrow(
      'no rule for: Course.joinCode; and rules for fields that do not exist: none',
    );
  });

  test('is rejected if a rule has no field', async () => {
    Reflect.set(fieldRules, 'Query.passwords', 'everyone');
    await expect(createSchema()).rejects.toThrow(
      'no rule for: none; and rules for fields that do not exist: Query.passwords',
    );
  });
});

describe('an object', () => {
  test.each([
    ['student', ['the student', 'its teacher', 'another teacher', 'an admin']],
    ['course', ['the student', 'a classmate', 'its teacher', 'an admin']],
    ['assignment', ['the student', 'a classmate', 'its teacher', 'an admin']],
    ['submission', ['the student', 'its teacher', 'an admin']],
  ] as const)('%s is there for %j, and for nobody else', async (type, seen) => {
    const query = `query ($id: ID!) { ${type}(id: $id) { id } }`;
    const sees = async (who: string) => {
      const { data, errors } = await person(who).ask(query, { id: ids[type] });
      expect(errors).toEqual([]);
      return data[type]?.id === ids[type];
    };
    const all = Object.keys(people);
    const found = await Promise.all(all.map(sees));
    expect(all.filter((_, n) => found[n])).toEqual(seen);
  });

  test('that does not exist looks like one that the viewer may not see', async () => {
    const query = 'query ($id: ID!) { student(id: $id) { id } submission(id: $id) { id } }';
    const [unknown, unseen] = await Promise.all(
      ['0123456789abcdef01234567', owner.id].map((id) => stranger.ask(query, { id })),
    );
    expect(unknown?.data).toEqual({ student: null, submission: null });
    expect(unseen?.data).toEqual(unknown?.data);
  });
});

describe('a field for teachers of the course', () => {
  test.each([
    ['the roster', 'query ($course: ID!) { course(id: $course) { students { edges { node { id } } } } }'],
    [
      'the submissions',
      'query ($assignment: ID!) { assignment(id: $assignment) { submissions { edges { node { id } } } } }',
    ],
  ])('%s is FORBIDDEN to students', async (_, query) => {
    expect(await classmate.ask(query, ids)).toMatchObject({
      code: 'FORBIDDEN',
      text: expect.not.stringContaining(owner.id),
    });
    expect((await school.teacher.ask(query, ids)).errors).toEqual([]);
    expect((await school.admin.ask(query, ids)).errors).toEqual([]);
  });

  test('the join code is null to students', async () => {
    const joinCode = async (by: Person) =>
      (await by.must('query ($course: ID!) { course(id: $course) { joinCode } }', ids)).course.joinCode;
    expect(await joinCode(classmate)).toBeNull();
    expect(await joinCode(school.teacher)).toBe(school.course.joinCode);
    expect(await joinCode(school.admin)).toBe(school.course.joinCode);
  });

  test('its data is not available through other fields', async () => {
    const { data } = await classmate.ask(
      `query ($course: ID!) { course(id: $course) {
        leaderboard { edges { node { displayName } } }
        assignments { edges { node { submissionCount mySubmission { id } } } } } }`,
      ids,
    );
    expect(JSON.stringify(data)).not.toContain(owner.email);
    expect(data.course.assignments.edges).toContainEqual({ node: { submissionCount: 1, mySubmission: null } });
  });
});

describe('a mutation', () => {
  const FOR_STUDENTS: Record<string, () => object> = {
    submitAssignment: () => ({ assignmentId: ids.assignment, content: 'x' }),
    reviseSubmission: () => ({ submissionId: ids.submission, content: 'x' }),
    startPomodoro: () => ({}),
    endPomodoro: () => ({ sessionId: ids.session }),
    joinCourse: () => ({ joinCode: school.course.joinCode }),
  };
  const FOR_TEACHERS: Record<string, () => object> = {
    createCourse: () => ({ name: 'x' }),
    createAssignment: () => ({ courseId: ids.course, title: 'x', dueDate: school.inDays(1) }),
    updateAssignment: () => ({ assignmentId: ids.assignment, title: 'x' }),
  };

  /** Sends the mutation, asserts that it writes nothing, and returns the answer. */
  async function unwritten(who: string, mutation: string, input: object) {
    const before = await server.database.snapshot();
    const answer = await person(who).ask(mutationOf(mutation), { input });
    expect(await server.database.snapshot()).toEqual(before);
    return answer;
  }

  test.each([
    ...Object.entries(FOR_STUDENTS).flatMap(([name, input]) =>
      ['its teacher', 'an admin'].map((who) => [name, who, input] as const),
    ),
    ...Object.entries(FOR_TEACHERS).map(([name, input]) => [name, 'the student', input] as const),
  ])('%s is FORBIDDEN to %s', async (mutation, who, input) => {
    expect(await unwritten(who, mutation, input())).toMatchObject({ code: 'FORBIDDEN', data: null });
  });

  test.each([
    ['submitAssignment', 'a stranger', FOR_STUDENTS.submitAssignment!],
    ['reviseSubmission', 'a classmate', FOR_STUDENTS.reviseSubmission!],
    ['endPomodoro', 'a classmate', FOR_STUDENTS.endPomodoro!],
    ['startPomodoro', 'a stranger', () => ({ assignmentId: ids.assignment })],
    ['createAssignment', 'another teacher', FOR_TEACHERS.createAssignment!],
    ['updateAssignment', 'another teacher', FOR_TEACHERS.updateAssignment!],
  ])('%s of what one may not see is NOT_FOUND, as data: %s', async (mutation, who, input) => {
    const { errors, data } = await unwritten(who, mutation, input());
    expect(errors).toEqual([]);
    expect(data[mutation]).toMatchObject({ __typename: 'Refusal', code: 'NOT_FOUND' });
  });

  test('an admin manages every course', async () => {
    const input = { assignmentId: await school.otherAssignment(), title: 'Renamed' };
    const { assignment } = await school.admin.mutate('updateAssignment', input, 'assignment { title }');
    expect(assignment.title).toBe('Renamed');
  });
});

describe('a teacher of a student sees', () => {
  const ofStudent = async (by: Person, selection: string): Promise<Data> =>
    (await by.must(`query ($student: ID!) { student(id: $student) { ${selection} } }`, ids)).student;

  test('the e-mail address, and only the courses that the teacher teaches', async () => {
    const selection = 'email courses { id }';
    const both = [school.course, school.otherCourse].map(({ id }) => ({ id }));
    expect(await ofStudent(owner, selection)).toEqual({ email: owner.email, courses: both });
    expect(await ofStudent(school.admin, selection)).toEqual({ email: owner.email, courses: both });
    expect(await ofStudent(school.teacher, selection)).toEqual({ email: owner.email, courses: [both[0]] });
    expect(await ofStudent(school.otherTeacher, selection)).toEqual({ email: owner.email, courses: [both[1]] });
  });

  test('the whole ledger, without submissions to other courses', async () => {
    const handedIn = async (by: Person) => {
      const { rewards } = await ofStudent(by, 'rewards { edges { node { sequence submission { content } } } }');
      return rewards.edges.map(({ node }: Data) => [node.sequence, node.submission?.content ?? null]);
    };
    expect(await handedIn(owner)).toEqual([
      [2, 'x'],
      [1, 'x'],
    ]);
    expect(await handedIn(school.teacher)).toEqual([
      [2, null],
      [1, 'x'],
    ]);
    expect(await handedIn(school.otherTeacher)).toEqual([
      [2, 'x'],
      [1, null],
    ]);
  });

  test('the running session, without an assignment of another course', async () => {
    const spentOn = async (by: Person) =>
      (await ofStudent(by, 'runningPomodoro { id assignment { title } }')).runningPomodoro;
    const title = { assignment: { title: 'An assignment' }, id: ids.session };
    expect(await spentOn(owner)).toEqual(title);
    expect(await spentOn(school.otherTeacher)).toEqual(title);
    expect(await spentOn(school.teacher)).toEqual({ assignment: null, id: ids.session });
  });
});
