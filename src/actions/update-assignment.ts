import { taughtAssignment } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import { type Refused, refuse } from '../granting/refusal.js';
import { changeAssignment } from '../storage/course-store.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import { toObjectId } from '../storage/object-id.js';
import { assertClosesAfterDue } from './create-assignment.js';

export interface UpdateAssignment {
  readonly teacher: Teacher;
  readonly assignmentId: string;
  /** An absent field stays unchanged; null clears it. */
  readonly changes: Partial<Pick<AssignmentRecord, 'title' | 'instructions' | 'dueDate' | 'closesAt'>>;
}

export interface AssignmentUpdated {
  readonly kind: 'updated';
  readonly assignment: AssignmentRecord;
}

/**
 * Changes an assignment of a course that the teacher teaches. Rewards that were already paid do not change.
 * @throws BadInput if, with the stored and the new dates together, it would close before it is due
 */
export async function updateAssignment(input: UpdateAssignment): Promise<AssignmentUpdated | Refused> {
  const assignmentId = toObjectId(input.assignmentId);
  for (;;) {
    const assignment = await taughtAssignment(input.teacher, assignmentId);
    if (!assignment) return refuse('NOT_FOUND', NO_SUCH_ASSIGNMENT);
    const { dueDate, closesAt } = { ...assignment, ...input.changes };
    assertClosesAfterDue(dueDate, closesAt);
    // null: the dates were changed since they were read, so check again.
    const updated = await changeAssignment(assignment, input.changes);
    if (updated) return { kind: 'updated', assignment: updated };
  }
}

export const NO_SUCH_ASSIGNMENT = 'There is no such assignment in the courses that you teach.';
