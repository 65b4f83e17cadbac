/** What students and their teacher see of an assignment while it is submitted, revised and changed. */
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { day, hour, minute } from '../auth/harness.js';
import {
  type AssignmentOptions,
  createSchool,
  newStudent,
  type Person,
  type School,
  signedInAgain,
} from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();

let school: School;
let teacher: Person;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
});
beforeEach(async () => {
  teacher = await signedInAgain(server, school.teacher);
  student = await newStudent(server);
  await student.mutate('joinCourse', { joinCode: school.course.joinCode });
});

async function letPass(milliseconds: number): Promise<void> {
  server.clock.advance(milliseconds);
  [teacher, student] = await Promise.all([signedInAgain(server, school.teacher), signedInAgain(server, student)]);
}

const later = (milliseconds: number): string => new Date(server.clock().getTime() + milliseconds).toISOString();

async function newAssignment(overrides: AssignmentOptions = {}): Promise<string> {
  const input = { courseId: school.course.id, title: 'An assignment', dueDate: later(hour), ...overrides };
  return (await teacher.mutate('createAssignment', input, 'assignment { id }')).assignment.id;
}
const submit = (assignmentId: string, content = 'My essay.', by = student) =>
  by.mutate(
    'submitAssignment',
    { assignmentId, content },
    'replayed reward { id xp } submission { id content late submittedAt revisedAt }',
  );
const revise = (submissionId: string, content: string, by = student) =>
  by.mutate(
    'reviseSubmission',
    { submissionId, content },
    'submission { id content late submittedAt revisedAt reward { id xp } }',
  );
const seen = async (id: string, selection: string, by = student): Promise<Data> =>
  (await by.must(`query ($id: ID!) { assignment(id: $id) { ${selection} } }`, { id })).assignment;

describe('pointsNow', () => {
  const pointsNow = async (id: string, by = student) => (await seen(id, 'pointsNow', by)).pointsNow;

  test('equals what a submission at that moment pays, for any due date', async () => {
    const days = fc.integer({ min: -9 * day, max: 9 * day });
    const edges = fc.constantFrom(
      0,
      1,
      -1,
      day,
      day - 1,
      -day,
      -day - 1,
      -day + 1,
      5 * day,
      5 * day - 1,
      -4 * day,
      -4 * day - 1,
    );
    const centuries = fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z');
    const dueDates = fc.oneof({ weight: 5, arbitrary: fc.oneof(days, edges).map(later) }, centuries);
    await fc.assert(
      fc.asyncProperty(dueDates, async (dueDate) => {
        const assignmentId = await newAssignment({ dueDate });
        const told = await pointsNow(assignmentId);
        const { reward } = await submit(assignmentId);
        expect(reward.xp).toBe(told);
        expect(told).toBeGreaterThanOrEqual(10);
        expect(told).toBeLessThanOrEqual(100);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['closed', -1, null],
    ['at its closing moment', 0, 40],
    ['still open', 1, 40],
  ])('of an assignment that is %s', async (_, left, points) => {
    const assignmentId = await newAssignment({ dueDate: later(-hour), closesAt: later(left) });
    expect(await pointsNow(assignmentId)).toBe(points);
    expect((await submit(assignmentId)).code).toBe(points === null ? 'ASSIGNMENT_CLOSED' : undefined);
  });

  test('is null after submitting, and for viewers who are not students', async () => {
    const assignmentId = await newAssignment();
    expect(await pointsNow(assignmentId)).toBe(50);
    await submit(assignmentId);
    expect(await pointsNow(assignmentId)).toBeNull();
    expect(await pointsNow(assignmentId, teacher)).toBeNull();
  });
});

describe('a submission', () => {
  test('is visible to its own student; the teacher sees all submissions', async () => {
    const assignmentId = await newAssignment();
    const other = await newStudent(server);
    await other.mutate('joinCourse', { joinCode: school.course.joinCode });
    expect(await seen(assignmentId, 'mySubmission { id } submissionCount')).toEqual({
      mySubmission: null,
      submissionCount: 0,
    });
    const { submission } = await submit(assignmentId);
    const theirs = await submit(assignmentId, 'Their essay.', other);
    const selection = 'mySubmission { id content } submissionCount';
    const mine = { id: submission.id, content: 'My essay.' };
    expect(await seen(assignmentId, selection)).toEqual({ mySubmission: mine, submissionCount: 2 });
    expect((await seen(assignmentId, selection, other)).mySubmission).toEqual({
      id: theirs.submission.id,
      content: 'Their essay.',
    });
    expect((await seen(assignmentId, selection, teacher)).mySubmission).toBeNull();
    const { submissions } = await seen(
      assignmentId,
      'submissions { edges { node { content student { id } } } }',
      teacher,
    );
    expect(submissions.edges.map(({ node }: Data) => node)).toEqual(
      expect.arrayContaining([
        { content: 'My essay.', student: { id: student.id } },
        { content: 'Their essay.', student: { id: other.id } },
      ]),
    );
  });

  test('keeps its reward and its late flag when it is revised', async () => {
    const assignmentId = await newAssignment({ dueDate: later(minute) });
    const submittedAt = server.clock().toISOString();
    const { submission, reward } = await submit(assignmentId);
    await letPass(2 * day);
    const revised = { id: submission.id, content: 'Better.', late: false, submittedAt, revisedAt: later(0), reward };
    expect((await revise(submission.id, 'Better. \n')).submission).toEqual(revised);
    await letPass(hour);
    expect((await revise(submission.id, 'Better.')).submission).toEqual(revised);
    expect((await seen(assignmentId, 'mySubmission { content }')).mySubmission.content).toBe('Better.');
    const { me } = await student.must(
      '{ me { ... on Student { submissionCount auraPoints rewards { edges { cursor } } } } }',
    );
    expect(me).toMatchObject({ submissionCount: 1, auraPoints: 50, rewards: { edges: [expect.anything()] } });
  });

  test('has its revised text when the first request is replayed', async () => {
    const assignmentId = await newAssignment();
    const { submission, reward } = await submit(assignmentId);
    await revise(submission.id, 'Better.');
    expect(await submit(assignmentId)).toMatchObject({
      replayed: true,
      reward,
      submission: { id: submission.id, content: 'Better.' },
    });
    expect(await submit(assignmentId, 'Better.')).toMatchObject({ code: 'ALREADY_SUBMITTED' });
  });

  test('cannot be revised after the assignment has closed', async () => {
    const assignmentId = await newAssignment({ closesAt: later(hour) });
    const { submission } = await submit(assignmentId);
    await letPass(hour + 1);
    expect(await revise(submission.id, 'Too late.')).toMatchObject({ code: 'ASSIGNMENT_CLOSED' });
    expect((await seen(assignmentId, 'mySubmission { content revisedAt }')).mySubmission).toEqual({
      content: 'My essay.',
      revisedAt: null,
    });
  });

  test('keeps its late flag when the due date changes later', async () => {
    const assignmentId = await newAssignment({ dueDate: later(-1.5 * day) });
    const { submission, reward } = await submit(assignmentId);
    expect({ late: submission.late, xp: reward.xp }).toEqual({ late: true, xp: 30 });
    await teacher.mutate('updateAssignment', { assignmentId, dueDate: later(5 * day) });
    expect((await seen(assignmentId, 'mySubmission { late reward { xp } }')).mySubmission).toEqual({
      late: true,
      reward: { xp: 30 },
    });
  });
});

describe('updateAssignment', () => {
  const given = {
    title: 'A title',
    instructions: 'Some instructions.',
    dueDate: '2030-01-01T00:00:00.000Z',
    closesAt: '2030-02-01T00:00:00.000Z',
  };

  test.each<[string, object, object]>([
    ['nothing', {}, {}],
    ['a title', { title: 'Another' }, { title: 'Another' }],
    ['other instructions', { instructions: 'Others.' }, { instructions: 'Others.' }],
    ['no instructions', { instructions: null }, { instructions: null }],
    ['no closing date', { closesAt: null }, { closesAt: null }],
    [
      'both dates',
      { dueDate: '2031-01-01T00:00:00Z', closesAt: '2031-01-01T00:00:00Z' },
      { dueDate: '2031-01-01T00:00:00.000Z', closesAt: '2031-01-01T00:00:00.000Z' },
    ],
  ])('with %s changes only that', async (_, changes, changed) => {
    const assignmentId = await newAssignment(given);
    const selection = 'title instructions dueDate closesAt';
    const { assignment } = await teacher.mutate(
      'updateAssignment',
      { assignmentId, ...changes },
      `assignment { ${selection} }`,
    );
    expect(assignment).toEqual({ ...given, ...changed });
    expect(await seen(assignmentId, selection)).toEqual(assignment);
  });

  test('reopens a closed assignment', async () => {
    const assignmentId = await newAssignment({ dueDate: later(-2 * hour), closesAt: later(-hour) });
    expect(await submit(assignmentId)).toMatchObject({ code: 'ASSIGNMENT_CLOSED' });
    await teacher.mutate('updateAssignment', { assignmentId, closesAt: null });
    expect((await submit(assignmentId)).reward.xp).toBe(40);
  });
});

describe('updateProfile', () => {
  const PROFILE = 'id displayName ... on Student { timeZone showOnLeaderboard }';

  test.each<[string, object]>([
    ['nothing', {}],
    ['a name', { displayName: 'Another Name' }],
    ['a time zone', { timeZone: 'America/New_York' }],
    ['showOnLeaderboard', { showOnLeaderboard: false }],
    ['everything', { displayName: 'Yet Another', timeZone: 'Asia/Tokyo', showOnLeaderboard: false }],
  ])('with %s changes only that', async (_, changes) => {
    const before = { id: student.id, displayName: 'Ada Lovelace', timeZone: 'UTC', showOnLeaderboard: true };
    expect(await student.mutate('updateProfile', changes, PROFILE)).toEqual({ ...before, ...changes });
    expect((await student.must(`{ me { ${PROFILE} } }`)).me).toEqual({ ...before, ...changes });
  });

  test('of a teacher changes its name', async () => {
    expect(await teacher.mutate('updateProfile', { displayName: 'Dr Teacher' }, 'displayName')).toEqual({
      displayName: 'Dr Teacher',
    });
    expect((await teacher.must('{ me { displayName } }')).me.displayName).toBe('Dr Teacher');
  });
});
