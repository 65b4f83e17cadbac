import { Types } from 'mongoose';
import { taughtSubmission } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import { withDiscarded } from '../granting/assignment-for-student.js';
import type { Committer } from '../granting/committer.js';
import { correctReward, isRevoked } from '../granting/correct-reward.js';
import { type LookupResults, submissionOf } from '../granting/decide-group.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, carryOut, type ManualRequest, type PlannedAct } from '../granting/manual-acts.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';
import { gradeRow, NO_SUCH_SUBMISSION } from './grade-submission.js';
import { ledgerRowOf } from './revoke-reward.js';

export interface DiscardSubmission {
  readonly teacher: Teacher;
  readonly submissionId: string;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

/**
 * Makes a submission count no more and revokes its rewards: that of the submission, then that of its grade. The student
 * may hand in again, and is paid by the date of then.
 * @throws Unavailable
 */
export async function discardSubmission(committer: Committer, input: DiscardSubmission): Promise<ActDone | Refused> {
  const { teacher, note, idempotencyKey, facts } = input;
  const submissionId = toObjectId(input.submissionId);
  const request: ManualRequest = {
    operation: 'discardSubmission',
    requestKey: idempotencyKey,
    fingerprint: fingerprintOf(canonicalId(input.submissionId), note),
    facts,
  };
  const rewardIds = [new Types.ObjectId(), new Types.ObjectId()];
  return carryOut(committer, request, async () => {
    const submission = await taughtSubmission(teacher, submissionId);
    if (!submission) return refuse('NOT_FOUND', NO_SUCH_SUBMISSION);
    return {
      studentId: submission.studentId,
      lookups: { submission: { submissionId: submission._id }, ledger: true },
      decide: (student, found) => decideDiscard({ id: submission._id, note, request, rewardIds }, student, found),
    };
  });
}

const IS_DISCARDED = 'This submission is discarded already. To make it count again, restore its reward.';

interface PreparedDiscard {
  readonly id: Types.ObjectId;
  readonly note: string;
  readonly request: ManualRequest;
  /** One for each row that it may write. */
  readonly rewardIds: readonly Types.ObjectId[];
}

export function decideDiscard(
  { id, note, request, rewardIds }: PreparedDiscard,
  before: StudentRecord,
  found: LookupResults,
): PlannedAct | Refused {
  const submission = submissionOf(found, id);
  if (submission.discardedAt) return refuse('NOTHING_TO_CHANGE', IS_DISCARDED);
  const paid = ledgerRowOf(found.ledger, { _id: submission.rewardId });
  const graded = gradeRow(found.ledger, submission);
  // The row of the submission is written even if it is revoked already: the ledger says what happened to it.
  const revoked = [paid, ...(graded && !isRevoked(found.ledger, graded) ? [graded] : [])];
  let student = withDiscarded(before, submission, found.ledger);
  const rewards: RewardRecord[] = [];
  for (const [position, row] of revoked.entries()) {
    const claim = { ...request, rewardId: rewardIds[position]! };
    const ledger = [...found.ledger, ...rewards];
    const corrected = correctReward(student, ledger, row, { kind: 'RewardRevoked', note }, claim);
    student = corrected.student;
    rewards.push(corrected.reward);
  }
  const change = { discardedAt: request.facts.receivedAt };
  return {
    kind: 'planned',
    writes: { student, rewards, submissionChange: { id: submission._id, change } },
    details: { note },
  };
}
