import {
  correctedWorth,
  countedPoints,
  type FoldedLedger,
  foldFurther,
  type LedgerEntry,
  nothingFolded,
  type Worth,
  worthsOf,
} from './fold-ledger.js';
import { assertInvariant } from './invariant.js';
import type { RewardLine } from './reward-decision.js';
import { currentRules, type RewardRules, rulesOf } from './reward-rules.js';
import { gradeLines } from './rules/points.js';
import type { Correction } from './student-action.js';
import { type Progress, progressOf } from './student-state.js';

/** What the rules decide about a correction. */
export interface CorrectionDecision {
  /** What the corrected row counts for from now on. */
  readonly worth: number;
  /** The new worth minus the former one. It may be negative. */
  readonly xp: number;
  readonly auraPoints: number;
  readonly lines: readonly RewardLine[];
  readonly before: Progress;
  readonly after: Progress;
  readonly leveledUp: boolean;
  /** Ids of the badges that the student holds now and did not hold before. */
  readonly newBadges: readonly string[];
  /** Ids of the badges that the student no longer holds. */
  readonly lostBadges: readonly string[];
  /** What the ledger makes of the student with this correction. */
  readonly folded: FoldedLedger;
  readonly rulesVersion: number;
}

/**
 * Decides what a correction of an earlier row changes: the student becomes what the ledger would have made of it with
 * the worths of today. Does not modify its arguments.
 * @param entries the whole ledger of the student
 * @param rules of the correction
 * @param rulesFor finds the rules of a version
 * @throws RangeError if the correction names no row that it can correct
 * @throws Error naming the invariant that the decision would break
 */
export function decideCorrection(
  entries: readonly LedgerEntry[],
  correction: Correction,
  rules: RewardRules = currentRules,
  rulesFor = rulesOf,
): CorrectionDecision {
  const worths = worthsOf(entries, rulesFor);
  const corrected = correctedWorth(entries, worths, correction, rules);
  // The rows before the corrected one come out the same. Most corrections are of late rows, so they are folded once.
  const earlier = { from: 1, to: correction.sequence - 1 };
  const others = { from: correction.sequence, to: entries.length };
  const unchanged = foldFurther(nothingFolded, entries, earlier, worths, rulesFor);
  const before = foldFurther(unchanged, entries, others, worths, rulesFor);
  const correctedWorths = new Map(worths).set(correction.sequence, corrected);
  const folded = foldFurther(unchanged, entries, others, correctedWorths, rulesFor);
  const change = { former: worths.get(correction.sequence)!, corrected, before, folded };
  return decideFromFolds(correction, change, rules);
}

/** What a correction changes: what its row counts for, and what the whole ledger makes of the student. */
export interface CorrectedFolds {
  readonly former: Worth;
  readonly corrected: Worth;
  readonly before: FoldedLedger;
  readonly folded: FoldedLedger;
}

/**
 * Decides as `decideCorrection` does, for a caller that has folded the ledger already.
 * @throws Error naming the invariant that the decision would break
 */
export function decideFromFolds(
  correction: Correction,
  { former, corrected, before, folded }: CorrectedFolds,
  rules: RewardRules,
): CorrectionDecision {
  const worth = countedPoints(corrected);
  const xp = worth - countedPoints(former);
  const held = new Set(before.state.badges);
  const holds = new Set(folded.state.badges);
  const decision: CorrectionDecision = {
    worth,
    xp,
    auraPoints: xp,
    lines: correctionLines(correction, xp, rules),
    before: progressOf(before.state),
    after: progressOf(folded.state),
    leveledUp: folded.state.level > before.state.level,
    newBadges: folded.state.badges.filter((badge) => !held.has(badge)),
    lostBadges: before.state.badges.filter((badge) => !holds.has(badge)),
    folded,
    rulesVersion: rules.version,
  };
  assertInvariants(decision);
  return decision;
}

/** Checks what must hold after every correction. */
function assertInvariants({ xp, before, after }: CorrectionDecision): void {
  const moved = after.level - before.level || after.xp - before.xp;
  assertInvariant(after.lifetimeXp - before.lifetimeXp === xp, 'lifetimeXp moves by the difference of the worths');
  assertInvariant(after.auraPoints - before.auraPoints === xp, 'aura points move by the difference of the worths');
  assertInvariant(after.lifetimeXp >= 0, 'the worths add up to 0 or more');
  assertInvariant(moved * xp >= 0, 'level and xp move in the direction of the correction');
}

function correctionLines(correction: Correction, points: number, rules: RewardRules): readonly RewardLine[] {
  switch (correction.kind) {
    case 'RewardRevoked':
      return [{ rule: 'revocation', text: correction.note, points }];
    case 'RewardRestored':
      return [{ rule: 'restoration', text: correction.note, points }];
    case 'DeadlineExtended':
      return [{ rule: 'extension', text: correction.note, points }];
    case 'SubmissionRegraded':
      return gradeLines(correction.grade, rules).map((line) => ({ ...line, rule: 'regrade', points }));
  }
}
