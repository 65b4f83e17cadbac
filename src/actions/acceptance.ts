import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { StudentRecord } from '../storage/models/student.js';

/** Whether nothing is accepted any more at this moment; the closing moment itself still counts as open. */
export const isClosed = ({ closesAt }: Pick<AssignmentTerms, 'closesAt'>, at: Date): boolean =>
  closesAt !== null && at > closesAt;

/** Whether the student takes the course of this assignment. */
export const isEnrolled = (student: StudentRecord, { courseId }: Pick<AssignmentTerms, 'courseId'>): boolean =>
  student.courseIds.some((id) => id.equals(courseId));
