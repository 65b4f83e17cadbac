import type { Types } from 'mongoose';
import {
  activeLocalDate,
  decideReward,
  isActivity,
  type LocalDate,
  type PaidAction,
  progressOf,
  type RewardDecision,
  type StudentState,
} from '../rewards/index.js';
import { addAura, utcDayOf } from '../storage/aura-window.js';
import type { RewardReason, RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { RequestFacts } from './request-facts.js';

/** The fields of a ledger row that come from the request. The rules decide the other ones. */
export interface Claim {
  /** Created once per request, before the first attempt. A retry finds its row by it if a commit's reply was lost. */
  readonly rewardId: Types.ObjectId;
  readonly reason: RewardReason;
  readonly subject: SubjectRecord;
  readonly operation: RewardRecord['operation'];
  readonly requestKey: string | null;
  readonly fingerprint: string;
  readonly facts: RequestFacts;
  readonly courseId?: Types.ObjectId;
  readonly submissionId?: Types.ObjectId;
}

/** Applies the reward rules to an action. Returns the student after it, and the ledger row that explains it. Pure. */
export function payReward(
  student: StudentRecord,
  action: PaidAction,
  claim: Claim,
): { student: StudentRecord; reward: RewardRecord } {
  const decision = decideReward(stateOf(student), action);
  const paid = withDecision(student, decision, claim);
  return { student: paid, reward: ledgerRow(student, paid, action, decision, claim) };
}

/** The student's calendar day at this moment, as the ledger row stores it. */
export function dayOf(student: StudentRecord, at: Date): LocalDate {
  return activeLocalDate(student, at, student.timeZone, student.dayZone ?? student.timeZone);
}

/** The part of a student that the reward rules need. */
export function stateOf(student: StudentRecord): StudentState {
  const { submissionCount, pomodoroCount, totalPomodoroSeconds, streak, focusToday } = student;
  return {
    ...progressOf(student),
    submissionCount,
    pomodoroCount,
    totalPomodoroSeconds,
    streak,
    focusToday,
    badges: student.badges.map(({ badgeId }) => badgeId),
  };
}

/** The student after a decision. Unchanged fields keep their object identity: only changed fields are written. */
function withDecision(
  student: StudentRecord,
  { state, newBadges, auraPoints }: RewardDecision,
  claim: Claim,
): StudentRecord {
  const unlocked = newBadges.map((badgeId) => ({
    badgeId,
    unlockedAt: claim.facts.receivedAt,
    rewardId: claim.rewardId,
  }));
  const { badges: _, ...moved } = state;
  return {
    ...student,
    ...moved,
    dayZone: state.streak.lastActiveOn === student.streak.lastActiveOn ? student.dayZone : student.timeZone,
    auraWindow: addAura(student.auraWindow, utcDayOf(claim.facts.receivedAt), auraPoints),
    badges: unlocked.length === 0 ? student.badges : [...student.badges, ...unlocked],
    sequence: student.sequence + 1,
  };
}

function ledgerRow(
  student: StudentRecord,
  paid: StudentRecord,
  action: PaidAction,
  decision: RewardDecision,
  claim: Claim,
): RewardRecord {
  return {
    ...claimedFields(student, claim),
    xp: decision.xp,
    auraPoints: decision.auraPoints,
    before: decision.before,
    after: decision.after,
    lines: [...decision.lines],
    leveledUp: decision.leveledUp,
    surplusDiscarded: decision.surplusDiscarded,
    badges: [...decision.newBadges],
    streak: { ...decision.state.streak },
    localDate: action.localDate,
    action,
    ...(isActivity(action) && paid.dayZone !== null && { dayZone: paid.dayZone }),
    rulesVersion: decision.rulesVersion,
  };
}

/** The fields of the student's next ledger row that do not depend on the rules. */
export function claimedFields(student: StudentRecord, claim: Claim) {
  const { rewardId, reason, subject, operation, requestKey, fingerprint, facts, courseId, submissionId } = claim;
  return {
    _id: rewardId,
    studentId: student._id,
    sequence: student.sequence + 1,
    reason,
    subject,
    operation,
    ...(requestKey !== null && { requestKey }),
    fingerprint,
    ...(courseId && { courseId }),
    ...(submissionId && { submissionId }),
    grantedAt: facts.receivedAt,
    requestId: facts.requestId,
    actorId: facts.actorId,
  };
}
