import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSchool, newStudent, type Person, type School } from '../../http/school.js';
import { useServer } from '../../support/client.js';
import { act, expectForbidden, expectRefused, ledgerOf, newKey, nobodyId, promoted } from './harness.js';

const server = useServer();
let school: School;
let student: Person;
const bonus = () => ({ studentId: student.id, courseId: school.course.id, points: 30, note: 'Helped others.' });

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

describe.each(['teacher', 'admin'] as const)('by the %s', (who) => {
  test('a bonus pays a row of its own, and no activity', async () => {
    const fresh = await school.student(school.course);
    const given = await act(school[who], 'grantBonus', { ...bonus(), studentId: fresh.id, points: 100 });
    expect(given).toMatchObject({
      replayed: false,
      level: 1,
      leveledUp: true,
      leveledDown: false,
      newBadges: [],
      lostBadges: [],
      badges: [],
      student: {
        id: fresh.id,
        level: 1,
        xp: 0,
        lifetimeXp: 100,
        auraPoints: 100,
        submissionCount: 0,
        streak: { days: 0 },
      },
      reward: {
        sequence: 1,
        reason: 'BONUS',
        xp: 100,
        auraPoints: 100,
        worth: 100,
        note: 'Helped others.',
        lines: [{ rule: 'bonus', text: 'Helped others.', points: 100 }],
        by: { id: school[who].id },
        corrects: null,
      },
    });
    expect(await ledgerOf(fresh, fresh.id)).toEqual([given.reward]);
  });

  test('a repeat with the same key is paid once', async () => {
    const before = (await ledgerOf(student, student.id)).length;
    const request = { ...bonus(), idempotencyKey: newKey() };
    const first = await act(school[who], 'grantBonus', request);
    const again = await act(school[who], 'grantBonus', request);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await ledgerOf(student, student.id)).toHaveLength(before + 1);
  });
});

test('another key pays another bonus', async () => {
  const [one, other] = [
    await act(school.teacher, 'grantBonus', bonus()),
    await act(school.teacher, 'grantBonus', bonus()),
  ];
  expect(other.reward.sequence).toBe(one.reward.sequence + 1);
});

test('ids in upper case name the same student and course', async () => {
  const request = { ...bonus(), idempotencyKey: newKey() };
  await act(school.teacher, 'grantBonus', request);
  const upper = { studentId: student.id.toUpperCase(), courseId: school.course.id.toUpperCase() };
  expect(await act(school.teacher, 'grantBonus', { ...request, ...upper })).toMatchObject({ replayed: true });
});

describe('a key that was used', () => {
  test.each([
    ['points', { points: 31 }],
    ['a note', { note: 'Helped others!' }],
    ['a student', { studentId: nobodyId() }],
    ['a course', { courseId: nobodyId() }],
  ])('is refused with another input: %s', async (_, changed) => {
    const request = { ...bonus(), idempotencyKey: newKey() };
    await act(school.teacher, 'grantBonus', request);
    await expectRefused(
      server,
      'IDEMPOTENCY_KEY_REUSED',
      () => act(school.teacher, 'grantBonus', { ...request, ...changed }),
      /Nothing was written\. Use a new key/,
    );
  });

  test('is free for another account and another operation', async () => {
    const idempotencyKey = newKey();
    await act(school.teacher, 'grantBonus', { ...bonus(), idempotencyKey });
    expect(await act(school.admin, 'grantBonus', { ...bonus(), idempotencyKey })).toMatchObject({ replayed: false });
    const { studentId, ...many } = bonus();
    const bonuses = { ...many, studentIds: [studentId], idempotencyKey };
    expect(await act(school.teacher, 'grantBonuses', bonuses, 'paid')).toMatchObject({ paid: 1 });
  });
});

describe('refused, with nothing written', () => {
  const cases: [string, 'teacher' | 'otherTeacher' | 'admin', string, () => Promise<object> | object][] = [
    ['a course that is none', 'teacher', 'NOT_FOUND', () => ({ courseId: nobodyId() })],
    ['a course id that is none', 'admin', 'NOT_FOUND', () => ({ courseId: 'the course' })],
    ['a course of another teacher', 'otherTeacher', 'NOT_FOUND', () => ({})],
    ['a student who is none', 'teacher', 'NOT_FOUND', () => ({ studentId: nobodyId() })],
    ['a student id that is none', 'admin', 'NOT_FOUND', () => ({ studentId: 'the student' })],
    ['a teacher', 'admin', 'NOT_FOUND', () => ({ studentId: school.teacher.id })],
    ['a stranger', 'teacher', 'NOT_FOUND', async () => ({ studentId: (await newStudent(server)).id })],
    [
      'a student of another teacher',
      'teacher',
      'NOT_FOUND',
      async () => ({ studentId: (await school.student(school.otherCourse)).id }),
    ],
    [
      'a student of another course, to an admin',
      'admin',
      'NOT_ENROLLED',
      async () => ({ studentId: (await school.student(school.otherCourse)).id }),
    ],
    [
      'a student of another course of the same teacher',
      'teacher',
      'NOT_ENROLLED',
      async () => {
        const { course } = await school.teacher.mutate('createCourse', { name: 'B' }, 'course { id joinCode }');
        return { studentId: (await school.student(course)).id };
      },
    ],
  ];
  test.each(cases)('%s', async (_, who, code, change) => {
    const input = { ...bonus(), ...(await change()) };
    await expectRefused(server, code, () => act(school[who], 'grantBonus', input));
  });

  test('a student', () => expectForbidden(server, student, 'grantBonus', bonus()));

  test('an own account', async () => {
    const admin = await promoted(server, await school.student(school.course), 'ADMIN');
    await expectRefused(server, 'NOT_FOUND', () => act(admin, 'grantBonus', { ...bonus(), studentId: admin.id }));
  });
});
