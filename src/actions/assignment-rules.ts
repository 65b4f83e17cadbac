import type { Types } from 'mongoose';
import type { CourseRecord } from '../storage/models/course.js';
import { BadInput } from './bad-input.js';

/** A teacher or an admin who manages courses. */
export interface Teacher {
  readonly accountId: Types.ObjectId;
  readonly role: 'TEACHER' | 'ADMIN';
}

/** A teacher teaches its own courses; an admin counts as teaching every one. */
export const teaches = (teacher: Teacher, course: CourseRecord): boolean =>
  teacher.role === 'ADMIN' || course.teacherId.equals(teacher.accountId);

/** @throws BadInput where the assignment would close before it is due */
export function assertClosesAfterDue(dueDate: Date, closesAt: Date | null): void {
  if (closesAt !== null && closesAt < dueDate) {
    throw new BadInput([
      { path: 'input.closesAt', message: 'It must not close before it is due. Choose a later time.' },
    ]);
  }
}
