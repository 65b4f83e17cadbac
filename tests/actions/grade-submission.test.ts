import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { day, later, noon } from '../rewards/given.js';
import {
  discard,
  done,
  expectExplained,
  givenSubmitted,
  grade,
  restore,
  revoke,
  storedSubmission,
  teacherOf,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse, storedStudent, submit } from '../support/given.js';
import { oneLane, together } from '../support/lanes.js';
import { expectRefusal, rewarded } from '../support/replays.js';

const database = useDatabase();
const at = later(noon, day);

describe('paid', () => {
  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [79, 39],
    [100, 50],
  ])('a grade of %i: %i points, on the day of the grade', async (given, points) => {
    const { student, submission, teacher } = await givenSubmitted();
    const { rewards } = done(await grade(submission, given, { teacher, at, feedback: 'Well argued.' }));
    expect(rewards).toMatchObject([
      { reason: 'SUBMISSION_GRADED', xp: points, localDate: '2026-03-12', submissionId: submission._id },
    ]);
    expect(rewards[0]).not.toHaveProperty('corrects');
    expect(await storedSubmission(submission._id)).toMatchObject({
      grade: given,
      gradedAt: at,
      feedback: 'Well argued.',
    });
    expect((await storedStudent(student)).streak.lastActiveOn).toBe('2026-03-11');
    await expectExplained(student);
  });

  test('each of two submissions of one student in one transaction', async () => {
    const { student, course, submission } = await givenSubmitted();
    const other = rewarded(await submit(student, await givenAssignment(course))).submission!;
    const by = oneLane();
    // Both have read their submission when the lane becomes free.
    const outcomes = await together(by, () => [grade(submission, 20, { by }), grade(other, 90, { by })]);
    expect(outcomes.map((outcome) => done(outcome).rewards[0]!.submissionId)).toEqual([submission._id, other._id]);
    expect(await storedSubmission(submission._id)).toMatchObject({ grade: 20 });
    expect(await storedSubmission(other._id)).toMatchObject({ grade: 90 });
    await expectExplained(student);
  });
});

describe('corrected', () => {
  test('a later grade changes what the first is worth, on the day of the first', async () => {
    const { student, submission } = await givenSubmitted();
    const [first] = done(await grade(submission, 40, { feedback: 'Hm.' })).rewards;
    const { rewards } = done(await grade(submission, 90, { at: later(noon, 9 * day) }));
    expect(rewards).toMatchObject([
      { reason: 'SUBMISSION_GRADED', corrects: first!._id, xp: 25, worth: 45, localDate: first!.localDate },
    ]);
    done(await grade(submission, 10, { feedback: null }));
    expect(await storedSubmission(submission._id)).not.toHaveProperty('feedback');
    expect((await storedStudent(student)).lifetimeXp).toBe(55);
    await expectExplained(student);
  });

  test('feedback stays if none is given', async () => {
    const { submission } = await givenSubmitted();
    done(await grade(submission, 40, { feedback: 'Hm.' }));
    const { rewards } = done(await grade(submission, 50));
    expect(rewards[0]!.action).toMatchObject({ note: 'Hm.' });
    expect(await storedSubmission(submission._id)).toMatchObject({ grade: 50, feedback: 'Hm.' });
  });

  test('a grade that was revoked counts again, also with the same grade', async () => {
    const { student, submission } = await givenSubmitted();
    const [first] = done(await grade(submission, 40)).rewards;
    done(await revoke(first!));
    expect(done(await grade(submission, 40)).rewards).toMatchObject([{ xp: 20, worth: 20 }]);
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(first!));
    await expectExplained(student);
  });
});

describe('refused-NOTHING_TO_CHANGE', () => {
  test('the same grade and feedback', async () => {
    const { submission } = await givenSubmitted();
    done(await grade(submission, 40, { feedback: 'Hm.' }));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => grade(submission, 40));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => grade(submission, 40, { feedback: 'Hm.' }));
  });

  test('a submission that was discarded', async () => {
    const { submission } = await givenSubmitted();
    done(await discard(submission));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => grade(submission, 40));
  });
});

test('refused-NOT_FOUND: a submission that does not exist, of the course of somebody else, or of the own account', async () => {
  const { student, submission } = await givenSubmitted();
  const stranger = teacherOf(await givenCourse());
  const own = { accountId: student, role: 'ADMIN' } as const;
  await expectRefusal(database, 'NOT_FOUND', () => grade(new Types.ObjectId(), 50));
  await expectRefusal(database, 'NOT_FOUND', () => grade('no-such-id', 50));
  await expectRefusal(database, 'NOT_FOUND', () => grade(submission, 50, { teacher: stranger }));
  await expectRefusal(database, 'NOT_FOUND', () => grade(submission, 50, { teacher: own }));
});
