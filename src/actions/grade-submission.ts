import { Types } from 'mongoose';
import { taughtSubmission } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import { correctReward, isRevoked } from '../granting/correct-reward.js';
import { type LookupResults, submissionOf } from '../granting/decide-group.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, carryOut, type ManualRequest, type PlannedAct } from '../granting/manual-acts.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { LedgerRow } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionHead } from '../storage/models/submission.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';

export interface GradeSubmission {
  readonly teacher: Teacher;
  readonly submissionId: string;
  readonly grade: number;
  /** undefined keeps the feedback as it is; null removes it. */
  readonly feedback: string | null | undefined;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

/**
 * Grades a submission and pays for the grade. A later grade changes what the first one is worth.
 * @throws Unavailable
 */
export async function gradeSubmission(committer: Committer, input: GradeSubmission): Promise<ActDone | Refused> {
  const { teacher, grade, feedback, idempotencyKey, facts } = input;
  const submissionId = toObjectId(input.submissionId);
  const request: ManualRequest = {
    operation: 'gradeSubmission',
    requestKey: idempotencyKey,
    fingerprint: fingerprintOf(canonicalId(input.submissionId), `${grade}`, JSON.stringify(feedback) ?? ''),
    facts,
  };
  const rewardId = new Types.ObjectId();
  return carryOut(committer, request, async () => {
    const submission = await taughtSubmission(teacher, submissionId);
    if (!submission) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
    return {
      studentId: submission.studentId,
      lookups: { submission: { submissionId: submission._id }, ledger: true },
      decide: (student, found) => decideGrade({ ...input, id: submission._id, request, rewardId }, student, found),
    };
  });
}

export const NO_SUCH_SUBMISSION = 'There is no such submission in the courses that you teach.';
const DISCARDED =
  'This submission was discarded, so a grade would pay nothing. Restore its reward first, then grade it.';
const SAME_GRADE = 'The submission has this grade and this feedback already. Send another grade or another feedback.';

interface PreparedGrade extends GradeSubmission {
  readonly id: Types.ObjectId;
  readonly request: ManualRequest;
  readonly rewardId: Types.ObjectId;
}

export function decideGrade(input: PreparedGrade, student: StudentRecord, found: LookupResults): PlannedAct | Refused {
  const { grade, facts, request, rewardId } = input;
  const submission = submissionOf(found, input.id);
  if (submission.discardedAt) return refuse('NOTHING_TO_CHANGE', DISCARDED);
  const note = (input.feedback === undefined ? submission.feedback : input.feedback) ?? null;
  const change = { grade, gradedAt: facts.receivedAt, feedback: note ?? undefined };
  const claim = { ...request, rewardId };
  const graded = gradeRow(found.ledger, submission);
  if (graded && isSameGrade(submission, change, found.ledger, graded)) return refuse('NOTHING_TO_CHANGE', SAME_GRADE);
  const { student: paid, reward } = graded
    ? correctReward(student, found.ledger, graded, { kind: 'SubmissionRegraded', grade, note }, claim)
    : payReward(student, gradedAction(student, facts, grade, note), {
        ...claim,
        requestKey: null,
        reason: 'SUBMISSION_GRADED',
        subject: { kind: 'grade', id: submission._id },
        submissionId: submission._id,
      });
  return {
    kind: 'planned',
    writes: { student: paid, rewards: [reward], submissionChange: { id: submission._id, change } },
    ...(note !== null && { details: { note } }),
  };
}

/** The row of the submission's first grade. */
export const gradeRow = (ledger: readonly LedgerRow[], { _id }: SubmissionHead): LedgerRow | undefined =>
  ledger.find(({ subject }) => subject.kind === 'grade' && subject.id.equals(_id));

function isSameGrade(
  submission: SubmissionHead,
  { grade, feedback }: { grade: number; feedback: string | undefined },
  ledger: readonly LedgerRow[],
  graded: LedgerRow,
): boolean {
  return !isRevoked(ledger, graded) && submission.grade === grade && submission.feedback === feedback;
}

const gradedAction = (student: StudentRecord, { receivedAt: at }: RequestFacts, grade: number, note: string | null) =>
  ({ kind: 'SubmissionGraded', at, localDate: dayOf(student, at), grade, note }) as const;
