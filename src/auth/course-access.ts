import type { Types } from 'mongoose';
import type { CourseRecord } from '../storage/models/course.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { Viewer } from './policy.js';

/** A teacher or an admin who manages courses. */
export interface Teacher {
  readonly accountId: Types.ObjectId;
  readonly role: 'TEACHER' | 'ADMIN';
}

/** Returns whether the account teaches the course. An admin teaches every course. */
export const teaches = ({ accountId, role }: Pick<Viewer, 'accountId' | 'role'>, course: CourseRecord): boolean =>
  role === 'ADMIN' || course.teacherId.equals(accountId);

/** Returns whether the student takes the course. */
export const isEnrolled = ({ courseIds }: Pick<StudentRecord, 'courseIds'>, courseId: Types.ObjectId): boolean =>
  courseIds.some((id) => id.equals(courseId));
