import { Types } from 'mongoose';
import { hasCountingSubmission, withRestored } from '../granting/assignment-for-student.js';
import type { Committer } from '../granting/committer.js';
import { correctReward, isRevoked } from '../granting/correct-reward.js';
import type { LookupResults, RequestWrites } from '../granting/decide-group.js';
import { type ActDone, carryOut } from '../granting/manual-acts.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { findSubmissionOfReward } from '../storage/submission-store.js';
import { type CorrectReward, correctionRequest, findCorrectableRow, ledgerRowOf } from './revoke-reward.js';

/**
 * Undoes a revocation: the row counts again for what it counted before. If the submission that it paid was discarded,
 * and the student has not handed in again, the submission counts again as well.
 * @throws Unavailable
 */
export async function restoreReward(committer: Committer, input: CorrectReward): Promise<ActDone | Refused> {
  const { note } = input;
  const request = correctionRequest('restoreReward', input);
  const claim = { ...request, rewardId: new Types.ObjectId() };
  return carryOut(committer, request, async () => {
    const row = await findCorrectableRow(input);
    if (row.kind === 'refused') return row;
    const submission = await findSubmissionOfReward(row.reward);
    return {
      studentId: row.reward.studentId,
      lookups: { ledger: true, ...(submission && { submission: { submissionId: submission._id } }) },
      decide: (before, found) => {
        const corrected = ledgerRowOf(found.ledger, row.reward);
        if (!isRevoked(found.ledger, corrected)) return refuse('NOTHING_TO_CHANGE', NOT_REVOKED);
        const counted = countAgain(before, found, row.reward, submission?._id);
        if (counted.kind === 'refused') return counted;
        const cause = { kind: 'RewardRestored', note } as const;
        const { student, reward } = correctReward(counted.writes.student, found.ledger, corrected, cause, claim);
        return { kind: 'planned', writes: { ...counted.writes, student, rewards: [reward] }, details: { note } };
      },
    };
  });
}

const NOT_REVOKED = 'This reward is not revoked, so it counts already. To take its points away, use revokeReward.';
const ANOTHER_COUNTS =
  'Its submission was discarded, and another submission of the student counts now. Discard that one first.';
const DISCARDED = 'Its submission was discarded. Restore the reward of the submission itself first.';

/** If the row paid a submission that was discarded, makes the submission count again. */
function countAgain(
  student: StudentRecord,
  { submissions, ledger }: LookupResults,
  reward: RewardRecord,
  submissionId: Types.ObjectId | undefined,
): { readonly kind: 'counted'; readonly writes: RequestWrites } | Refused {
  const submission = submissions.find(({ _id }) => submissionId?.equals(_id));
  if (!submission?.discardedAt) return { kind: 'counted', writes: { student } };
  if (!submission.rewardId.equals(reward._id)) return refuse('NOTHING_TO_CHANGE', DISCARDED);
  if (hasCountingSubmission(student, submission.assignmentId, ledger)) {
    return refuse('NOTHING_TO_CHANGE', ANOTHER_COUNTS);
  }
  return {
    kind: 'counted',
    writes: {
      student: withRestored(student, submission),
      submissionChange: { id: submission._id, change: { discardedAt: undefined } },
    },
  };
}
