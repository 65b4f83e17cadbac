import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSchool, type Person, type School } from '../../http/school.js';
import { type Data, useServer } from '../../support/client.js';
import {
  ACT,
  act,
  expectForbidden,
  expectRefused,
  handIn,
  ledgerOf,
  newKey,
  nobodyId,
  promoted,
  ROW,
} from './harness.js';

const server = useServer();
const DISCARDED = `${ACT} rewards { ${ROW} } submission { id grade discardedAt reward { id worth } }`;
let school: School;
let student: Person;
let assignmentId: string;

beforeAll(async () => {
  school = await createSchool(server);
});
beforeEach(async () => {
  student = await school.student(school.course);
  // Due in six days, so that it pays the most: a level.
  assignmentId = await school.assignment({ dueDate: school.inDays(6) });
});

const discard = (submissionId: string, input: object = {}, by: Person = school.teacher): Promise<Data> =>
  act(by, 'discardSubmission', { submissionId, note: 'The wrong file.', ...input }, DISCARDED);
const assignmentAs = async (by: Person, selection: string): Promise<Data> =>
  (await by.must(`{ assignment(id: "${assignmentId}") { ${selection} } }`)).assignment;
const submissionsOf = async (by: Person): Promise<Data[]> => {
  const { student: seen } = await by.must(
    `{ student(id: "${student.id}") { submissions { edges { node { id content discardedAt } } } } }`,
  );
  return seen.submissions.edges.map(({ node }: Data) => node);
};

test.each(['teacher', 'admin'] as const)(
  'by the %s: every reward of the submission is revoked, in one act',
  async (who) => {
    const { submission, reward } = await handIn(student, assignmentId);
    const { reward: graded } = await act(school.teacher, 'gradeSubmission', { submissionId: submission.id, grade: 80 });
    const done = await discard(submission.id, {}, school[who]);
    expect(done).toMatchObject({
      replayed: false,
      level: 0,
      leveledUp: false,
      leveledDown: true,
      newBadges: [],
      lostBadges: [{ id: 'submissions-1' }],
      student: { lifetimeXp: 0, submissionCount: 0 },
      submission: { id: submission.id, discardedAt: server.clock().toISOString(), reward: { id: reward.id, worth: 0 } },
    });
    expect(done.rewards.map(({ xp, corrects }: Data) => [xp, corrects.id])).toEqual([
      [-100, reward.id],
      [-40, graded.id],
    ]);
    expect(done.reward).toEqual(done.rewards[1]);
    for (const row of done.rewards) expect(row).toMatchObject({ reason: 'REVOCATION', note: 'The wrong file.' });
  },
);

test('it is in the list of the student only', async () => {
  const { submission } = await handIn(student, assignmentId);
  await discard(submission.id);
  expect(await assignmentAs(student, 'mySubmission { id } pointsNow submissionCount')).toEqual({
    mySubmission: null,
    pointsNow: 100,
    submissionCount: 0,
  });
  expect(await assignmentAs(school.teacher, 'submissions { edges { node { id } } }')).toEqual({
    submissions: { edges: [] },
  });
  const listed = [{ id: submission.id, content: 'My essay.', discardedAt: server.clock().toISOString() }];
  expect(await submissionsOf(student)).toEqual(listed);
  expect(await submissionsOf(school.teacher)).toEqual(listed);
});

describe('the student hands in again', () => {
  test.each(['My essay.', 'Another essay.'])('"%s", and is paid by the date of then', async (content) => {
    const { submission, reward } = await handIn(student, assignmentId, 'My essay.', 'the key of the first');
    await discard(submission.id);
    await school.teacher.mutate('updateAssignment', { assignmentId, dueDate: school.inDays(-0.5) });
    const again = await handIn(student, assignmentId, content, 'the key of the second');
    expect(again).toMatchObject({ replayed: false, reward: { xp: 40 }, submission: { content, late: true } });
    expect(again.submission.id).not.toBe(submission.id);
    expect(await handIn(student, assignmentId, content, 'the key of the second')).toEqual({ ...again, replayed: true });
    expect(await assignmentAs(student, 'mySubmission { id } submissionCount')).toEqual({
      mySubmission: { id: again.submission.id },
      submissionCount: 1,
    });
    expect((await submissionsOf(student)).map(({ id }) => id)).toEqual([again.submission.id, submission.id]);
    // A late repeat of the first request answers its own reward, and the submission of that reward.
    expect(await handIn(student, assignmentId, 'My essay.', 'the key of the first')).toMatchObject({
      replayed: true,
      reward: { id: reward.id },
      submission: { id: submission.id, discardedAt: server.clock().toISOString() },
    });
  });

  test('not after the assignment has closed, unless there is an extension', async () => {
    const { submission } = await handIn(student, assignmentId);
    await discard(submission.id);
    const dates = { dueDate: school.inDays(-2), closesAt: school.inDays(-1) };
    await school.teacher.mutate('updateAssignment', { assignmentId, ...dates });
    expect(await handIn(student, assignmentId, 'Again.')).toMatchObject({ code: 'ASSIGNMENT_CLOSED' });
    const extension = { assignmentId, studentId: student.id, dueDate: school.inDays(2), note: 'Ill.' };
    await act(school.teacher, 'extendDeadline', extension);
    expect(await handIn(student, assignmentId, 'Again.')).toMatchObject({
      replayed: false,
      reward: { xp: 70 },
      submission: { late: false },
    });
  });

  test('each of several times, and every row names its own submission', async () => {
    const ids: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      const { submission } = await handIn(student, assignmentId, content);
      ids.push(submission.id);
      if (content !== 'three') await discard(submission.id);
    }
    const rows = await ledgerOf(student, student.id, 'reason submission { id }');
    expect(rows.map(({ submission }) => submission.id)).toEqual([ids[2], ids[1], ids[1], ids[0], ids[0]]);
  });
});

test('restoring its reward makes it count again', async () => {
  const { submission, reward } = await handIn(student, assignmentId);
  await discard(submission.id);
  await act(school.teacher, 'restoreReward', { rewardId: reward.id, note: 'It was right.' });
  expect(await assignmentAs(student, 'mySubmission { id discardedAt } submissionCount')).toEqual({
    mySubmission: { id: submission.id, discardedAt: null },
    submissionCount: 1,
  });
  expect(await handIn(student, assignmentId, 'Another.')).toMatchObject({ code: 'ALREADY_SUBMITTED' });
});

test('a repeat with the same key answers the same, also after the submission counts again', async () => {
  const { submission, reward } = await handIn(student, assignmentId);
  const request = { idempotencyKey: newKey() };
  const first = await discard(submission.id, request);
  expect(await discard(submission.id, request)).toEqual({ ...first, replayed: true });
  await act(school.teacher, 'restoreReward', { rewardId: reward.id, note: 'It was right.' });
  const before = await server.database.snapshot();
  expect(await discard(submission.id, request)).toMatchObject({
    replayed: true,
    reward: { id: first.reward.id },
    submission: { discardedAt: null },
  });
  expect(await server.database.snapshot()).toEqual(before);
});

describe('refused, with nothing written', () => {
  test('what is discarded already, a used key, and what is none', async () => {
    const { submission } = await handIn(student, assignmentId);
    const another = (await handIn(student, await school.assignment())).submission;
    const idempotencyKey = newKey();
    await expectRefused(server, 'NOT_FOUND', () => discard(submission.id, {}, school.otherTeacher));
    await discard(submission.id, { idempotencyKey });
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => discard(submission.id), /restore its reward/);
    await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => discard(another.id, { idempotencyKey }));
    await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => discard(submission.id, { idempotencyKey, note: 'x' }));
    for (const id of [nobodyId(), 'the submission'])
      await expectRefused(server, 'NOT_FOUND', () => discard(id, {}, school.admin));
  });

  test('restoring it after the student has handed in again', async () => {
    const { submission, reward } = await handIn(student, assignmentId);
    await discard(submission.id);
    await handIn(student, assignmentId, 'Again.');
    const restore = () => act(school.teacher, 'restoreReward', { rewardId: reward.id, note: 'x' });
    await expectRefused(server, 'NOTHING_TO_CHANGE', restore, /Discard that one first/);
  });

  test('revising it', async () => {
    const { submission } = await handIn(student, assignmentId);
    await discard(submission.id);
    const revise = () => student.mutate('reviseSubmission', { submissionId: submission.id, content: 'Better.' });
    await expectRefused(server, 'NOT_FOUND', revise, /Submit the assignment again/);
  });

  test('a student, and an own submission', async () => {
    const { submission } = await handIn(student, assignmentId);
    await expectForbidden(server, student, 'discardSubmission', { submissionId: submission.id, note: 'x' });
    const admin = await promoted(server, student, 'ADMIN');
    await expectRefused(server, 'NOT_FOUND', () => discard(submission.id, {}, admin));
  });
});
