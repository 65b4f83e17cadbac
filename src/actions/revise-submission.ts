import type { Types } from 'mongoose';
import { loadAssignment } from '../storage/course-store.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { toObjectId } from '../storage/object-id.js';
import { loadOwnSubmission, replaceSubmissionText } from '../storage/submission-store.js';
import { isClosed } from './acceptance.js';
import { type Refused, refuse } from './refusal.js';
import type { RequestFacts } from './request.js';

export interface ReviseSubmission {
  readonly studentId: Types.ObjectId;
  readonly submissionId: string;
  readonly content: string;
  readonly facts: RequestFacts;
}

export interface SubmissionRevised {
  readonly kind: 'revised';
  readonly submission: SubmissionRecord;
}

/**
 * Changes the text of the student's own submission until the assignment closes, keeps the former texts and pays
 * nothing. A repeat finds the text as it should be, and is answered like the first, at any time.
 */
export async function reviseSubmission(input: ReviseSubmission): Promise<SubmissionRevised | Refused> {
  const { studentId, content, facts } = input;
  const submissionId = toObjectId(input.submissionId);
  const submission = submissionId && (await loadOwnSubmission(studentId, submissionId));
  if (!submission) return refuse('NOT_FOUND', 'You have no such submission. Hand the assignment in first.');
  if (submission.content === content) return { kind: 'revised', submission };
  const assignment = await loadAssignment(submission.assignmentId);
  if (!assignment || isClosed(assignment, facts.receivedAt)) {
    return refuse('ASSIGNMENT_CLOSED', 'This assignment is closed, so the text stays as it is. Ask your teacher.');
  }
  return {
    kind: 'revised',
    submission: await replaceSubmissionText(studentId, submission._id, content, facts.receivedAt),
  };
}
