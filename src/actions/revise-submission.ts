import { setTimeout as sleep } from 'node:timers/promises';
import type { Types } from 'mongoose';
import { termsFor } from '../granting/assignment-for-student.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { Unavailable } from '../granting/unavailable.js';
import { isClosed } from '../rewards/index.js';
import { loadTermsOfAssignment } from '../storage/course-store.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { toObjectId } from '../storage/object-id.js';
import { loadStudent } from '../storage/student-store.js';
import { loadOwnSubmission, replaceSubmissionText } from '../storage/submission-store.js';

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
 * Replaces the text of the student's own submission until the assignment closes. Keeps the former texts and pays
 * nothing. A repeat gets the same answer as the first request, even after the assignment has closed.
 * @throws Unavailable if other processes revised the same submission first in every attempt
 */
export async function reviseSubmission(input: ReviseSubmission): Promise<SubmissionRevised | Refused> {
  const submissionId = toObjectId(input.submissionId);
  if (!submissionId) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
  return afterPreviousRevision(submissionId.toHexString(), () => revise(submissionId, input));
}

const NO_SUCH_SUBMISSION = 'You have no such submission. Submit the assignment first.';
const DISCARDED = 'Your teacher discarded this submission. Submit the assignment again with submitAssignment.';
const CLOSED = 'This assignment is closed, so the text stays as it is. Ask your teacher.';

/** An attempt fails only if another process revised the submission since it was read. */
const MAX_ATTEMPTS = 20;
/** The longest pause between two attempts. It is random, so that competing processes fall out of step. */
const MAX_PAUSE_MS = 20;

async function revise(
  submissionId: Types.ObjectId,
  { studentId, content, facts }: ReviseSubmission,
): Promise<SubmissionRevised | Refused> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const submission = await loadOwnSubmission(studentId, submissionId);
    if (!submission) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
    if (submission.discardedAt) return refuse('NOT_FOUND', DISCARDED);
    if (submission.content === content) return { kind: 'revised', submission };
    const assignment = await loadTermsOfAssignment(submission.assignmentId);
    const student = assignment && (await loadStudent(studentId));
    if (!student || isClosed(termsFor(student, assignment).closesAt, facts.receivedAt)) {
      return refuse('ASSIGNMENT_CLOSED', CLOSED);
    }
    const revised = await replaceSubmissionText(submission, content, facts.receivedAt);
    if (revised) return { kind: 'revised', submission: revised };
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
  throw new Unavailable();
}

/** The last revision in progress in this process, by submission. */
const lastRevisions = new Map<string, Promise<unknown>>();

/** How many submissions are being revised in this process. */
export const revisionsInProgress = (): number => lastRevisions.size;

/** Runs the revisions of one submission one after another. In parallel, all but one would fail and retry. */
async function afterPreviousRevision<Result>(submission: string, revise: () => Promise<Result>): Promise<Result> {
  const previous = lastRevisions.get(submission);
  const revision = previous ? previous.then(revise, revise) : revise();
  lastRevisions.set(submission, revision);
  try {
    return await revision;
  } finally {
    if (lastRevisions.get(submission) === revision) lastRevisions.delete(submission);
  }
}
