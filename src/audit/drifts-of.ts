import { type Books, pathOfRow, pathOfSession, pathOfSubmission, pathOfText } from './books.js';
import { type Drift, Findings } from './drift.js';
import { checkLedger } from './ledger.js';
import { checkAction, checkShape } from './shape.js';
import { checkSubjects } from './subjects.js';

/**
 * Re-derives a student from its ledger, each row through the rules of its version, and compares every stored value; of
 * what nothing else proves (underivable.ts) it compares the type. Pure.
 */
export function driftsOf(books: Books): Drift[] {
  const findings = new Findings(books.student._id.toHexString());
  // From a document that is not what it is declared to be nothing can be derived.
  if (checkShapes(books, findings)) {
    checkLedger(books, findings);
    checkSubjects(books, findings);
  }
  return findings.drifts;
}

function checkShapes({ student, rewards, submissions, formerTexts, sessions }: Books, findings: Findings): boolean {
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
  return holds;
}
