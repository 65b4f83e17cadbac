import {
  type Correction,
  type CorrectionDecision,
  countedPoints,
  decideCorrection,
  isCorrection,
  localDateOf,
  type Progress,
  progressOf,
  worthsOf,
} from '../rewards/index.js';
import { auraWindowOf, utcDayOf } from '../storage/aura-window.js';
import type { LedgerRow, RewardReason, RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { StudentRecord, UnlockedBadgeRecord } from '../storage/models/student.js';
import { type Claim, claimedFields } from './pay-reward.js';

/** What changes about a row. The row itself gives the other fields of the correction. */
export type CorrectionCause = Correction extends infer Each
  ? Each extends Correction
    ? Omit<Each, 'at' | 'localDate' | 'sequence' | 'focusedSeconds'>
    : never
  : never;

/** The fields of a correcting row that come from the request. */
export type CorrectionClaim = Pick<Claim, 'rewardId' | 'operation' | 'fingerprint' | 'facts'>;

/**
 * Applies a correction of a ledger row. Returns the student after it, and the ledger row that explains it. Pure.
 * @param ledger the whole ledger of the student, in order
 * @param corrected a row that corrects no other
 * @throws Error if the ledger does not explain the student: then a correction would hide what went wrong
 */
export function correctReward(
  student: StudentRecord,
  ledger: readonly LedgerRow[],
  corrected: LedgerRow,
  cause: CorrectionCause,
  claim: CorrectionClaim,
): { student: StudentRecord; reward: RewardRecord } {
  const correction = correctionOf(ledger, corrected, cause, claim);
  const decision = decideCorrection(ledger, correction);
  if (!isSameProgress(decision.before, progressOf(student))) {
    throw new Error(`the ledger of student ${student._id} does not explain its progress`);
  }
  const reward = correctingRow(student, ledger, corrected, correction, decision, claim);
  return { student: withCorrection(student, [...ledger, reward], decision, claim), reward };
}

function correctionOf(
  ledger: readonly LedgerRow[],
  { sequence, localDate, action }: LedgerRow,
  cause: CorrectionCause,
  { facts }: CorrectionClaim,
): Correction {
  const correction = { ...cause, at: facts.receivedAt, localDate, sequence } as Correction;
  const direction = changeOfPresence(ledger, correction);
  if (action.kind !== 'PomodoroEnded' || direction === 0) return correction;
  return { ...correction, focusedSeconds: direction * action.focusedSeconds } as Correction;
}

/** Whether the latest correction that says so revoked this row. */
export const isRevoked = (ledger: readonly LedgerRow[], { sequence }: Pick<LedgerRow, 'sequence'>): boolean =>
  worthsOf(ledger).get(sequence)?.isRevoked ?? false;

/** 1 if the correction makes its row count again, -1 if it makes it count no more, 0 if it does neither. */
export function changeOfPresence(ledger: readonly LedgerRow[], correction: Correction): -1 | 0 | 1 {
  const wasRevoked = isRevoked(ledger, correction);
  if (correction.kind === 'RewardRevoked') return wasRevoked ? 0 : -1;
  return wasRevoked && correction.kind !== 'DeadlineExtended' ? 1 : 0;
}

const REASONS: Record<Correction['kind'], RewardReason> = {
  RewardRevoked: 'REVOCATION',
  RewardRestored: 'RESTORATION',
  SubmissionRegraded: 'SUBMISSION_GRADED',
  DeadlineExtended: 'EXTENSION',
};

function correctingRow(
  student: StudentRecord,
  ledger: readonly LedgerRow[],
  corrected: LedgerRow,
  correction: Correction,
  decision: CorrectionDecision,
  claim: CorrectionClaim,
): RewardRecord {
  const subject = subjectOf(ledger, corrected, correction);
  const fields = claimedFields(student, { ...claim, subject, reason: REASONS[correction.kind], requestKey: null });
  return {
    ...fields,
    ...(corrected.submissionId && { submissionId: corrected.submissionId }),
    corrects: corrected._id,
    worth: decision.worth,
    xp: decision.xp,
    auraPoints: decision.auraPoints,
    before: decision.before,
    after: decision.after,
    lines: [...decision.lines],
    leveledUp: decision.leveledUp,
    surplusDiscarded: 0,
    badges: [...decision.newBadges],
    lostBadges: [...decision.lostBadges],
    streak: { ...decision.folded.state.streak },
    localDate: correction.localDate,
    action: correction,
    rulesVersion: decision.rulesVersion,
  };
}

/** The subject of a correcting row: see SubjectKind. */
export function subjectOf(
  ledger: readonly LedgerRow[],
  corrected: Pick<LedgerRow, '_id' | 'action'>,
  correction: Correction,
): SubjectRecord {
  const latest = ledger.findLast(({ corrects }) => corrects?.equals(corrected._id));
  const direction = corrected.action.kind === 'AssignmentSubmitted' ? changeOfPresence(ledger, correction) : 0;
  const kinds = { [-1]: 'submission-revocation', 0: 'correction', 1: 'submission-restoration' } as const;
  return { kind: kinds[direction], id: (latest ?? corrected)._id };
}

/** Whether a correcting row raises what the corrected row counts for, or would count for if it were not revoked. */
export function raisesWorth(ledger: readonly LedgerRow[], correcting: LedgerRow): boolean {
  const { action } = correcting;
  const pointsOf = (rows: readonly LedgerRow[]) =>
    isCorrection(action) ? (worthsOf(rows).get(action.sequence)?.points ?? 0) : 0;
  return pointsOf([...ledger, correcting]) > pointsOf(ledger);
}

/** @param ledger with the correcting row */
function withCorrection(
  student: StudentRecord,
  ledger: readonly LedgerRow[],
  { folded }: CorrectionDecision,
  { facts }: CorrectionClaim,
): StudentRecord {
  const { badges: _, ...moved } = folded.state;
  const asOfDay = Math.max(student.auraWindow.asOfDay, utcDayOf(facts.receivedAt));
  return {
    ...student,
    ...moved,
    badges: badgesOf(ledger, folded.badges),
    dayZone: dayZoneOf(student, ledger, folded),
    auraWindow: auraWindowOf(earnedAura(ledger), asOfDay),
    sequence: student.sequence + 1,
  };
}

/** The badges as a student document stores them. */
export function badgesOf(
  ledger: readonly LedgerRow[],
  held: CorrectionDecision['folded']['badges'],
): UnlockedBadgeRecord[] {
  return held.map(({ badgeId, sequence }) => {
    const { _id, grantedAt } = ledger[sequence - 1]!;
    return { badgeId, unlockedAt: grantedAt, rewardId: _id };
  });
}

/** What each row counts for, on the UTC day on which its request arrived. */
export function earnedAura(ledger: readonly LedgerRow[]) {
  return [...worthsOf(ledger)].map(([sequence, worth]) => ({
    day: utcDayOf(ledger[sequence - 1]!.grantedAt),
    points: countedPoints(worth),
  }));
}

/** The zone in which the last active day began. Rows of older servers do not say it, so take one that fits. */
function dayZoneOf(
  student: StudentRecord,
  ledger: readonly LedgerRow[],
  { state, dayOpener }: CorrectionDecision['folded'],
): string | null {
  if (dayOpener === null) return null;
  const { dayZone, grantedAt } = ledger[dayOpener - 1]!;
  if (dayZone !== undefined) return dayZone;
  const fits = (zone: string | null) => zone !== null && localDateOf(grantedAt, zone) === state.streak.lastActiveOn;
  return fits(student.dayZone) ? student.dayZone : student.timeZone;
}

const isSameProgress = (one: Progress, other: Progress): boolean =>
  one.level === other.level &&
  one.xp === other.xp &&
  one.lifetimeXp === other.lifetimeXp &&
  one.auraPoints === other.auraPoints;
