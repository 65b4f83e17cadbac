import { applyAction } from './apply-action.js';
import { assertGrade } from './invariant.js';
import { type RewardRules, rulesOf } from './reward-rules.js';
import { gradedPoints, pointsOf, submissionLines } from './rules/points.js';
import { type Correction, isActivity, isCorrection, type LedgerAction, type PaidAction } from './student-action.js';
import { newStudentState, type StudentState } from './student-state.js';

/** What the fold needs of a ledger row. The row with the sequence n is the n-th of its ledger. */
export interface LedgerEntry {
  readonly action: LedgerAction;
  /** The xp that the row paid when it was written. */
  readonly xp: number;
  readonly rulesVersion: number;
}

/** What a row that corrects no other counts for: its own xp, or what its latest correction says. */
export interface Worth {
  /** What it counts for, or would if it were not revoked. */
  readonly points: number;
  readonly isRevoked: boolean;
}

export interface HeldBadge {
  readonly badgeId: string;
  /** The row that unlocked it. */
  readonly sequence: number;
}

/** What a ledger makes of a student. */
export interface FoldedLedger {
  readonly state: StudentState;
  readonly badges: readonly HeldBadge[];
  /** The first counted row of the last active day; null if the student was never active. */
  readonly dayOpener: number | null;
}

export const countedPoints = ({ points, isRevoked }: Worth): number => (isRevoked ? 0 : points);

/**
 * Returns the worth of each row by its sequence. A row that corrects another has none.
 * @param rulesFor finds the rules of a version
 * @throws RangeError if a correction names no earlier row, or one that it cannot correct
 */
export function worthsOf(entries: readonly LedgerEntry[], rulesFor = rulesOf): ReadonlyMap<number, Worth> {
  const worths = new Map<number, Worth>();
  for (const [position, { action, xp, rulesVersion }] of entries.entries()) {
    if (isCorrection(action)) {
      worths.set(action.sequence, correctedWorth(entries, worths, action, rulesFor(rulesVersion)));
    } else worths.set(position + 1, { points: xp, isRevoked: false });
  }
  return worths;
}

/**
 * Returns what the corrected row counts for after a correction.
 * @param worths of the rows before it
 * @throws RangeError as `worthsOf` does
 */
export function correctedWorth(
  entries: readonly LedgerEntry[],
  worths: ReadonlyMap<number, Worth>,
  correction: Correction,
  rules: RewardRules,
): Worth {
  const corrected = entries[correction.sequence - 1]?.action;
  const former = worths.get(correction.sequence);
  if (!corrected || !former) throw new RangeError(`There is no row ${correction.sequence} to correct.`);
  switch (correction.kind) {
    case 'RewardRevoked':
      return { ...former, isRevoked: true };
    case 'RewardRestored':
      return { ...former, isRevoked: false };
    case 'SubmissionRegraded':
      if (corrected.kind !== 'SubmissionGraded') throw new RangeError(`Row ${correction.sequence} is not a grade.`);
      assertGrade(correction, rules);
      return { points: gradedPoints(correction.grade, rules), isRevoked: false };
    case 'DeadlineExtended': {
      if (corrected.kind !== 'AssignmentSubmitted') {
        throw new RangeError(`Row ${correction.sequence} is not a submission.`);
      }
      const points = pointsOf(submissionLines(correction.dueDate, corrected.at, rules));
      return { ...former, points: Math.max(former.points, points) };
    }
  }
}

/**
 * Folds a ledger as it stands today: the rows that correct no other, in their order, each with its worth, without the
 * revoked ones. What the other rows paid is not decided again.
 * @param rulesFor finds the rules of a version
 * @throws RangeError as `worthsOf` does
 */
export function foldLedger(entries: readonly LedgerEntry[], rulesFor = rulesOf): FoldedLedger {
  return foldFurther(nothingFolded, entries, { from: 1, to: entries.length }, worthsOf(entries, rulesFor), rulesFor);
}

export const nothingFolded: FoldedLedger = { state: newStudentState, badges: [], dayOpener: null };

/** Folds the rows with these sequences, both included, after the ones before them were folded. */
export function foldFurther(
  folded: FoldedLedger,
  entries: readonly LedgerEntry[],
  { from, to }: { readonly from: number; readonly to: number },
  worths: ReadonlyMap<number, Worth>,
  rulesFor = rulesOf,
): FoldedLedger {
  let { state, dayOpener } = folded;
  const badges = [...folded.badges];
  for (let sequence = from; sequence <= to; sequence++) {
    const { action, rulesVersion } = entries[sequence - 1]!;
    const worth = worths.get(sequence);
    if (isCorrection(action) || !worth || worth.isRevoked) continue;
    const applied = applyAction(state, action, worth.points, rulesFor(rulesVersion));
    if (opensDay(state, applied.state, action)) dayOpener = sequence;
    for (const badgeId of applied.newBadges) badges.push({ badgeId, sequence });
    state = applied.state;
  }
  return { state, badges, dayOpener };
}

const opensDay = (before: StudentState, after: StudentState, action: PaidAction): boolean =>
  isActivity(action) && before.streak.lastActiveOn !== after.streak.lastActiveOn;
