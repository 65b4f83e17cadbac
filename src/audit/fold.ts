import {
  type Correction,
  type CorrectionDecision,
  decideCorrection,
  decideReward,
  type HeldBadge,
  isActivity,
  isCorrection,
  newStudentState,
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
import { pathOfRow } from './student-snapshot.js';

/** The result of applying the whole ledger to a new student. */
export interface Folded {
  /** The rows with the derived values instead of the stored ones, where the rules read them. */
  readonly ledger: LedgerRow[];
  state: StudentState;
  badges: readonly HeldBadge[];
  /** The sequence of the first counted row of the last active day; null before the first. */
  dayOpener: number | null;
  /** The zone in which that day began. undefined: rows of older servers do not say it. */
  dayZone: string | null | undefined;
}

/**
 * Decides each row again: one that corrects no other on the state after the rows before it, with the worths that they
 * had then; a correction by folding the rows before it. So the ledger is folded once, and again at each correction.
 * @returns null if a row is missing or the rules reject it: nothing after it can be derived
 */
export function foldRows(rewards: readonly RewardRecord[], findings: Findings): Folded | null {
  const folded: Folded = { ledger: [], state: newStudentState, badges: [], dayOpener: null, dayZone: null };
  for (const [position, row] of rewards.entries()) {
    if (row.sequence !== position + 1) return null;
    const { action } = row;
    const path = pathOfRow(position);
    const rules = valueOrMessage(() => rulesOf(row.rulesVersion));
    if (typeof rules === 'string') {
      findings.add(`${path}.rulesVersion`, row.rulesVersion, rules);
      return null;
    }
    const xp = isCorrection(action)
      ? correct(folded, row, action, rules, findings)
      : pay(folded, row, action, rules, findings);
    if (typeof xp === 'string') {
      findings.add(`${path}.action`, action, xp);
      return null;
    }
    const corrects = isCorrection(action) ? folded.ledger[action.sequence - 1]!._id : undefined;
    folded.ledger.push(derivedRow(row, xp, corrects));
  }
  return folded;
}

/** @returns the xp of the row; or why the rules reject it */
function pay(
  folded: Folded,
  row: RewardRecord,
  action: PaidAction,
  rules: RewardRules,
  findings: Findings,
): number | string {
  const decision = valueOrMessage(() => decideReward(folded.state, action, rules));
  if (typeof decision === 'string') return decision;
  const path = pathOfRow(row.sequence - 1);
  compareDecision(row, { ...decision, streak: decision.state.streak }, path, findings);
  checkDay(folded, row, action, decision.state, path, findings);
  folded.badges = [...folded.badges, ...decision.newBadges.map((badgeId) => ({ badgeId, sequence: row.sequence }))];
  folded.state = decision.state;
  return decision.xp;
}

function checkDay(
  folded: Folded,
  row: RewardRecord,
  action: PaidAction,
  after: StudentState,
  path: string,
  findings: Findings,
): void {
  const { lastActiveOn } = folded.state.streak;
  const problem = dayProblem(action, row.dayZone, { lastActiveOn, zoneOfLastDay: folded.dayZone });
  if (problem !== null) {
    findings.add(`${path}.localDate`, row.localDate, problem);
    findings.add(`${path}.action.localDate`, action.localDate, problem);
    if (row.dayZone !== undefined)
      findings.add(`${path}.dayZone`, row.dayZone, `a zone in which it is ${row.localDate}`);
  }
  if (!isActivity(action)) return;
  if (after.streak.lastActiveOn !== lastActiveOn) {
    folded.dayOpener = row.sequence;
    folded.dayZone = row.dayZone;
  } else if (folded.dayZone === undefined) folded.dayZone = row.dayZone;
  else if (row.dayZone !== undefined && folded.dayOpener !== null) {
    const ofOpener = `${pathOfRow(folded.dayOpener - 1)}.dayZone`;
    findings.compareCopies(`${path}.dayZone`, row.dayZone, ofOpener, folded.dayZone);
  }
}

/** @returns the xp of the row; or why the rules reject it */
function correct(
  folded: Folded,
  row: RewardRecord,
  correction: Correction,
  rules: RewardRules,
  findings: Findings,
): number | string {
  const { ledger } = folded;
  const decision = valueOrMessage(() => decideCorrection(ledger, correction, rules));
  if (typeof decision === 'string') return decision;
  const path = pathOfRow(row.sequence - 1);
  compareDecision(row, { ...decision, ...notPaid, streak: decision.folded.state.streak }, path, findings);
  compareCorrection(row, correction, ledger, decision, path, findings);
  const { state, badges, dayOpener } = decision.folded;
  Object.assign(folded, { state, badges, dayOpener });
  folded.dayZone = dayOpener === null ? null : ledger[dayOpener - 1]!.dayZone;
  return decision.xp;
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

function derivedRow(row: RewardRecord, xp: number, corrects: RewardRecord['corrects']): LedgerRow {
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
    ...(corrects && { corrects }),
  };
}
