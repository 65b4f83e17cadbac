import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSchool, type Person, type School } from '../../http/school.js';
import { useServer } from '../../support/client.js';
import {
  act,
  expectForbidden,
  expectRefused,
  focusFor5Minutes,
  handIn,
  ledgerOf,
  newKey,
  nobodyId,
  promoted,
} from './harness.js';

const server = useServer();
let school: School;
let student: Person;
/** A session's row, of `student`. */
let sessionRow: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course, school.otherCourse);
  sessionRow = (await focusFor5Minutes(server, student)).id;
});

const revoke = (rewardId: string, input: object = {}, by: Person = school.teacher) =>
  act(by, 'revokeReward', { rewardId, note: 'Copied.', ...input });
const restore = (rewardId: string, input: object = {}, by: Person = school.teacher) =>
  act(by, 'restoreReward', { rewardId, note: 'It was not.', ...input });
const bonus = async (studentId = student.id, points = 10, by: Person = school.teacher): Promise<string> => {
  const input = { studentId, courseId: school.course.id, points, note: 'A bonus.' };
  return (await act(by, 'grantBonus', input)).reward.id;
};
const PROGRESS =
  'level xp lifetimeXp auraPoints submissionCount streak { days longest freezes lastActiveOn } unlockedBadges { badge { id } reward { id } }';
const progress = async (of: Person) => (await of.must(`{ me { ... on Student { ${PROGRESS} } } }`)).me;

test.each(['teacher', 'admin'] as const)(
  'the %s takes a level and a badge back, and gives back the exact state',
  async (who) => {
    const fresh = await school.student(school.course);
    const { reward } = await handIn(fresh, await school.assignment({ dueDate: school.inDays(6) }));
    const before = await progress(fresh);
    expect(before).toMatchObject({ level: 1, lifetimeXp: 100, submissionCount: 1, streak: { days: 1 } });

    const revoked = await revoke(reward.id, {}, school[who]);
    expect(revoked).toMatchObject({
      replayed: false,
      level: 0,
      leveledUp: false,
      leveledDown: true,
      newBadges: [],
      lostBadges: [{ id: 'submissions-1' }],
      badges: [],
      student: { level: 0, lifetimeXp: 0, auraPoints: 0, submissionCount: 0, streak: { days: 0 } },
      reward: {
        sequence: 2,
        reason: 'REVOCATION',
        xp: -100,
        worth: -100,
        note: 'Copied.',
        lines: [{ rule: 'revocation', text: 'Copied.', points: -100 }],
        by: { __typename: who === 'teacher' ? 'Teacher' : 'Admin', id: school[who].id },
        corrects: { id: reward.id },
      },
    });
    expect((await ledgerOf(fresh, fresh.id))[1]).toMatchObject({ id: reward.id, xp: 100, worth: 0 });

    const restored = await restore(reward.id, {}, school[who]);
    expect(restored).toMatchObject({
      leveledUp: true,
      leveledDown: false,
      newBadges: [{ id: 'submissions-1' }],
      lostBadges: [],
      reward: { sequence: 3, reason: 'RESTORATION', xp: 100, note: 'It was not.', corrects: { id: reward.id } },
    });
    expect(await progress(fresh)).toEqual(before);
    expect((await ledgerOf(fresh, fresh.id)).map(({ worth }) => worth)).toEqual([100, -100, 100]);
  },
);

test('an admin revokes the reward of a focus session', async () => {
  const of = await school.student(school.course);
  const row = await focusFor5Minutes(server, of);
  const revoked = await act(
    school.admin,
    'revokeReward',
    { rewardId: row.id, note: 'Not at the desk.' },
    'reward { xp pomodoro { focusedSeconds } corrects { pomodoro { id } } }',
  );
  expect(revoked.reward).toMatchObject({
    xp: -5,
    pomodoro: { focusedSeconds: 300 },
    corrects: { pomodoro: { id: expect.any(String) } },
  });
  const day = server.clock().toISOString().slice(0, 10);
  const { me } = await of.must(
    `{ me { ... on Student { pomodoroCount dailyProgress(from: "${day}", to: "${day}") { xp focusedSeconds } } } }`,
  );
  expect(me).toEqual({ pomodoroCount: 0, dailyProgress: [{ xp: 0, focusedSeconds: 0 }] });
});

describe('a repeat with the same key', () => {
  test('of a revocation does not undo a restoration', async () => {
    const rewardId = await bonus();
    const request = { idempotencyKey: newKey() };
    const first = await revoke(rewardId, request);
    await restore(rewardId);
    const before = await server.database.snapshot();
    expect(await revoke(rewardId, request)).toMatchObject({ replayed: true, reward: { id: first.reward.id } });
    expect(await server.database.snapshot()).toEqual(before);
  });

  test('of a restoration answers its row', async () => {
    const rewardId = await bonus();
    await revoke(rewardId);
    const request = { idempotencyKey: newKey() };
    const first = await restore(rewardId, request);
    expect(await restore(rewardId, request)).toEqual({ ...first, replayed: true });
  });

  test('with another note or row is refused', async () => {
    const rewardId = await bonus();
    const request = { idempotencyKey: newKey() };
    await revoke(rewardId, request);
    const reused = () => revoke(rewardId, { ...request, note: 'Another note.' });
    await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', reused);
    const another = await bonus();
    await expectRefused(server, 'IDEMPOTENCY_KEY_REUSED', () => revoke(another, request));
  });
});

describe('refused, with nothing written', () => {
  test('revoking what is revoked, restoring what is not', async () => {
    const rewardId = await bonus();
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => restore(rewardId), /use revokeReward/);
    await revoke(rewardId);
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => revoke(rewardId), /use restoreReward/);
  });

  test('a row that corrects another, which the message names', async () => {
    const rewardId = await bonus();
    const { reward } = await revoke(rewardId);
    const named = new RegExp(`Name the row that it corrects instead: ${rewardId}\\.`);
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => revoke(reward.id), named);
    await expectRefused(server, 'NOTHING_TO_CHANGE', () => restore(reward.id), named);
    await expectRefused(server, 'NOT_FOUND', () => revoke(reward.id, {}, school.otherTeacher));
  });

  test('rows of another course, of a session, and ids that are none', async () => {
    const ofCourse = await bonus();
    const { reward: submitted } = await handIn(student, await school.assignment());
    const rows: [string, Person][] = [
      [ofCourse, school.otherTeacher],
      [submitted.id, school.otherTeacher],
      [sessionRow, school.teacher],
      [nobodyId(), school.admin],
      ['the row', school.admin],
    ];
    for (const [rewardId, by] of rows) {
      await expectRefused(server, 'NOT_FOUND', () => revoke(rewardId, {}, by));
      await expectRefused(server, 'NOT_FOUND', () => restore(rewardId, {}, by));
    }
  });

  test('an own row', async () => {
    const another = await school.student(school.course);
    const rewardId = await bonus(another.id);
    const admin = await promoted(server, another, 'ADMIN');
    await expectRefused(server, 'NOT_FOUND', () => revoke(rewardId, {}, admin));
    await revoke(rewardId);
    await expectRefused(server, 'NOT_FOUND', () => restore(rewardId, {}, admin));
  });

  test('a student', async () => {
    const rewardId = await bonus();
    await expectForbidden(server, student, 'revokeReward', { rewardId, note: 'x' });
    await expectForbidden(server, student, 'restoreReward', { rewardId, note: 'x' });
  });
});
