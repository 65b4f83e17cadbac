import { fingerprintOf, submissionFingerprint } from '../granting/find-replay.js';
import { groupBy } from '../group-by.js';
import { isLate } from '../rewards/index.js';
import type { FormerTextRecord } from '../storage/models/former-text.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { compareWithCorrections, type RowsOfSubmissions, rowsOfSubmissions } from './corrected-submissions.js';
import type { Findings } from './drift.js';
import { checkExtensions, checkResubmissions } from './exceptions.js';
import { digestOf, pathOfRow, pathOfSubmission, pathOfText, type StudentSnapshot } from './student-snapshot.js';
import { type Row, UnclaimedRewards } from './unclaimed-rewards.js';

/** Checks that each submission has a matching reward, and each reward or grade of a submission a submission. */
export function checkSubmissions(snapshot: StudentSnapshot, findings: Findings): void {
  const { rewards, submissions, formerTexts } = snapshot;
  const textsOf = groupBy(formerTexts, ({ submissionId }) => submissionId.toHexString());
  const byId = new Map(submissions.map((submission) => [submission._id.toHexString(), submission]));
  const rows = rowsOfSubmissions(snapshot);
  const unclaimed = new UnclaimedRewards(rewards, 'AssignmentSubmitted');
  for (const submission of submissions) {
    const id = submission._id.toHexString();
    const written = { submission, texts: textsOf.get(id) ?? [] };
    checkRevisions(written, findings);
    checkReward(written, unclaimed, rows, findings);
    checkReplaced(submission, byId, findings);
    textsOf.delete(id);
  }
  for (const stray of [...textsOf.values()].flat()) {
    findings.add(`${pathOfText(stray)}.submissionId`, stray.submissionId, undefined);
  }
  unclaimed.addRest(findings);
  checkGrades(rewards, byId, findings);
  checkExtensions(snapshot, findings);
  checkResubmissions(snapshot, findings);
}

interface SubmissionTexts {
  readonly submission: SubmissionRecord;
  /** The former texts, sorted by revision. */
  readonly texts: readonly FormerTextRecord[];
}

function checkReward(
  written: SubmissionTexts,
  unclaimed: UnclaimedRewards,
  rows: RowsOfSubmissions,
  findings: Findings,
): void {
  const { submission } = written;
  const path = pathOfSubmission(submission);
  const { rewardId, assignmentId, submittedAt, replaces } = submission;
  const subject = replaces
    ? { kind: 'resubmission' as const, id: replaces }
    : { kind: 'assignment' as const, id: assignmentId };
  const found = unclaimed.take(rewardId, subject);
  findings.compare(`${path}.rewardId`, rewardId, found?.row._id);
  if (found?.row.action.kind !== 'AssignmentSubmitted') return;
  const { row, path: ofRow } = found;
  const { at, dueDate } = found.row.action;
  if (row.subject.kind !== subject.kind) {
    findings.add(`${ofRow}.subject.kind`, row.subject.kind, subject.kind);
    findings.add(`${path}.replaces`, replaces, row.subject.kind === 'resubmission' ? row.subject.id : undefined);
  }
  const copied = replaces ? 'replaces' : 'assignmentId';
  findings.compareCopies(`${path}.${copied}`, subject.id, `${ofRow}.subject.id`, row.subject.id);
  findings.compare(`${ofRow}.submissionId`, row.submissionId, replaces && submission._id);
  findings.compareCopies(`${path}.submittedAt`, submittedAt, `${ofRow}.action.at`, at);
  compareWithCorrections(submission, isLate(dueDate, at), rows, findings);
  checkFirstText(written, found, findings);
}

/**
 * A submission replaces a discarded one of the same assignment. That one counts again only if its reward was restored
 * after the one that replaced it was discarded.
 */
function checkReplaced(
  submission: SubmissionRecord,
  byId: ReadonlyMap<string, SubmissionRecord>,
  findings: Findings,
): void {
  const { replaces, assignmentId } = submission;
  if (!replaces) return;
  const path = pathOfSubmission(submission);
  const replaced = byId.get(replaces.toHexString());
  if (!replaced) {
    findings.add(`${path}.replaces`, replaces, 'a submission of the same student');
    return;
  }
  const ofReplaced = pathOfSubmission(replaced);
  findings.compareCopies(`${path}.assignmentId`, assignmentId, `${ofReplaced}.assignmentId`, replaced.assignmentId);
  if (!replaced.discardedAt && !submission.discardedAt)
    findings.add(`${ofReplaced}.discardedAt`, undefined, `a time: ${submission._id} replaces it`);
}

/** Checks that each grade is of a submission of the student. */
function checkGrades(
  rewards: readonly RewardRecord[],
  byId: ReadonlyMap<string, SubmissionRecord>,
  findings: Findings,
): void {
  for (const [position, { action, subject, submissionId }] of rewards.entries()) {
    if (action.kind !== 'SubmissionGraded') continue;
    const path = pathOfRow(position);
    findings.compareCopies(`${path}.submissionId`, submissionId, `${path}.subject.id`, subject.id);
    if (!byId.has(subject.id.toHexString())) findings.add(`${path}.subject`, subject, 'a submission of the student');
  }
}

/**
 * Checks that each revision has one former text, and that each text differs from the next one. There may be one more: a
 * copy of the current text, if a revision had saved it but not yet replaced it.
 */
function checkRevisions({ submission, texts }: SubmissionTexts, findings: Findings): void {
  const path = pathOfSubmission(submission);
  const { content, revision, revisedAt, submittedAt } = submission;
  if ((revisedAt === null) !== (revision === 0)) {
    findings.add(`${path}.revisedAt`, revisedAt, revision === 0 ? null : 'the time of the last revision');
  }
  const digests = [...texts.map(digestOfText), digestOf(content)];
  const isAhead = texts.length === revision + 1 && digests.at(-2) === digests.at(-1);
  if (texts.length !== revision && !isAhead) findings.add(`${path}.revision`, revision, texts.length);
  for (const [position, text] of texts.entries()) {
    const ofText = pathOfText(text);
    findings.compare(`${ofText}.revision`, text.revision, position);
    if (position < revision && digests[position] === digests[position + 1]) {
      findings.add(`${ofText}.content`, 'the same text as the next one', 'a text that differs from the next one');
    }
    const [written, at] = position === 0 ? ['submittedAt', submittedAt] : ['revisedAt', revisedAt];
    if (position === 0 || position === revision) {
      findings.compareCopies(`${ofText}.writtenAt`, text.writtenAt, `${path}.${written}`, at);
    }
  }
}

/** The first text is stored in full in the snapshot; the others are digests already. */
const digestOfText = ({ revision, content }: FormerTextRecord): string =>
  revision === 0 ? digestOf(content) : content;

/** Compares the first text with the fingerprint in its ledger row. Reports never contain the texts themselves. */
function checkFirstText({ submission, texts }: SubmissionTexts, { row, path }: Row, findings: Findings): void {
  const { assignmentId, content } = submission;
  const first = texts.find(({ revision }) => revision === 0);
  const handedIn = [assignmentId.toHexString(), first?.content ?? content] as const;
  const fingerprint = submissionFingerprint(...handedIn);
  // Older versions made the fingerprint without the mark that submissionFingerprint adds.
  if (row.fingerprint === fingerprint || row.fingerprint === fingerprintOf(...handedIn)) return;
  findings.add(`${path}.fingerprint`, row.fingerprint, fingerprint);
  findings.add(
    `${first ? pathOfText(first) : pathOfSubmission(submission)}.content`,
    `a text with the fingerprint ${fingerprint}`,
    `the text with the fingerprint ${row.fingerprint}`,
  );
}
