/** What a teacher or an admin may put right by hand. */
import type { Types } from 'mongoose';
import { loadAssignment, loadCourse, teachesAny } from '../storage/course-store.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionHead } from '../storage/models/submission.js';
import { loadSubmissionHead } from '../storage/submission-store.js';
import { type Teacher, teaches } from './course-access.js';

/** Returns the assignment if the account teaches its course; else null. */
export async function taughtAssignment(teacher: Teacher, id: Types.ObjectId | null): Promise<AssignmentRecord | null> {
  const assignment = id && (await loadAssignment(id));
  return assignment && (await teachesCourse(teacher, assignment.courseId)) ? assignment : null;
}

/** Returns whether the course exists and the account teaches it. */
export async function teachesCourse(teacher: Teacher, courseId: Types.ObjectId | null): Promise<boolean> {
  const course = courseId && (await loadCourse(courseId));
  return course !== null && teaches(teacher, course);
}

/** Returns whether the account teaches at least one of the courses, and so may see their students. */
export async function teachesOneOf(teacher: Teacher, courseIds: readonly Types.ObjectId[]): Promise<boolean> {
  return teacher.role === 'ADMIN' || teachesAny(teacher.accountId, courseIds);
}

/** Returns the submission if the account teaches the course of its assignment; else null. Nobody corrects their own. */
export async function taughtSubmission(teacher: Teacher, id: Types.ObjectId | null): Promise<SubmissionHead | null> {
  const submission = id && (await loadSubmissionHead(id));
  if (!submission || submission.studentId.equals(teacher.accountId)) return null;
  return (await taughtAssignment(teacher, submission.assignmentId)) && submission;
}

/**
 * Returns whether the account may correct a row that corrects no other: admins every row, teachers those of their
 * courses, nobody their own. Only admins correct a session's row, because it belongs to no course.
 */
export async function mayCorrect(teacher: Teacher, { studentId, subject, ...row }: RewardRecord): Promise<boolean> {
  if (studentId.equals(teacher.accountId)) return false;
  if (teacher.role === 'ADMIN') return true;
  if (row.courseId) return teachesCourse(teacher, row.courseId);
  if (row.submissionId) return (await taughtSubmission(teacher, row.submissionId)) !== null;
  return subject.kind === 'assignment' && (await taughtAssignment(teacher, subject.id)) !== null;
}
