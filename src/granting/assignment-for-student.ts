import type { Types } from 'mongoose';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { SubjectRecord } from '../storage/models/reward.js';
import type { ExtensionRecord, ResubmissionRecord, StudentRecord } from '../storage/models/student.js';

/** Returns the assignment with the dates that hold for this student: those of an extension, if there is one. */
export function termsFor<Terms extends AssignmentTerms>(student: StudentRecord, assignment: Terms): Terms {
  const extension = extensionOf(student, assignment._id);
  return extension ? { ...assignment, dueDate: extension.dueDate, closesAt: extension.closesAt } : assignment;
}

/** Returns the student's extension of this assignment; undefined if there is none. */
export const extensionOf = (
  student: StudentRecord,
  assignmentId: Types.ObjectId | string,
): ExtensionRecord | undefined => student.extensions?.find((extension) => extension.assignmentId.equals(assignmentId));

/** Returns what the student's next submission of this assignment is paid for: see SubjectKind. */
export function submissionSubject(student: StudentRecord, assignmentId: Types.ObjectId): SubjectRecord {
  const replaces = replacedBy(student, assignmentId);
  return replaces ? { kind: 'resubmission', id: replaces } : { kind: 'assignment', id: assignmentId };
}

/** Returns the discarded submission that the student's next one replaces; undefined if it is the first. */
export const replacedBy = (student: StudentRecord, assignmentId: Types.ObjectId): Types.ObjectId | undefined =>
  student.resubmissions?.find((resubmission) => resubmission.assignmentId.equals(assignmentId))?.replaces;

export const withoutResubmission = (
  { resubmissions = [] }: StudentRecord,
  assignmentId: Types.ObjectId,
): ResubmissionRecord[] => resubmissions.filter((resubmission) => !resubmission.assignmentId.equals(assignmentId));
