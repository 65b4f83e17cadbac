/** Acts by hand: what teachers and admins give, correct, discard and extend, each once for its key. */
import { Types } from 'mongoose';
import { findManualAct } from '../storage/manual-act-store.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { ManualOperation, RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { loadRewardsOf } from '../storage/reward-ledger.js';
import { loadStudent } from '../storage/student-store.js';
import type { Committer } from './committer.js';
import type { Decision, LookupResults, RequestLookups, RequestWrites } from './decide-group.js';
import { type Refused, refuse } from './refusal.js';
import type { RequestFacts } from './request-facts.js';

/** A request of a teacher or an admin. Its key is scoped to the account and the operation, and kept for ever. */
export interface ManualRequest {
  readonly operation: ManualOperation;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly facts: RequestFacts;
}

/** What an act does to one student. */
export interface ManualPlan {
  readonly studentId: Types.ObjectId;
  readonly lookups: Omit<RequestLookups, 'act'>;
  /** Decides again with each retry: see StudentRequest. */
  readonly decide: (student: StudentRecord, found: LookupResults, actId: Types.ObjectId) => PlannedAct | Refused;
}

/** The writes of an act. The act itself is added to them. */
export interface PlannedAct {
  readonly kind: 'planned';
  readonly writes: Omit<RequestWrites, 'act'>;
  readonly details?: Pick<ManualActRecord, 'note' | 'assignmentId' | 'extension'>;
}

/** What an act did. */
export interface ActDone {
  readonly kind: 'done';
  readonly student: StudentRecord;
  /** The ledger rows that it wrote, in order. */
  readonly rewards: readonly RewardRecord[];
  readonly replayed: boolean;
}

export const KEY_REUSED =
  'You already used this key with another input. Nothing was written. Use a new key for a new request.';

/** The key was taken by another request of the same account since this one looked. */
const KEY_TAKEN = { kind: 'key taken' } as const;

/**
 * Carries out an act once, whatever is repeated or crashes.
 * @param plan finds what the act is about; a refusal if there is nothing that this account may act on
 * @throws Unavailable
 */
export async function carryOut(
  committer: Committer,
  request: ManualRequest,
  plan: () => Promise<ManualPlan | Refused>,
): Promise<ActDone | Refused> {
  const { operation, requestKey, fingerprint, facts } = request;
  const key = { actorId: facts.actorId, operation, requestKey };
  const actId = new Types.ObjectId();
  for (;;) {
    const earlier = await findManualAct(key);
    if (earlier?.fingerprint === fingerprint) return replay(earlier, actId);
    if (earlier) return refuse('IDEMPOTENCY_KEY_REUSED', KEY_REUSED);
    const planned = await plan();
    if ('kind' in planned) return planned;
    const { studentId, lookups, decide } = planned;
    const outcome = await committer.submit<ActDone | Refused | typeof KEY_TAKEN>({
      studentId,
      facts,
      lookups: { ...lookups, act: key },
      decide: (student, found) => {
        if (found.acts.some((act) => isUnderKey(act, key))) return { answer: () => KEY_TAKEN };
        const outcome = decide(student, found, actId);
        return outcome.kind === 'refused' ? { answer: () => outcome } : withAct(outcome, request, actId, student);
      },
    });
    if (outcome.kind !== 'key taken') return outcome;
  }
}

/** If the act has this request's own id, this request was carried out and only the reply of its commit was lost. */
async function replay(act: ManualActRecord, actId: Types.ObjectId): Promise<ActDone> {
  const [studentId] = act.studentIds as [Types.ObjectId];
  const rewards = await loadRewardsOf(studentId, act.rewardIds);
  const student = await loadStudent(studentId);
  if (!student) throw new Error(`the student ${studentId} of act ${act._id} does not exist`);
  return { kind: 'done', student, rewards, replayed: !act._id.equals(actId) };
}

const isUnderKey = (
  act: ManualActRecord,
  { actorId, operation, requestKey }: Pick<ManualActRecord, 'actorId' | 'operation' | 'requestKey'>,
): boolean => act.requestKey === requestKey && act.operation === operation && act.actorId.equals(actorId);

export function withAct(
  { writes, details }: PlannedAct,
  request: ManualRequest,
  actId: Types.ObjectId,
  { _id }: StudentRecord,
): Decision<ActDone> {
  const { rewards = [] } = writes;
  const act = { ...newAct(request, actId, [_id]), rewardIds: rewards.map((reward) => reward._id), ...details };
  return {
    writes: { ...writes, act },
    answer: (student) => ({ kind: 'done', student, rewards, replayed: false }),
  };
}

/** An act that has written nothing yet. */
export function newAct(
  { operation, requestKey, fingerprint, facts }: ManualRequest,
  actId: Types.ObjectId,
  studentIds: readonly Types.ObjectId[],
): ManualActRecord {
  return {
    _id: actId,
    actorId: facts.actorId,
    operation,
    requestKey,
    fingerprint,
    studentIds: [...studentIds],
    rewardIds: [],
    at: facts.receivedAt,
    requestId: facts.requestId,
  };
}
