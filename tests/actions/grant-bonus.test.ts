import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { day, later, noon } from '../rewards/given.js';
import { bonus, done, expectExplained, givenSubmitted, storedActs, teacherOf } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenClass, givenCourse, givenStudent, storedStudent } from '../support/given.js';
import { expectRefusal } from '../support/replays.js';

const database = useDatabase();

describe('paid', () => {
  test('the points, with the note as the only line; the act is stored with it', async () => {
    const { course, student } = await givenClass();
    const at = later(noon, day);
    const { rewards } = done(await bonus(student, course, 70, { teacher: teacherOf(course), note: 'Well asked.', at }));

    expect(await expectExplained(student)).toEqual(rewards);
    expect(rewards).toMatchObject([
      {
        reason: 'BONUS',
        xp: 70,
        lines: [{ rule: 'bonus', text: 'Well asked.', points: 70 }],
        actorId: course.teacherId,
        courseId: course._id,
        localDate: '2026-03-12',
      },
    ]);
    const [act] = await storedActs(student);
    expect(act).toMatchObject({ operation: 'grantBonus', rewardIds: [rewards[0]!._id], note: 'Well asked.', at });
    expect(rewards[0]!.subject).toEqual({ kind: 'bonus', id: act!._id });
  });

  test('a level and its badge, but it is no activity: no streak and no counter moves', async () => {
    const { course, student, submission } = await givenSubmitted();
    const before = await storedStudent(student);
    expect(submission.submittedAt).toEqual(noon);
    for (const [points, days] of [
      [100, 1],
      [400, 2],
      [900, 3],
      [1_000, 4],
      [600, 5],
      [1_000, 6],
      [1_000, 7],
      [500, 8],
    ] as const) {
      done(await bonus(student, course, points, { at: later(noon, days * day) }));
    }
    const { level, badges, streak, submissionCount, pomodoroCount, dayZone } = await storedStudent(student);
    expect(level).toBe(5);
    expect(badges.map(({ badgeId }) => badgeId)).toEqual(['submissions-1', 'level-5']);
    expect({ streak, submissionCount, pomodoroCount, dayZone }).toEqual({
      streak: before.streak,
      submissionCount: 1,
      pomodoroCount: 0,
      dayZone: before.dayZone,
    });
    await expectExplained(student);
  });

  test('twice, for two keys at once by two teachers on two committers', async () => {
    const { course, student } = await givenClass();
    await Promise.all([bonus(student, course, 10), bonus(student, course, 20, { by: elsewhere })]);
    expect((await expectExplained(student)).map(({ xp }) => xp).sort()).toEqual([10, 20]);
  });
});

describe('refused-NOT_FOUND', () => {
  test('a course that the teacher does not teach, or that does not exist', async () => {
    const { course, student } = await givenClass();
    const teacher = teacherOf(await givenCourse());
    for (const each of [course, new Types.ObjectId(), 'no-such-id']) {
      await expectRefusal(database, 'NOT_FOUND', () => bonus(student, each, 5, { teacher }));
    }
  });

  test('a student who does not exist, or whom the teacher may not see', async () => {
    const { course } = await givenClass();
    const stranger = await givenStudent({ courseIds: [(await givenCourse())._id] });
    const teacher = teacherOf(course);
    for (const each of [stranger, new Types.ObjectId(), 'no-such-id']) {
      await expectRefusal(database, 'NOT_FOUND', () => bonus(each, course, 5, { teacher }));
    }
  });

  test('the own account', async () => {
    const { course, student } = await givenClass();
    const teacher = { accountId: student, role: 'ADMIN' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => bonus(student, course, 5, { teacher }));
  });
});

test('refused-NOT_ENROLLED: a student of another course of the same teacher', async () => {
  const { course } = await givenClass();
  const other = await givenCourse({ teacherId: course.teacherId });
  const student = await givenStudent({ courseIds: [other._id] });
  await expectRefusal(database, 'NOT_ENROLLED', () => bonus(student, course, 5, { teacher: teacherOf(course) }));
});
