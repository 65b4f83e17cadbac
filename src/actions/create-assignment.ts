import { Types } from 'mongoose';
import { teachesCourse } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import { BadInput } from '../granting/bad-input.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { createAssignment as insertAssignment } from '../storage/course-store.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import { toObjectId } from '../storage/object-id.js';

export interface CreateAssignment {
  readonly teacher: Teacher;
  readonly courseId: string;
  readonly title: string;
  readonly instructions: string | null;
  readonly dueDate: Date;
  readonly closesAt: Date | null;
  readonly facts: RequestFacts;
}

export interface AssignmentCreated {
  readonly kind: 'created';
  readonly assignment: AssignmentRecord;
}

/**
 * Adds an assignment to a course that the teacher teaches.
 * @throws BadInput if it would close before it is due
 */
export async function createAssignment(input: CreateAssignment): Promise<AssignmentCreated | Refused> {
  const { title, instructions, dueDate, closesAt, facts } = input;
  assertClosesAfterDue(dueDate, closesAt);
  const courseId = toObjectId(input.courseId);
  if (!courseId || !(await teachesCourse(input.teacher, courseId))) return refuse('NOT_FOUND', NO_SUCH_COURSE);
  const assignment: AssignmentRecord = {
    _id: new Types.ObjectId(),
    courseId,
    title,
    instructions,
    dueDate,
    closesAt,
    createdAt: facts.receivedAt,
  };
  await insertAssignment(assignment);
  return { kind: 'created', assignment };
}

export const NO_SUCH_COURSE = 'There is no such course among those that you teach. Query courses to see them.';

/** @throws BadInput if the assignment closes before it is due */
export function assertClosesAfterDue(dueDate: Date, closesAt: Date | null): void {
  if (closesAt !== null && closesAt < dueDate) {
    throw new BadInput([
      { path: 'input.closesAt', message: 'It must not close before it is due. Choose a later time.' },
    ]);
  }
}
