import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import { joinCourse } from '../../src/actions/join-course.js';
import { type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import { type Client, clientOf } from '../support/client.js';
import { useDatabase } from '../support/database.js';
import { type Command, planOf, readsOf, THROUGH_AN_INDEX } from '../support/explain.js';
import { here, requestOf, submit } from '../support/given.js';
import { type RunningServer, startServer } from '../support/server.js';

const database = useDatabase();

/** Enough data for a scan or a sort to show in the plan. */
const STUDENTS = 60;
const PASSWORD = 'a password of the tests';

let server: RunningServer;
let school: ScaleSchool;
let clock = Date.now();

beforeAll(async () => {
  server = await startServer({ demonstration: false, clock: () => new Date(clock) });
  school = await seedScaleSchool({
    students: STUDENTS,
    rows: STUDENTS * 10,
    rowsOfFirst: 10,
    seed: 1,
    now: new Date(clock),
    report: () => {},
  });
});
afterAll(() => server.close());

test('every command that searches for documents uses an index, for every operation of the API', async () => {
  const sent = await readsOf(database.name, async () => {
    await asStaff();
    await asStudent();
  });

  const shapes = new Map(sent.map((command) => [shapeOf(command), command]));
  expect(shapes.size).toBeGreaterThan(25);
  for (const [shape, command] of shapes) {
    expect({ shape, ...(await planOf(command)) }).toEqual({ shape, ...THROUGH_AN_INDEX });
  }
});

/** Runs the operations of a teacher and an admin, each on a new course. */
async function asStaff(): Promise<void> {
  for (const role of ['TEACHER', 'ADMIN'] as const) {
    const email = `${role}@every.example`;
    const createdAt = new Date(clock);
    await createAccount({ email, password: PASSWORD, role, displayName: role, timeZone: 'UTC', createdAt });
    const nobody = clientOf(server.url);
    const { accessToken } = await nobody.mutate('signIn', { email, password: PASSWORD }, 'accessToken');
    const client = clientOf(server.url, accessToken);
    await client.mutate('updateProfile', { displayName: 'Somebody' }, 'displayName');
    const { course } = await client.mutate('createCourse', { name: 'Another' }, 'course { id joinCode }');
    const dueDate = new Date(clock + 86_400_000);
    const assigned = await client.mutate(
      'createAssignment',
      { courseId: course.id, title: 'An assignment', dueDate },
      'assignment { id }',
    );
    await client.mutate('updateAssignment', { assignmentId: assigned.assignment.id, title: 'Renamed' });
    await actByHand(client, course, assigned.assignment.id);
    await client.must('{ me { id email } courses(first: 1) { edges { node { id } } pageInfo { endCursor } } }');
  }
}

/** Runs every act by hand on a student who takes this course, each twice with the same key, and reads what they leave. */
async function actByHand(
  client: Client,
  course: { id: string; joinCode: string },
  assignmentId: string,
): Promise<void> {
  const [, student] = school.studentIds as [unknown, Types.ObjectId];
  const studentId = student.toHexString();
  const at = new Date(clock);
  await joinCourse(here, { studentId: student, joinCode: course.joinCode, facts: requestOf(student, at) });
  const handedIn = await submit(student, assignmentId, { at });
  if (handedIn.kind === 'refused') throw new Error(handedIn.message);
  const submissionId = handedIn.submission!._id.toHexString();
  const rewardId = handedIn.reward._id.toHexString();
  const byHand = { note: 'A note.', idempotencyKey: 'a key' };
  const bonus = { courseId: course.id, points: 1, ...byHand };
  const acts: [string, object, string][] = [
    ['grantBonus', { studentId, ...bonus }, 'reward { worth corrects { id } }'],
    ['grantBonuses', { studentIds: [studentId, 'none'], ...bonus }, 'paid'],
    ['grantBonuses', { ...bonus, idempotencyKey: 'another key' }, 'paid'],
    [
      'gradeSubmission',
      { submissionId, grade: 80, feedback: 'Good.', idempotencyKey: 'a key' },
      'submission { grade }',
    ],
    ['gradeSubmission', { submissionId, grade: 90, idempotencyKey: 'another key' }, 'submission { grade }'],
    ['revokeReward', { rewardId, ...byHand }, 'reward { by { id } submission { id } corrects { worth } }'],
    ['restoreReward', { rewardId, ...byHand }, 'reward { pomodoro { id } }'],
    [
      'extendDeadline',
      { assignmentId, studentId, dueDate: new Date(clock + 2 * 86_400_000), ...byHand },
      'assignment { id }',
    ],
    ['discardSubmission', { submissionId, ...byHand }, 'rewards { submission { id } }'],
  ];
  for (const [name, input, selection] of [...acts, ...acts]) {
    expect(await client.mutate(name, input, selection)).not.toHaveProperty('code');
  }
  const page = (field: string) => `${field}(first: 1) { edges { node { __typename } } pageInfo { endCursor } }`;
  const query = `query ($after: String) { student(id: "${studentId}") { submissions(first: 1, after: $after) { edges { node { id } } } } }`;
  const { student: seen, assignment } = await client.must(
    `{ student(id: "${studentId}") { ${page('submissions')} } assignment(id: "${assignmentId}") { ${page('extensions')} submissionCount } }`,
  );
  await client.must(query, { after: seen.submissions.pageInfo.endCursor });
  await client.must(
    `query ($after: String) { assignment(id: "${assignmentId}") { extensions(after: $after) { edges { node { note } } } } }`,
    { after: assignment.extensions.pageInfo.endCursor },
  );
}

/** Runs the operations of a student from sign-up to sign-out, on a later day than the school's last activity. */
async function asStudent(): Promise<void> {
  clock += 8 * 86_400_000;
  const nobody = clientOf(server.url);
  const account = { email: 'student@every.example', password: PASSWORD };
  await nobody.mutate('signUp', { ...account, displayName: 'Somebody' });
  const { accessToken, refreshToken } = await nobody.mutate('signIn', account, 'accessToken refreshToken');
  const client = clientOf(server.url, accessToken);
  await client.mutate('joinCourse', { joinCode: school.course.joinCode });
  await client.mutate('updateProfile', { timeZone: 'Europe/Berlin' }, 'id');
  const assignmentId = school.assignments[0]!._id.toHexString();
  const { submission } = await client.mutate(
    'submitAssignment',
    { assignmentId, content: 'first', idempotencyKey: 'a key' },
    'submission { id assignment { course { name } } }',
  );
  await client.mutate('reviseSubmission', { submissionId: submission.id, content: 'second' });
  const { session } = await client.mutate('startPomodoro', { plannedMinutes: 5, assignmentId }, 'session { id }');
  clock += 5 * 60_000;
  await client.mutate('endPomodoro', { sessionId: session.id, idempotencyKey: 'another key' });
  await client.must(`{ submission(id: "${submission.id}") { reward { student { id } } } }`);
  await client.must(`{ course(id: "${school.course._id}") { leaderboard(period: WEEK) { me { rank } } } }`);
  await client.must(`{ course(id: "${school.course._id}") { leaderboard(period: MONTH) { me { rank } } } }`);
  await nobody.must('mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }', {
    token: refreshToken,
  });
  await nobody.must('mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }', {
    token: refreshToken,
  });
  await client.ask('mutation { signOut }');
}

/** A command's shape: its fields without values. Explaining one command of each shape is enough. */
function shapeOf(command: Command): string {
  const [name] = Object.keys(command);
  const { lsid: _, $clusterTime: __, txnNumber: ___, readConcern: ____, writeConcern: _____, ...asked } = command;
  return `${name} ${JSON.stringify(asked, (key, value) => (typeof value === 'object' || key === '' ? value : 0))}`;
}
