import { checkActs } from './acts.js';
import { type Drift, Findings } from './drift.js';
import { checkLedger } from './ledger.js';
import { checkSessions } from './sessions.js';
import { checkAction, checkShape } from './shape.js';
import {
  pathOfAct,
  pathOfRow,
  pathOfSession,
  pathOfSubmission,
  pathOfText,
  type StudentSnapshot,
} from './student-snapshot.js';
import { checkSubmissions } from './submissions.js';

/**
 * Derives a student from its ledger, each row with the rules of its version, and compares every stored value. For
 * values that cannot be derived (underivable.ts), it checks the type only. Pure.
 */
export function driftsOf(snapshot: StudentSnapshot): Drift[] {
  const findings = new Findings(snapshot.student._id.toHexString());
  // Values can only be derived from documents of the declared types.
  if (!checkShapes(snapshot, findings)) return findings.drifts;
  for (const check of [checkLedger, checkSubmissions, checkSessions, checkActs]) {
    try {
      check(snapshot, findings);
    } catch (error) {
      // No stored value may end the verification of the others.
      findings.add('_id', snapshot.student._id, `a student that can be verified: ${(error as Error).message}`);
    }
  }
  return findings.drifts;
}

function checkShapes(
  { student, rewards, submissions, formerTexts, sessions, acts }: StudentSnapshot,
  findings: Findings,
): boolean {
  let holds = checkShape('student', student, '', findings);
  const note = (isDeclared: boolean) => {
    if (!isDeclared) holds = false;
  };
  for (const [position, row] of rewards.entries()) {
    const path = pathOfRow(position);
    note(checkShape('reward', row, path, findings));
    note(checkAction(row.action, `${path}.action`, findings));
  }
  for (const each of submissions) note(checkShape('submission', each, pathOfSubmission(each), findings));
  for (const each of formerTexts) note(checkShape('formerText', each, pathOfText(each), findings));
  for (const each of sessions) note(checkShape('session', each, pathOfSession(each), findings));
  for (const each of acts) note(checkShape('act', each, pathOfAct(each), findings));
  return holds;
}
