import { changeOfPresence, subjectOf } from '../granting/correct-reward.js';
import { type Correction, type CorrectionDecision, type LedgerAction, worthsOf } from '../rewards/index.js';
import type { LedgerRow, RewardRecord } from '../storage/models/reward.js';
import type { Findings } from './drift.js';

/**
 * Compares the fields that only correcting rows have, or that come from the corrected row.
 * @param ledger the rows before it, as they should be
 */
export function compareCorrection(
  row: RewardRecord,
  correction: Correction,
  ledger: readonly LedgerRow[],
  { worth, lostBadges }: CorrectionDecision,
  path: string,
  findings: Findings,
): void {
  const corrected = ledger[correction.sequence - 1]!;
  compareSubject(row, corrected, correction, ledger, path, findings);
  findings.compareCopies(`${path}.corrects`, row.corrects, `${path}.action.sequence`, corrected._id);
  findings.compare(`${path}.submissionId`, row.submissionId, corrected.submissionId);
  // The API shows this as the worth of the corrected row.
  findings.compare(`${path}.worth`, row.worth, worth);
  findings.compare(`${path}.lostBadges`, row.lostBadges, lostBadges);
  findings.compare(`${path}.action.localDate`, correction.localDate, corrected.localDate);
  const seconds = focusedSecondsOf(corrected.action) * changeOfPresence(ledger, correction);
  const stored = 'focusedSeconds' in correction ? correction.focusedSeconds : undefined;
  findings.compare(`${path}.action.focusedSeconds`, stored, seconds === 0 ? undefined : seconds);
  checkNeed(row, correction, corrected, ledger, path, findings);
}

const focusedSecondsOf = (action: LedgerAction): number =>
  action.kind === 'PomodoroEnded' ? action.focusedSeconds : 0;

/** The subject is the row that the correction follows, so that the database accepts only one of two that race. */
function compareSubject(
  row: RewardRecord,
  corrected: LedgerRow,
  correction: Correction,
  ledger: readonly LedgerRow[],
  path: string,
  findings: Findings,
): void {
  const subject = subjectOf(ledger, corrected, correction);
  const chain = ledger.filter(({ _id, corrects }) => _id.equals(corrected._id) || corrects?.equals(corrected._id));
  if (!row.subject.id.equals(subject.id) && chain.some(({ _id }) => _id.equals(row.subject.id))) {
    const text = `${subject.id}, the latest of its row: two corrections of one moment`;
    findings.add(`${path}.subject.id`, row.subject.id, text);
  }
  findings.compare(`${path}.subject`, row.subject, subject);
}

/** The product refuses a correction that would change nothing. */
function checkNeed(
  row: RewardRecord,
  correction: Correction,
  corrected: LedgerRow,
  ledger: readonly LedgerRow[],
  path: string,
  findings: Findings,
): void {
  const { isRevoked } = worthsOf(ledger).get(correction.sequence)!;
  const isDiscard = row.operation === 'discardSubmission' && corrected.action.kind === 'AssignmentSubmitted';
  const refuse = (why: string) => findings.add(`${path}.action`, correction, why);
  switch (correction.kind) {
    case 'RewardRevoked':
      if (isRevoked && !isDiscard) refuse(`row ${correction.sequence} is revoked already`);
      break;
    case 'RewardRestored':
      if (!isRevoked) refuse(`row ${correction.sequence} is not revoked`);
      break;
    case 'DeadlineExtended':
      if (row.xp <= 0) refuse('an extension that pays more');
      break;
    case 'SubmissionRegraded':
      if (!isRevoked && isSameGrade(correction, latestGrade(corrected, ledger))) {
        refuse('another grade or another feedback than before');
      }
  }
}

const latestGrade = (corrected: LedgerRow, ledger: readonly LedgerRow[]): LedgerAction =>
  ledger.findLast(({ action, corrects }) => action.kind === 'SubmissionRegraded' && corrects?.equals(corrected._id))
    ?.action ?? corrected.action;

const isSameGrade = ({ grade, note }: { grade: number; note: string | null }, former: LedgerAction): boolean =>
  'grade' in former && former.grade === grade && former.note === note;
