import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../../../src/storage/models/pomodoro-session.js';
import { hour, later, minute, noon, second, today } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import { end, focus, givenClass, givenRunning, givenStudent, storedStudent } from '../../support/given.js';
import { answered, expectPaid } from '../../support/replays.js';

useDatabase();

describe('paid', () => {
  test('one session: the complete ledger row', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const { reward } = await expectPaid(await end(student, session, { key: 'my key' }));

    const at = later(noon, 25 * minute);
    expect(reward).toEqual({
      _id: expect.any(Types.ObjectId),
      studentId: student,
      sequence: 1,
      reason: 'POMODORO_ENDED',
      subject: { kind: 'pomodoro', id: session },
      operation: 'endPomodoro',
      requestKey: 'my key',
      fingerprint: expect.stringMatching(/^[\w+/]{43}=$/),
      xp: 25,
      auraPoints: 25,
      before: { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 },
      after: { level: 0, xp: 25, lifetimeXp: 25, auraPoints: 25 },
      lines: [{ rule: 'focus-minutes', text: '25 focused minutes', points: 25 }],
      leveledUp: false,
      surplusDiscarded: 0,
      badges: ['focus-minutes-25'],
      streak: { days: 1, longest: 1, freezes: 0, lastActiveOn: today },
      localDate: today,
      dayZone: 'UTC',
      action: { kind: 'PomodoroEnded', at, localDate: today, plannedMinutes: 25, focusedSeconds: 1_500 },
      rulesVersion: 1,
      grantedAt: at,
      requestId: expect.stringMatching(/^request-\d+$/),
      actorId: student,
    });
    await expectExactLedger(student);
  });

  test('the answer contains the session as stored, and no session runs any more', async () => {
    const { student, assignment } = await givenClass();
    const running = await givenRunning(student, { device: 'phone', assignment });
    const { reward, session, student: now } = await expectPaid(await end(student, running, { key: 'my key' }));

    expect(session).toEqual({
      _id: running,
      studentId: student,
      status: 'COMPLETED',
      startedAt: noon,
      plannedMinutes: 25,
      endedAt: later(noon, 25 * minute),
      focusedSeconds: 1_500,
      device: 'phone',
      assignmentId: assignment._id,
      rewardId: reward._id,
      requestKey: 'my key',
      endedBy: reward._id,
    });
    expect(await PomodoroSessionModel.findById(running).lean<PomodoroSessionRecord>()).toEqual(session);
    expect(now).toMatchObject({ runningPomodoro: null, pomodoroCount: 1, totalPomodoroSeconds: 1_500 });
  });

  test.each([
    { when: 'after the shortest time that pays', planned: 25, after: 5 * minute, points: 5, seconds: 300 },
    { when: 'in the middle of a minute', planned: 25, after: 7 * minute + 59 * second, points: 7, seconds: 479 },
    { when: 'at its planned end', planned: 25, after: 25 * minute, points: 25, seconds: 1_500 },
    { when: 'long after its planned end', planned: 25, after: 3 * hour, points: 25, seconds: 1_500 },
    {
      when: 'at the last moment before it expires',
      planned: 25,
      after: 12 * hour + 25 * minute,
      points: 25,
      seconds: 1_500,
    },
    { when: 'at its planned end, given the shortest session', planned: 1, after: minute, points: 1, seconds: 60 },
    {
      when: 'at its planned end, given the longest session',
      planned: 120,
      after: 2 * hour,
      points: 120,
      seconds: 7_200,
    },
  ])('ended $when: $points XP and $points aura points, once', async ({ planned, after, points, seconds }) => {
    const student = await givenStudent();
    const session = await givenRunning(student, { plannedMinutes: planned });
    const answer = await expectPaid(await end(student, session, { at: later(noon, after) }));
    expect(answer.reward).toMatchObject({ xp: points, auraPoints: points });
    expect(answer.session).toMatchObject({ status: 'COMPLETED', focusedSeconds: seconds });
    await expectExactLedger(student);
  });

  test('given a clock that jumped ahead by an hour: not more than planned', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const { reward } = await expectPaid(await end(student, session, { at: later(noon, 10 * minute + hour) }));
    expect(reward.xp).toBe(25);
    await expectExactLedger(student);
  });

  test('a level-up, and focus badges with their rewards', async () => {
    const student = await givenStudent();
    await expectPaid(await focus(student, 60));
    const { reward, student: now } = await expectPaid(await focus(student, 60, { from: later(noon, 2 * hour) }));

    expect(reward).toMatchObject({ leveledUp: true, surplusDiscarded: 20, badges: [] });
    expect(reward.after).toEqual({ level: 1, xp: 0, lifetimeXp: 120, auraPoints: 120 });
    expect(now.badges).toEqual([
      { badgeId: 'focus-minutes-25', unlockedAt: later(noon, hour), rewardId: expect.anything() },
    ]);
    await expectExactLedger(student);
  });
});

describe('paid, at most 240 minutes a day', () => {
  test('minutes beyond the cap are not paid, but appear in the row and count as focused', async () => {
    const student = await givenStudent();
    await focus(student, 120);
    await focus(student, 100, { from: later(noon, 2 * hour) });
    const { reward, student: now } = await expectPaid(await focus(student, 60, { from: later(noon, 4 * hour) }));

    expect(reward).toMatchObject({ xp: 20, auraPoints: 20 });
    expect(reward.lines).toEqual([
      { rule: 'focus-minutes', text: '60 focused minutes', points: 60 },
      { rule: 'daily-cap', text: 'At most 240 minutes a day pay', points: -40 },
    ]);
    expect(now).toMatchObject({ lifetimeXp: 240, totalPomodoroSeconds: 280 * 60, pomodoroCount: 3 });
    await expectExactLedger(student);
  });

  test('a session entirely beyond the cap has a row with 0 points', async () => {
    const student = await givenStudent();
    await focus(student, 120);
    await focus(student, 120, { from: later(noon, 2 * hour) });
    const { reward, session } = await expectPaid(await focus(student, 25, { from: later(noon, 5 * hour) }));
    expect(reward).toMatchObject({ xp: 0, auraPoints: 0, sequence: 3 });
    expect(session).toMatchObject({ status: 'COMPLETED', rewardId: reward._id });
    await expectExactLedger(student);
  });
});

describe('unpaid: a session that was ended too early', () => {
  test.each([
    { when: 'immediately', planned: 25, after: 0, seconds: 0 },
    { when: 'a second too early', planned: 25, after: 5 * minute - second, seconds: 299 },
    { when: 'a second too early, given the shortest session', planned: 1, after: 59 * second, seconds: 59 },
    { when: 'by a clock that went back by an hour', planned: 25, after: 20 * minute - hour, seconds: 0 },
  ])('ended $when: ABANDONED, and not counted', async ({ planned, after, seconds }) => {
    const student = await givenStudent();
    const running = await givenRunning(student, { plannedMinutes: planned });
    const {
      session,
      reward,
      replayed,
      student: now,
    } = answered(await end(student, running, { at: later(noon, after) }));

    expect({ reward, replayed }).toEqual({ reward: null, replayed: false });
    expect(session).toMatchObject({ status: 'ABANDONED', focusedSeconds: seconds, rewardId: null });
    expect(session.endedAt.getTime()).toBeGreaterThanOrEqual(noon.getTime());
    expect(await PomodoroSessionModel.findById(running).lean<PomodoroSessionRecord>()).toEqual(session);
    expect(now).toEqual(await storedStudent(student));
    expect(now).toMatchObject({ runningPomodoro: null, pomodoroCount: 0, totalPomodoroSeconds: 0, lifetimeXp: 0 });
    expect(await expectExactLedger(student)).toEqual([]);
  });
});
