/**
 * The demonstration class: accounts, a course, assignments, and fourteen days of history. The history is created
 * through the same actions as real requests, with past times: see demonstration-history.ts.
 */
import { Types } from 'mongoose';
import { ensureAccount } from '../actions/create-account.js';
import { createAssignment } from '../actions/create-assignment.js';
import { joinCourse } from '../actions/join-course.js';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { findAccountByEmail, hasNoAccounts } from '../storage/account-store.js';
import { createCourse, findAssignmentsOfCourse, findCourseByJoinCode } from '../storage/course-store.js';
import type { Role } from '../storage/models/account.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { CourseRecord } from '../storage/models/course.js';
import { createHistory, HISTORIES } from './demonstration-history.js';

export const demonstration = {
  password: 'demo-password',
  joinCode: 'DEMO-2026',
  teacher: 'teacher@demo.example',
  admin: 'admin@demo.example',
  students: ['ada', 'grace', 'alan', 'katherine', 'edsger'].map((name) => `${name}@demo.example`),
} as const;

const DAY_MS = 86_400_000;

const NAMES: Record<string, string> = {
  ada: 'Ada',
  grace: 'Grace',
  alan: 'Alan',
  katherine: 'Katherine',
  edsger: 'Edsger',
};

/** Due dates in days from now. The last assignment is closed. */
const ASSIGNMENTS: readonly { title: string; instructions: string; dueInDays: number; closesInDays?: number }[] = [
  { title: 'Trace a loop by hand', instructions: 'Write down the state after each step.', dueInDays: -3 },
  { title: 'Explain recursion to a friend', instructions: 'At most one page.', dueInDays: -1 },
  { title: 'Sort ten cards', instructions: 'Describe the method that you used.', dueInDays: 1 },
  { title: 'Find a bug', instructions: 'Say how you found it and how you would have prevented it.', dueInDays: 3 },
  { title: 'Read a proof', instructions: 'Which step surprised you?', dueInDays: 6 },
  { title: 'Plan a small program', instructions: 'Names first, then the data, then the steps.', dueInDays: 10 },
  { title: 'Set up your tools', instructions: 'This one is over.', dueInDays: -8, closesInDays: -7 },
];

/**
 * Returns 'incomplete' for an empty database or an interrupted setup, and 'not wanted' for a database with other
 * accounts.
 */
export async function demonstrationState(): Promise<'complete' | 'incomplete' | 'not wanted'> {
  if (await findAccountByEmail(demonstration.admin)) return 'complete';
  const wasStarted = (await findAccountByEmail(demonstration.teacher)) !== null;
  return wasStarted || (await hasNoAccounts()) ? 'incomplete' : 'not wanted';
}

/**
 * Creates the demonstration class, or the missing parts of it. It is idempotent: an e-mail address, a join code, a
 * title or an idempotency key identifies each part. To finish an interrupted run, run it again.
 * @param report called with one line for each part
 */
export async function seedDemonstration(
  committer: Committer,
  clock: () => Date,
  report: (line: string) => void,
): Promise<void> {
  const now = clock();
  const createdAt = new Date(now.getTime() - 15 * DAY_MS);
  const teacherId = await ensureAccountId(demonstration.teacher, 'TEACHER', 'Demo Teacher', createdAt);
  const course = await ensureCourse(teacherId, createdAt);
  const assignments = await ensureAssignments(course, teacherId, now, createdAt);
  report('demonstration class: course and assignments');
  for (const email of demonstration.students) {
    const name = email.split('@')[0]!;
    const studentId = await ensureAccountId(email, 'STUDENT', NAMES[name]!, createdAt);
    await joinCourse(committer, { studentId, joinCode: course.joinCode, facts: factsOf(studentId, createdAt) });
    const history = HISTORIES[name];
    if (history) await createHistory({ committer, studentId, teacherId, course, assignments, now }, history);
    report(`demonstration class: ${name}${history ? ' and fourteen days of history' : ''}`);
  }
  // Created last: the admin's account marks a complete class.
  await ensureAccountId(demonstration.admin, 'ADMIN', 'Demo Admin', createdAt);
}

async function ensureAccountId(
  email: string,
  role: Role,
  displayName: string,
  createdAt: Date,
): Promise<Types.ObjectId> {
  const { password } = demonstration;
  const account = await ensureAccount({ email, password, role, displayName, timeZone: 'UTC', createdAt });
  return new Types.ObjectId(account.id);
}

const factsOf = (actorId: Types.ObjectId, receivedAt: Date): RequestFacts => ({
  requestId: 'demonstration',
  receivedAt,
  actorId,
});

async function ensureCourse(teacherId: Types.ObjectId, createdAt: Date): Promise<CourseRecord> {
  const { joinCode } = demonstration;
  const course: CourseRecord = { _id: new Types.ObjectId(), name: 'Demo course', joinCode, teacherId, createdAt };
  return (await createCourse(course)) ? course : mustExist(await findCourseByJoinCode(joinCode));
}

async function ensureAssignments(
  course: CourseRecord,
  teacherId: Types.ObjectId,
  now: Date,
  createdAt: Date,
): Promise<AssignmentRecord[]> {
  const existing = await findAssignmentsOfCourse(course._id);
  const inDays = (days: number) => new Date(now.getTime() + days * DAY_MS);
  return Promise.all(
    ASSIGNMENTS.map(async ({ title, instructions, dueInDays, closesInDays }) => {
      const found = existing.find((assignment) => assignment.title === title);
      if (found) return found;
      const outcome = await createAssignment({
        teacher: { accountId: teacherId, role: 'TEACHER' },
        courseId: course._id.toHexString(),
        title,
        instructions,
        dueDate: inDays(dueInDays),
        closesAt: closesInDays === undefined ? null : inDays(closesInDays),
        facts: factsOf(teacherId, createdAt),
      });
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      return outcome.assignment;
    }),
  );
}

function mustExist<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('the demonstration class was changed: a part of it is missing');
  return value;
}
