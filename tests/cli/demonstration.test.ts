import { beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import { demonstration, demonstrationState, seedDemonstration } from '../../src/cli/demonstration.js';
import { createCommitter } from '../../src/granting/committer.js';
import { findAccountByEmail } from '../../src/storage/account-store.js';
import { findAssignmentsOfCourse, findCourseByJoinCode } from '../../src/storage/course-store.js';
import { AssignmentModel, type AssignmentRecord } from '../../src/storage/models/assignment.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { storedStudent } from '../support/given.js';

const database = useDatabase();
beforeEach(() => database.empty());

const now = new Date('2026-05-20T12:00:00Z');
const DAY_MS = 86_400_000;

const seed = (report: (line: string) => void = () => {}) => seedDemonstration(createCommitter(), () => now, report);

async function idOf(email: string): Promise<Types.ObjectId> {
  const account = await findAccountByEmail(email);
  if (!account) throw new Error(`there is no ${email}`);
  return new Types.ObjectId(account.id);
}

async function demoAssignments() {
  const course = await findCourseByJoinCode(demonstration.joinCode);
  return findAssignmentsOfCourse(course!._id);
}

describe('the demonstration class', () => {
  test('has a course with six open assignments and a closed one', async () => {
    await seed();

    const assignments = await demoAssignments();
    const daysUntilDue = (open: boolean) =>
      assignments
        .filter(({ closesAt }) => (closesAt === null || closesAt > now) === open)
        .map(({ dueDate }) => (dueDate.getTime() - now.getTime()) / DAY_MS)
        .sort((one, other) => one - other);
    expect(daysUntilDue(true)).toEqual([-3, -1, 1, 3, 6, 10]);
    expect(daysUntilDue(false)).toHaveLength(1);
  });

  test('has names, titles and instructions for everything that a page shows', async () => {
    await seed();

    const students = await Promise.all(demonstration.students.map(async (email) => storedStudent(await idOf(email))));
    expect(students.map(({ displayName }) => displayName)).toEqual(['Ada', 'Grace', 'Alan', 'Katherine', 'Edsger']);
    const staff = await Promise.all(
      [demonstration.teacher, demonstration.admin].map((email) => findAccountByEmail(email)),
    );
    expect(staff.map((account) => account?.displayName)).toEqual(['Demo Teacher', 'Demo Admin']);
    const course = await findCourseByJoinCode(demonstration.joinCode);
    const texts = (await AssignmentModel.find({ courseId: course!._id }).lean<AssignmentRecord[]>()).flatMap(
      ({ title, instructions }) => [title, instructions],
    );
    for (const text of [course!.name, ...texts]) expect(text).toMatch(/^[A-Z].+/);
    expect(texts).toHaveLength(14);
  });

  test('has four students with two weeks of exact ledgers, and ada, who has no rewards', async () => {
    await seed();

    for (const email of demonstration.students) {
      const rows = await expectExactLedger(await idOf(email));
      if (email.startsWith('ada@')) expect(rows).toEqual([]);
      else expect(rows.length).toBeGreaterThan(0);
      for (const { grantedAt } of rows) {
        expect(grantedAt.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(grantedAt.getTime()).toBeGreaterThan(now.getTime() - 14 * DAY_MS);
      }
    }
    expect((await storedStudent(await idOf('grace@demo.example'))).streak.days).toBe(14);
  });

  test('has one of each act by hand in its history', async () => {
    await seed();

    const rowsOf = async (name: string) => {
      const studentId = await idOf(`${name}@demo.example`);
      const rows = await RewardModel.find({ studentId }).sort({ sequence: 1 }).lean<RewardRecord[]>();
      return rows.filter(({ actorId }) => !actorId.equals(studentId)).map(({ reason, xp }) => [reason, xp]);
    };
    expect(await rowsOf('grace')).toEqual([
      ['BONUS', 25],
      ['SUBMISSION_GRADED', 35],
      ['SUBMISSION_GRADED', 10],
    ]);
    expect(await rowsOf('alan')).toEqual([
      ['REVOCATION', -50],
      ['RESTORATION', 50],
      ['EXTENSION', 10],
    ]);
    expect(await rowsOf('katherine')).toEqual([['REVOCATION', -80]]);
    const katherine = await SubmissionModel.find({ studentId: await idOf('katherine@demo.example') }).lean<
      SubmissionRecord[]
    >();
    const discarded = katherine.filter(({ discardedAt }) => discardedAt);
    expect(discarded).toHaveLength(1);
    expect(katherine.filter(({ replaces }) => replaces?.equals(discarded[0]!._id))).toHaveLength(1);
  });

  test('is created in an empty database, and not in one with other accounts', async () => {
    expect(await demonstrationState()).toBe('incomplete');
    await createAccount({
      email: 'somebody@school.example',
      password: 'long enough',
      role: 'TEACHER',
      displayName: 'Somebody',
      timeZone: 'UTC',
      createdAt: now,
    });
    expect(await demonstrationState()).toBe('not wanted');
    await seed();
    expect(await demonstrationState()).toBe('complete');
  });

  test('is completed by another run after an interruption, and nothing is paid twice', async () => {
    await seed();
    const whole = await RewardModel.countDocuments();
    await database.empty();

    const interrupted = seed((line) => {
      if (line.includes('alan')) throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(await demonstrationState()).toBe('incomplete');
    await seed();

    expect(await demonstrationState()).toBe('complete');
    expect(await RewardModel.countDocuments()).toBe(whole);
    for (const email of demonstration.students) await expectExactLedger(await idOf(email));
  });
});
