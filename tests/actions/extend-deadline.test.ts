import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { pointsNow } from '../../src/actions/submit-assignment.js';
import { day, later, minute, noon } from '../rewards/given.js';
import {
  discard,
  done,
  expectExplained,
  extend,
  givenSubmitted,
  restore,
  storedActs,
  storedSubmission,
  teacherOf,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenClass, givenCourse, givenStudent, storedStudent, submit } from '../support/given.js';
import { expectPaid, expectRefusal, expectRefused } from '../support/replays.js';

const database = useDatabase();

describe('before the student has handed in', () => {
  test('the dates hold for this student only: points, lateness and closing', async () => {
    const { course, student, assignment } = await givenClass({ closesAt: noon });
    const other = await givenStudent({ courseIds: [course._id] });
    const at = later(noon, 2 * day);
    const outcome = done(await extend(student, assignment, { dueDate: later(at, day), closesAt: later(at, day) }));
    expect(outcome.rewards).toEqual([]);
    expect(pointsNow(await storedStudent(student), assignment, at)).toBe(60);
    expect(pointsNow(await storedStudent(other), assignment, at)).toBeNull();

    expectRefused(await submit(other, assignment, { at }), 'ASSIGNMENT_CLOSED');
    const { reward, submission } = await expectPaid(await submit(student, assignment, { at }));
    expect(reward.xp).toBe(60);
    expect(submission!.late).toBe(false);
    expect(reward.action).toMatchObject({ dueDate: later(at, day) });
  });

  test('other dates replace it, null takes it back, and other assignments keep theirs', async () => {
    const { course, student, assignment } = await givenClass({ closesAt: noon });
    const other = await givenAssignment(course);
    const [first, second] = [later(noon, day), later(noon, 2 * day)];
    done(await extend(student, assignment, { dueDate: first }, { note: 'Ill.' }));
    done(await extend(student, other, { dueDate: first }));
    done(await extend(student, assignment, { dueDate: second, closesAt: second }, { note: 'Still ill.' }));
    const { extensions } = await storedStudent(student);
    expect(extensions).toEqual([
      { assignmentId: other._id, dueDate: first, closesAt: null, note: 'Because.' },
      { assignmentId: assignment._id, dueDate: second, closesAt: second, note: 'Still ill.' },
    ]);
    done(await extend(student, assignment, null));
    expect((await storedStudent(student)).extensions).toEqual(extensions!.slice(0, 1));
    expectRefused(await submit(student, assignment, { at: first }), 'ASSIGNMENT_CLOSED');
    expect((await storedActs(student)).map(({ extension }) => extension)).toEqual([
      { dueDate: first, closesAt: null },
      { dueDate: first, closesAt: null },
      { dueDate: second, closesAt: second },
      null,
    ]);
  });
});

describe('corrected', () => {
  test('a late submission is worth what it would have been, and is late no more', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted({ dueDate: later(noon, -3 * day) });
    expect(submission.late).toBe(true);
    const { rewards } = done(await extend(student, assignment, { dueDate: later(noon, day) }));
    expect(rewards).toMatchObject([
      { reason: 'EXTENSION', corrects: reward._id, xp: 40, worth: 60, localDate: reward.localDate },
    ]);
    expect(await storedSubmission(submission._id)).toMatchObject({ late: false });
    await expectExplained(student);
  });

  test('never less: an earlier date, or none, takes nothing back', async () => {
    const { student, assignment, submission } = await givenSubmitted();
    expect(done(await extend(student, assignment, { dueDate: later(noon, -day) })).rewards).toEqual([]);
    expect(done(await extend(student, assignment, { dueDate: later(noon, day) })).rewards).toHaveLength(1);
    expect(done(await extend(student, assignment, null)).rewards).toEqual([]);
    expect(done(await extend(student, assignment, { dueDate: later(noon, -day) })).rewards).toEqual([]);
    expect((await storedStudent(student)).lifetimeXp).toBe(60);
    expect(await storedSubmission(submission._id)).toMatchObject({ late: false });
    await expectExplained(student);
  });

  test('the counting submission, not the one that was discarded; that stays as it was', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted({ dueDate: later(noon, -minute) });
    done(await discard(submission));
    expect(done(await extend(student, assignment, { dueDate: later(noon, minute) })).rewards).toEqual([]);
    expect(await storedSubmission(submission._id)).toMatchObject({ late: true });
    const at = later(noon, 2 * minute);
    const next = await expectPaid(await submit(student, assignment, { content: 'Better.', at }));
    expect(next.reward.xp).toBe(40);
    const { rewards } = done(await extend(student, assignment, { dueDate: at }));
    expect(rewards).toMatchObject([{ corrects: next.reward._id, xp: 10, worth: 50 }]);
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(reward));
    await expectExplained(student);
  });

  test('several assignments of one student at once: each extension corrects its own submission', async () => {
    const { course, student } = await givenClass();
    const assignments = [];
    for (let count = 0; count < 4; count++) {
      const assignment = await givenAssignment(course, { dueDate: later(noon, -minute) });
      const { reward } = await expectPaid(await submit(student, assignment));
      assignments.push({ assignment, reward });
    }
    // The first goes alone. The others wait for it, and share a group.
    const outcomes = await Promise.all(
      assignments.map(({ assignment }) => extend(student, assignment, { dueDate: later(noon, minute) })),
    );
    for (const [position, outcome] of outcomes.entries()) {
      expect(done(outcome).rewards).toMatchObject([{ corrects: assignments[position]!.reward._id, xp: 10 }]);
    }
    await expectExplained(student);
  });
});

describe('refused-NOT_FOUND', () => {
  test('an assignment that does not exist, or of the course of somebody else', async () => {
    const { student, assignment } = await givenClass();
    const teacher = teacherOf(await givenCourse());
    for (const each of [assignment, new Types.ObjectId(), 'no-such-id']) {
      await expectRefusal(database, 'NOT_FOUND', () => extend(student, each, { dueDate: noon }, { teacher }));
    }
  });

  test('a student who does not exist, whom the teacher may not see, or the own account', async () => {
    const { course, student, assignment } = await givenClass();
    const stranger = await givenStudent();
    const teacher = teacherOf(course);
    for (const each of [stranger, new Types.ObjectId(), 'no-such-id']) {
      await expectRefusal(database, 'NOT_FOUND', () => extend(each, assignment, { dueDate: noon }, { teacher }));
    }
    const own = { accountId: student, role: 'ADMIN' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => extend(student, assignment, { dueDate: noon }, { teacher: own }));
  });
});

describe('refused-NOTHING_TO_CHANGE', () => {
  test('the same dates and note again', async () => {
    const { student, assignment } = await givenClass();
    const dates = { dueDate: later(noon, day), closesAt: later(noon, day) };
    done(await extend(student, assignment, dates));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => extend(student, assignment, dates));
    done(await extend(student, assignment, dates, { note: 'For another reason.' }));
  });

  test('taking back what was never given', async () => {
    const { student, assignment } = await givenClass();
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => extend(student, assignment, null));
  });
});
