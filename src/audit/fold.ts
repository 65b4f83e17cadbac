import {
  type Correction,
  type CorrectionDecision,
  decideFromFolds,
  decideReward,
  type FoldedLedger,
  isActivity,
  isCorrection,
  type PaidAction,
  type RewardDecision,
  type RewardRules,
  rulesOf,
  type StudentState,
} from '../rewards/index.js';
import type { LedgerRow, RewardRecord } from '../storage/models/reward.js';
import { compareCorrection } from './corrections.js';
import { dayProblem } from './days.js';
import { valueOrMessage } from './derive.js';
import type { Findings } from './drift.js';
import { RunningFold } from './running-fold.js';
import { pathOfRow } from './student-snapshot.js';

/** The result of applying the whole ledger to a new student. */
export interface Folded extends FoldedLedger {
  /** The rows with the derived values instead of the stored ones, where the rules read them. */
  readonly ledger: readonly LedgerRow[];
  /** The zone in which the last active day began. undefined: rows of older servers do not say it. */
  readonly dayZone: string | null | undefined;
}

/** The rows up to one, while the ledger is folded. */
interface Folding {
  readonly fold: RunningFold;
  /** As in Folded. */
  dayZone: string | null | undefined;
}

/**
 * Decides each row again: one that corrects no other on the state after the rows before it, with the worths that they
 * had then; a correction by folding the rows from the corrected one on.
 * @returns null if a row is missing or the rules reject it: nothing after it can be derived
 */
export function foldRows(rewards: readonly RewardRecord[], findings: Findings): Folded | null {
  const folding: Folding = { fold: new RunningFold(), dayZone: null };
  for (const [position, row] of rewards.entries()) {
    if (row.sequence !== position + 1) return null;
    const { action } = row;
    const path = pathOfRow(position);
    const rules = valueOrMessage(() => rulesOf(row.rulesVersion));
    if (typeof rules === 'string') {
      findings.add(`${path}.rulesVersion`, row.rulesVersion, rules);
      return null;
    }
    const rejection = isCorrection(action)
      ? correct(folding, row, action, rules, findings)
      : pay(folding, row, action, rules, findings);
    if (rejection !== null) {
      findings.add(`${path}.action`, action, rejection);
      return null;
    }
  }
  return { ledger: folding.fold.ledger, ...folding.fold.now, dayZone: folding.dayZone };
}

/** @returns why the rules reject the row; null if they accept it */
function pay(
  folding: Folding,
  row: RewardRecord,
  action: PaidAction,
  rules: RewardRules,
  findings: Findings,
): string | null {
  const { fold } = folding;
  const decision = valueOrMessage(() => decideReward(fold.now.state, action, rules));
  if (typeof decision === 'string') return decision;
  const path = pathOfRow(row.sequence - 1);
  compareDecision(row, { ...decision, streak: decision.state.streak }, path, findings);
  checkDay(folding, row, action, decision.state, path, findings);
  fold.pay(derivedRow(row, decision.xp), decision);
  return null;
}

function checkDay(
  folding: Folding,
  row: RewardRecord,
  action: PaidAction,
  after: StudentState,
  path: string,
  findings: Findings,
): void {
  const { state, dayOpener } = folding.fold.now;
  const { lastActiveOn } = state.streak;
  const problem = dayProblem(action, row.dayZone, { lastActiveOn, zoneOfLastDay: folding.dayZone });
  if (problem !== null) {
    findings.add(`${path}.localDate`, row.localDate, problem);
    findings.add(`${path}.action.localDate`, action.localDate, problem);
    if (row.dayZone !== undefined)
      findings.add(`${path}.dayZone`, row.dayZone, `a zone in which it is ${row.localDate}`);
  }
  if (!isActivity(action)) return;
  if (after.streak.lastActiveOn !== lastActiveOn) folding.dayZone = row.dayZone;
  else if (folding.dayZone === undefined) folding.dayZone = row.dayZone;
  else if (row.dayZone !== undefined && dayOpener !== null) {
    const ofOpener = `${pathOfRow(dayOpener - 1)}.dayZone`;
    findings.compareCopies(`${path}.dayZone`, row.dayZone, ofOpener, folding.dayZone);
  }
}

/** @returns why the rules reject the row; null if they accept it */
function correct(
  folding: Folding,
  row: RewardRecord,
  correction: Correction,
  rules: RewardRules,
  findings: Findings,
): string | null {
  const { fold } = folding;
  const decision = valueOrMessage(() => decideFromFolds(correction, fold.correct(correction, rules), rules));
  if (typeof decision === 'string') return decision;
  const path = pathOfRow(row.sequence - 1);
  compareDecision(row, { ...decision, ...notPaid, streak: decision.folded.state.streak }, path, findings);
  compareCorrection(row, correction, fold.chainOf(correction.sequence), decision, path, findings);
  const { dayOpener } = decision.folded;
  folding.dayZone = dayOpener === null ? null : fold.ledger[dayOpener - 1]!.dayZone;
  const corrects = fold.ledger[correction.sequence - 1]!._id;
  fold.addCorrecting({ ...derivedRow(row, decision.xp), corrects }, correction);
  return null;
}

const notPaid = { surplusDiscarded: 0 };

type Decided = Omit<RewardDecision, 'state' | 'rulesVersion'> & Pick<RewardRecord, 'streak'>;

/** For all rows together this also proves the sums: each decision starts from the state after the previous row. */
function compareDecision(
  row: RewardRecord,
  decision: Decided & Partial<CorrectionDecision>,
  path: string,
  findings: Findings,
): void {
  findings.compare(`${path}.xp`, row.xp, decision.xp);
  findings.compare(`${path}.auraPoints`, row.auraPoints, decision.auraPoints);
  findings.compare(`${path}.before`, row.before, decision.before);
  findings.compare(`${path}.after`, row.after, decision.after);
  findings.compare(`${path}.lines`, row.lines, decision.lines);
  findings.compare(`${path}.leveledUp`, row.leveledUp, decision.leveledUp);
  findings.compare(`${path}.surplusDiscarded`, row.surplusDiscarded, decision.surplusDiscarded);
  findings.compare(`${path}.badges`, row.badges, decision.newBadges);
  findings.compare(`${path}.streak`, row.streak, decision.streak);
}

function derivedRow(row: RewardRecord, xp: number): LedgerRow {
  const { _id, studentId, sequence, subject, action, dayZone, rulesVersion, submissionId } = row;
  return {
    _id,
    studentId,
    sequence,
    subject,
    xp,
    localDate: action.localDate,
    action,
    ...(dayZone !== undefined && { dayZone }),
    rulesVersion,
    grantedAt: action.at,
    ...(submissionId && { submissionId }),
  };
}
