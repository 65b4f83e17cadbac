import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { SubmissionModel, type SubmissionRecord } from '../../../src/storage/models/submission.js';
import { day, hour, later, minute, noon, today } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import {
  changeAssignment,
  givenAssignment,
  givenClass,
  givenStudent,
  start,
  storedStudent,
  submit,
} from '../../support/given.js';
import { answered, expectPaid, rewarded } from '../../support/replays.js';

useDatabase();

describe('paid', () => {
  test('one submission: the complete ledger row', async () => {
    const { student, assignment } = await givenClass();
    const { reward } = await expectPaid(await submit(student, assignment, { key: 'my key' }));

    const nothing = { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 };
    expect(reward).toEqual({
      _id: expect.any(Types.ObjectId),
      studentId: student,
      sequence: 1,
      reason: 'ASSIGNMENT_SUBMITTED',
      subject: { kind: 'assignment', id: assignment._id },
      operation: 'submitAssignment',
      requestKey: 'my key',
      fingerprint: expect.stringMatching(/^[\w+/]{43}=$/),
      xp: 50,
      auraPoints: 50,
      before: nothing,
      after: { level: 0, xp: 50, lifetimeXp: 50, auraPoints: 50 },
      lines: [{ rule: 'on-time', text: 'Handed in on time', points: 50 }],
      leveledUp: false,
      surplusDiscarded: 0,
      badges: ['submissions-1'],
      streak: { days: 1, longest: 1, freezes: 0, lastActiveOn: today },
      localDate: today,
      dayZone: 'UTC',
      action: { kind: 'AssignmentSubmitted', at: noon, localDate: today, dueDate: noon },
      rulesVersion: 1,
      grantedAt: noon,
      requestId: expect.stringMatching(/^request-\d+$/),
      actorId: student,
    });
    await expectExactLedger(student);
  });

  test('without a key: the row has no requestKey, not even null', async () => {
    const { student, assignment } = await givenClass();
    const { reward } = await expectPaid(await submit(student, assignment, { key: null }));
    expect(reward).not.toHaveProperty('requestKey');
    await expectExactLedger(student);
  });

  test('the answer contains the submission as stored', async () => {
    const { student, assignment } = await givenClass();
    const { reward, submission } = await expectPaid(await submit(student, assignment, { content: 'My essay.' }));

    expect(submission).toEqual({
      _id: expect.any(Types.ObjectId),
      studentId: student,
      assignmentId: assignment._id,
      rewardId: reward._id,
      content: 'My essay.',
      submittedAt: noon,
      late: false,
      revisedAt: null,
      revision: 0,
    });
    expect(await SubmissionModel.findById(submission?._id).lean<SubmissionRecord>()).toEqual(submission);
  });

  test.each([
    { when: 'five days early', offset: -5 * day, points: 100, late: false },
    { when: 'a week early', offset: -7 * day, points: 100, late: false },
    { when: 'a day early', offset: -day, points: 60, late: false },
    { when: 'at the due date', offset: 0, points: 50, late: false },
    { when: 'a millisecond late', offset: 1, points: 40, late: true },
    { when: '36 hours late', offset: 36 * hour, points: 30, late: true },
    { when: 'a year late', offset: 365 * day, points: 10, late: true },
  ])('$when: $points XP and $points aura points, once', async ({ offset, points, late }) => {
    const { student, assignment } = await givenClass();
    const { reward, submission } = await expectPaid(await submit(student, assignment, { at: later(noon, offset) }));
    expect(reward).toMatchObject({ xp: points, auraPoints: points });
    expect(submission?.late).toBe(late);
    await expectExactLedger(student);
  });

  test('at the moment at which the assignment closes', async () => {
    const closesAt = later(noon, hour);
    const { student, assignment } = await givenClass({ closesAt });
    await expectPaid(await submit(student, assignment, { at: closesAt }));
  });

  test('a level-up: XP starts at 0 again, and the row has the discarded surplus', async () => {
    const { course, student, assignment } = await givenClass();
    const early = await givenAssignment(course, { dueDate: later(noon, 5 * day) });
    await submit(student, assignment);
    const { reward, student: now } = await expectPaid(await submit(student, early));

    expect(reward).toMatchObject({ xp: 100, leveledUp: true, surplusDiscarded: 50 });
    expect(reward.before).toEqual({ level: 0, xp: 50, lifetimeXp: 50, auraPoints: 50 });
    expect(reward.after).toEqual({ level: 1, xp: 0, lifetimeXp: 150, auraPoints: 150 });
    expect(now).toMatchObject({ ...reward.after, submissionCount: 2, sequence: 2 });
    await expectExactLedger(student);
  });

  test('a badge has the reward that unlocked it, and the time', async () => {
    const { student, assignment } = await givenClass();
    const { reward, student: now } = await expectPaid(await submit(student, assignment));
    expect(now.badges).toEqual([{ badgeId: 'submissions-1', unlockedAt: noon, rewardId: reward._id }]);
  });

  test('ten at once: only the tenth unlocks the badge for ten', async () => {
    const { course, student } = await givenClass();
    const assignments = await Promise.all(Array.from({ length: 10 }, () => givenAssignment(course)));
    const outcomes = await Promise.all(assignments.map((assignment) => submit(student, assignment)));

    const unlocked = outcomes.map((outcome) => rewarded(outcome).reward);
    expect(unlocked.filter(({ badges }) => badges.includes('submissions-10')).map(({ sequence }) => sequence)).toEqual([
      10,
    ]);
    await expectExactLedger(student);
  });

  test("the local date is the day in the student's time zone", async () => {
    const { student, assignment } = await givenClass({ student: { timeZone: 'Pacific/Kiritimati' } });
    const { reward } = await expectPaid(await submit(student, assignment));
    expect(reward.localDate).toBe('2026-03-12');
    await expectExactLedger(student);
  });

  test('a running session keeps running', async () => {
    const { student, assignment } = await givenClass();
    const { session } = answered(await start(student, { at: later(noon, -minute) }));
    await expectPaid(await submit(student, assignment));
    expect((await storedStudent(student)).runningPomodoro).toEqual(session);
  });

  test('two classmates at once: each is paid', async () => {
    const { course, student, assignment } = await givenClass();
    const classmate = await givenStudent({ courseIds: [course._id] });
    const outcomes = await Promise.all([submit(student, assignment), submit(classmate, assignment)]);
    for (const outcome of outcomes) await expectPaid(outcome);
    await expectExactLedger(student);
    await expectExactLedger(classmate);
  });

  test('a later change of the dates does not change the reward', async () => {
    const { student, assignment } = await givenClass();
    const { reward, submission } = await expectPaid(await submit(student, assignment));
    await changeAssignment(assignment, { dueDate: later(noon, -5 * day), closesAt: later(noon, -4 * day) });

    expect(await expectExactLedger(student)).toEqual([reward]);
    expect(await SubmissionModel.findOne({ studentId: student }).lean<SubmissionRecord>()).toEqual(submission);
  });
});
