import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSchool, type Person, type School } from '../../http/school.js';
import { type Data, useServer } from '../../support/client.js';
import { ACT, act, expectForbidden, expectRefused, handIn, ledgerOf, newKey, nobodyId, promoted } from './harness.js';

const server = useServer();
const GRADED = `${ACT} submission { id grade feedback gradedAt discardedAt reward { worth } }`;
let school: School;
let student: Person;
let submissionId: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});
beforeEach(async () => {
  submissionId = (await handIn(student, await school.assignment())).submission.id;
});

const grade = (input: object, by: Person = school.teacher): Promise<Data> =>
  act(by, 'gradeSubmission', { submissionId, ...input }, GRADED);
const seen = async (by: Person = student): Promise<Data> =>
  (await by.must(`{ submission(id: "${submissionId}") { grade feedback gradedAt } }`)).submission;

test.each(['teacher', 'admin'] as const)('the %s pays half a point for each of the grade', async (who) => {
  const graded = await grade({ grade: 81, feedback: 'Good. \n' }, school[who]);
  expect(graded).toMatchObject({
    replayed: false,
    leveledDown: false,
    lostBadges: [],
    reward: {
      reason: 'SUBMISSION_GRADED',
      xp: 40,
      worth: 40,
      note: 'Good.',
      corrects: null,
      by: { id: school[who].id },
    },
    submission: { grade: 81, feedback: 'Good.', gradedAt: server.clock().toISOString(), discardedAt: null },
  });
  expect(await seen()).toEqual({ grade: 81, feedback: 'Good.', gradedAt: server.clock().toISOString() });
  expect((await ledgerOf(student, student.id))[0]).toEqual(graded.reward);
});

test('a later grade changes the worth of the first, up and down, and undoes a revocation', async () => {
  const { reward: first } = await grade({ grade: 80 });
  const worth = async () => (await ledgerOf(student, student.id)).find(({ id }) => id === first.id)?.worth;
  const lower = await grade({ grade: 21 });
  expect(lower.reward).toMatchObject({
    reason: 'SUBMISSION_GRADED',
    xp: -30,
    auraPoints: -30,
    worth: -30,
    corrects: { id: first.id },
    lines: [{ rule: 'regrade', points: -30 }],
  });
  expect(lower.student.lifetimeXp).toBe(first.after.lifetimeXp - 30);
  expect(await worth()).toBe(10);
  expect((await grade({ grade: 100 })).reward).toMatchObject({ xp: 40, corrects: { id: first.id } });
  expect(await worth()).toBe(50);
  await act(school.teacher, 'revokeReward', { rewardId: first.id, note: 'Copied.' });
  expect(await worth()).toBe(0);
  expect((await grade({ grade: 100 })).reward).toMatchObject({ xp: 50, corrects: { id: first.id } });
  expect(await worth()).toBe(50);
});

test('a grade of 0 pays nothing and is a row', async () => {
  expect(await grade({ grade: 0 })).toMatchObject({ reward: { xp: 0, worth: 0 }, submission: { grade: 0 } });
});

test('feedback is kept if it is left out, and removed if it is null', async () => {
  await grade({ grade: 50, feedback: 'Fair.' });
  expect(await grade({ grade: 60 })).toMatchObject({ submission: { feedback: 'Fair.' }, reward: { note: 'Fair.' } });
  expect(await grade({ grade: 60, feedback: null })).toMatchObject({
    submission: { feedback: null },
    reward: { note: null, xp: 0 },
  });
  expect(await seen()).toMatchObject({ grade: 60, feedback: null });
});

test('a repeat with the same key answers the same, also after another grade', async () => {
  const request = { grade: 70, feedback: 'Good.', idempotencyKey: newKey() };
  const first = await grade(request);
  expect(await grade(request)).toEqual({ ...first, replayed: true });
  await grade({ grade: 90 });
  const before = await server.database.snapshot();
  const again = await grade(request);
  expect(again).toMatchObject({ replayed: true, reward: { id: first.reward.id }, submission: { grade: 90 } });
  expect(await server.database.snapshot()).toEqual(before);
});

describe('refused, with nothing written', () => {
  test('a key that was used with another input', async () => {
    const request = { grade: 70, feedback: 'Good.', idempotencyKey: newKey() };
    await grade(request);
    for (const changed of [{ grade: 71 }, { feedback: 'Bad.' }, { feedback: null }, { submissionId: nobodyId() }]) {
      await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => grade({ ...request, ...changed }));
    }
  });

  test('the same grade and feedback again', async () => {
    await grade({ grade: 70, feedback: 'Good.' });
    const same = [{ grade: 70, feedback: 'Good.' }, { grade: 70 }];
    for (const input of same) await expectRefused(server, 'NOTHING_TO_CHANGE', () => grade(input), /Send another/);
  });

  test('a discarded submission', async () => {
    await act(school.teacher, 'discardSubmission', { submissionId, note: 'Wrong file.' });
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => grade({ grade: 70 }), /Restore its reward first/);
  });

  test.each<[string, 'teacher' | 'otherTeacher' | 'admin', () => object]>([
    ['a submission that is none', 'teacher', () => ({ submissionId: nobodyId() })],
    ['an id that is none', 'admin', () => ({ submissionId: 'the submission' })],
    ['a submission of another course', 'otherTeacher', () => ({})],
  ])('%s', async (_, who, change) => {
    await expectRefused(server, 'NOT_FOUND', () => grade({ grade: 70, ...change() }, school[who]));
  });

  test('a student, even the own submission', () =>
    expectForbidden(server, student, 'gradeSubmission', { submissionId, grade: 100 }));

  test('an own submission', async () => {
    const another = await school.student(school.course);
    const own = (await handIn(another, await school.assignment())).submission.id;
    const admin = await promoted(server, another, 'ADMIN');
    await expectRefused(server, 'NOT_FOUND', () => grade({ submissionId: own, grade: 100 }, admin));
  });
});
