import { setTimeout as sleep } from 'node:timers/promises';
import type { Types } from 'mongoose';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { Unavailable } from '../granting/unavailable.js';
import { isClosed } from '../rewards/index.js';
import { loadTermsOfAssignment } from '../storage/course-store.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { toObjectId } from '../storage/object-id.js';
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
 * Changes the text of the student's own submission until the assignment closes, keeps the former texts and pays
 * nothing. A repeat finds the text as it should be, and is answered like the first, at any time.
 * @throws Unavailable where other processes revised the same submission first, again and again
 */
export async function reviseSubmission(input: ReviseSubmission): Promise<SubmissionRevised | Refused> {
  const submissionId = toObjectId(input.submissionId);
  if (!submissionId) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
  return oneAfterAnother(submissionId.toHexString(), () => revise(submissionId, input));
}

const NO_SUCH_SUBMISSION = 'You have no such submission. Hand the assignment in first.';
const CLOSED = 'This assignment is closed, so the text stays as it is. Ask your teacher.';

/** Each failed attempt means that another process has revised the submission meanwhile. */
const ATTEMPTS = 20;
/** The most that an attempt waits for the next one, so that processes fall out of step. Milliseconds. */
const PAUSE_MS = 20;

async function revise(
  submissionId: Types.ObjectId,
  { studentId, content, facts }: ReviseSubmission,
): Promise<SubmissionRevised | Refused> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const submission = await loadOwnSubmission(studentId, submissionId);
    if (!submission) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
    if (submission.content === content) return { kind: 'revised', submission };
    const assignment = await loadTermsOfAssignment(submission.assignmentId);
    if (!assignment || isClosed(assignment.closesAt, facts.receivedAt)) return refuse('ASSIGNMENT_CLOSED', CLOSED);
    const revised = await replaceSubmissionText(submission, content, facts.receivedAt);
    if (revised) return { kind: 'revised', submission: revised };
    await sleep(Math.random() * PAUSE_MS);
  }
  throw new Unavailable();
}

/** The last revision of each submission that is under way in this process. */
const underWay = new Map<string, Promise<unknown>>();

/** Revisions of one submission that arrive together would all fail but one, and try again. */
async function oneAfterAnother<Result>(submission: string, act: () => Promise<Result>): Promise<Result> {
  const before = underWay.get(submission);
  const mine = before ? before.then(act, act) : act();
  underWay.set(submission, mine);
  try {
    return await mine;
  } finally {
    if (underWay.get(submission) === mine) underWay.delete(submission);
  }
}
