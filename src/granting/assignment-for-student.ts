import type { Types } from 'mongoose';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { LedgerRow, SubjectRecord } from '../storage/models/reward.js';
import type { ExtensionRecord, ResubmissionRecord, StudentRecord } from '../storage/models/student.js';
import type { SubmissionHead } from '../storage/models/submission.js';

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

/**
 * Returns the discarded submission that the student's last submission of the assignment replaces, or that the next one
 * will replace; undefined if there is none.
 */
export const replacedBy = (student: StudentRecord, assignmentId: Types.ObjectId): Types.ObjectId | undefined =>
  student.resubmissions?.find((resubmission) => resubmission.assignmentId.equals(assignmentId))?.replaces;

/**
 * Returns the student after its counting submission of an assignment was discarded. The next one replaces the last one
 * that the student handed in: that is another one than the discarded, if an earlier submission had been restored.
 */
export function withDiscarded(
  student: StudentRecord,
  { _id, assignmentId }: SubmissionHead,
  ledger: readonly LedgerRow[],
): StudentRecord {
  const replaces = lastAfter(_id, ledger);
  return { ...student, resubmissions: [...otherResubmissions(student, assignmentId), { assignmentId, replaces }] };
}

/** Returns the student after a discarded submission was made to count again. */
export function withRestored(
  student: StudentRecord,
  { assignmentId, replaces }: Pick<SubmissionHead, 'assignmentId' | 'replaces'>,
): StudentRecord {
  const others = otherResubmissions(student, assignmentId);
  return { ...student, resubmissions: replaces ? [...others, { assignmentId, replaces }] : others };
}

/** Returns whether one of the student's submissions of the assignment counts, of which at least one was discarded. */
export function hasCountingSubmission(
  student: StudentRecord,
  assignmentId: Types.ObjectId,
  ledger: readonly LedgerRow[],
): boolean {
  const replaces = replacedBy(student, assignmentId);
  return replaces === undefined || replacementOf(replaces, ledger) !== undefined;
}

/** Returns the submission that was handed in after this one was discarded; undefined if there is none. */
const replacementOf = (replaced: Types.ObjectId, ledger: readonly LedgerRow[]): Types.ObjectId | undefined =>
  ledger.find(({ subject }) => subject.kind === 'resubmission' && subject.id.equals(replaced))?.submissionId;

/** Returns the last of the submissions that were handed in one after another, from this one on. */
function lastAfter(id: Types.ObjectId, ledger: readonly LedgerRow[]): Types.ObjectId {
  const next = replacementOf(id, ledger);
  return next ? lastAfter(next, ledger) : id;
}

const otherResubmissions = (
  { resubmissions = [] }: StudentRecord,
  assignmentId: Types.ObjectId,
): ResubmissionRecord[] => resubmissions.filter((resubmission) => !resubmission.assignmentId.equals(assignmentId));
