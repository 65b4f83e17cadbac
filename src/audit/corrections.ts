import { changeOfPresence, isRevoked, raisesWorth, subjectOf } from '../granting/correct-reward.js';
import type { Correction, CorrectionDecision, LedgerAction } from '../rewards/index.js';
import type { LedgerRow, RewardRecord } from '../storage/models/reward.js';
import type { Findings } from './drift.js';
import { inChain } from './running-fold.js';

/**
 * Compares the fields that only correcting rows have, or that come from the corrected row.
 * @param chain the corrected row and its corrections before this one, as they should be: see RunningFold
 */
export function compareCorrection(
  row: RewardRecord,
  correction: Correction,
  chain: readonly LedgerRow[],
  { worth, lostBadges }: CorrectionDecision,
  path: string,
  findings: Findings,
): void {
  const [corrected] = chain as readonly [LedgerRow];
  compareSubject(row, corrected, correction, chain, path, findings);
  findings.compareCopies(`${path}.corrects`, row.corrects, `${path}.action.sequence`, corrected._id);
  findings.compare(`${path}.submissionId`, row.submissionId, corrected.submissionId);
  // The API shows this as the worth of the corrected row.
  findings.compare(`${path}.worth`, row.worth, worth);
  findings.compare(`${path}.lostBadges`, row.lostBadges, lostBadges);
  findings.compare(`${path}.action.localDate`, correction.localDate, corrected.localDate);
  const seconds = focusedSecondsOf(corrected.action) * changeOfPresence(chain, inChain(correction));
  const stored = 'focusedSeconds' in correction ? correction.focusedSeconds : undefined;
  findings.compare(`${path}.action.focusedSeconds`, stored, seconds === 0 ? undefined : seconds);
  checkNeed(row, correction, corrected, chain, path, findings);
}

const focusedSecondsOf = (action: LedgerAction): number =>
  action.kind === 'PomodoroEnded' ? action.focusedSeconds : 0;

/** The subject is the row that the correction follows, so that the database accepts only one of two that race. */
function compareSubject(
  row: RewardRecord,
  corrected: LedgerRow,
  correction: Correction,
  chain: readonly LedgerRow[],
  path: string,
  findings: Findings,
): void {
  const subject = subjectOf(chain, corrected, inChain(correction));
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
  chain: readonly LedgerRow[],
  path: string,
  findings: Findings,
): void {
  const wasRevoked = isRevoked(chain, inChain(correction));
  const isDiscard = row.operation === 'discardSubmission' && corrected.action.kind === 'AssignmentSubmitted';
  const refuse = (why: string) => findings.add(`${path}.action`, correction, why);
  switch (correction.kind) {
    case 'RewardRevoked':
      if (wasRevoked && !isDiscard) refuse(`row ${correction.sequence} is revoked already`);
      break;
    case 'RewardRestored':
      if (!wasRevoked) refuse(`row ${correction.sequence} is not revoked`);
      break;
    case 'DeadlineExtended':
      if (!raisesWorth(chain, { ...row, action: inChain(correction) })) refuse('an extension that pays more');
      break;
    case 'SubmissionRegraded':
      if (!wasRevoked && isSameGrade(correction, latestGrade(chain))) {
        refuse('another grade or another feedback than before');
      }
  }
}

/** The last grade of the chain; of a row that is no grade, its own action. */
const latestGrade = (chain: readonly LedgerRow[]): LedgerAction =>
  chain.findLast(({ action }) => action.kind === 'SubmissionRegraded')?.action ?? chain[0]!.action;

const isSameGrade = ({ grade, note }: { grade: number; note: string | null }, former: LedgerAction): boolean =>
  'grade' in former && former.grade === grade && former.note === note;
