import { Types } from 'mongoose';
import { mayCorrect } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import { correctReward, isRevoked } from '../granting/correct-reward.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, carryOut, type ManualRequest } from '../granting/manual-acts.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { LedgerRow, ManualOperation, RewardRecord } from '../storage/models/reward.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';
import { loadReward } from '../storage/reward-ledger.js';

export interface CorrectReward {
  readonly teacher: Teacher;
  readonly rewardId: string;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

/**
 * Makes a row of the ledger count for nothing from now on.
 * @throws Unavailable
 */
export async function revokeReward(committer: Committer, input: CorrectReward): Promise<ActDone | Refused> {
  const { note } = input;
  const request = correctionRequest('revokeReward', input);
  const claim = { ...request, rewardId: new Types.ObjectId() };
  return carryOut(committer, request, async () => {
    const row = await findCorrectableRow(input);
    if (row.kind === 'refused') return row;
    return {
      studentId: row.reward.studentId,
      lookups: { ledger: true },
      decide: (before, { ledger }) => {
        const corrected = ledgerRowOf(ledger, row.reward);
        if (isRevoked(ledger, corrected)) return refuse('NOTHING_TO_CHANGE', IS_REVOKED);
        const { student, reward } = correctReward(before, ledger, corrected, { kind: 'RewardRevoked', note }, claim);
        return { kind: 'planned', writes: { student, rewards: [reward] }, details: { note } };
      },
    };
  });
}

const IS_REVOKED = 'This reward is revoked already. To make it count again, use restoreReward.';

export function correctionRequest(
  operation: ManualOperation,
  { rewardId, note, idempotencyKey, facts }: CorrectReward,
): ManualRequest {
  const fingerprint = fingerprintOf(canonicalId(rewardId), note);
  return { operation, requestKey: idempotencyKey, fingerprint, facts };
}

/** Finds a row that the account may correct. A row never changes, so it is read before the transaction. */
export async function findCorrectableRow({
  teacher,
  rewardId,
}: CorrectReward): Promise<{ readonly kind: 'found'; readonly reward: RewardRecord } | Refused> {
  const id = toObjectId(rewardId);
  const reward = id && (await loadReward(id));
  const own = reward?.corrects ? await loadReward(reward.corrects) : reward;
  if (!reward || !own || !(await mayCorrect(teacher, own))) return refuse('NOT_FOUND', NO_SUCH_REWARD);
  if (reward.corrects) return refuse('NOTHING_TO_CHANGE', correctsAnother(reward.corrects));
  return { kind: 'found', reward };
}

const NO_SUCH_REWARD =
  'There is no such reward among those that you may correct: those of your own courses, and not your own. ' +
  "Only an admin corrects a focus session's reward.";

const correctsAnother = (corrected: Types.ObjectId): string =>
  `This row corrects another one. Name the row that it corrects instead: ${corrected}.`;

export function ledgerRowOf(ledger: readonly LedgerRow[], { _id }: Pick<RewardRecord, '_id'>): LedgerRow {
  const row = ledger.find((each) => each._id.equals(_id));
  if (!row) throw new Error(`the row ${_id} is not in the ledger of its student`);
  return row;
}
