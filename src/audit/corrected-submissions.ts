import { groupBy } from '../group-by.js';
import { isLate } from '../rewards/index.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import type { Findings } from './drift.js';
import { pathOfSubmission, type StudentSnapshot } from './student-snapshot.js';

/** What was done to the submissions of a student by hand. */
export interface RowsOfSubmissions {
  /** The rows that correct a row, by its id, in order. */
  readonly corrections: ReadonlyMap<string, RewardRecord[]>;
  /** The row of the first grade, by the id of the submission. */
  readonly grades: ReadonlyMap<string, RewardRecord>;
  /** The acts that extended an assignment, by its id. */
  readonly extensions: ReadonlyMap<string, ManualActRecord[]>;
}

export function rowsOfSubmissions({ rewards, acts }: StudentSnapshot): RowsOfSubmissions {
  const corrections = rewards.filter(({ corrects }) => corrects !== undefined);
  const grades = rewards.filter(({ action }) => action.kind === 'SubmissionGraded');
  const extensions = acts.filter(({ assignmentId, extension }) => assignmentId !== undefined && extension);
  return {
    corrections: groupBy(corrections, ({ corrects }) => corrects!.toHexString()),
    grades: new Map(grades.map((row) => [row.subject.id.toHexString(), row])),
    extensions: groupBy(extensions, ({ assignmentId }) => assignmentId!.toHexString()),
  };
}

/** Compares what acts by hand changed in a submission with the rows that they wrote. */
export function compareWithCorrections(
  submission: SubmissionRecord,
  wasLate: boolean,
  rows: RowsOfSubmissions,
  findings: Findings,
): void {
  const path = pathOfSubmission(submission);
  const graded = latestGrade(submission, rows);
  const action = graded && 'grade' in graded.action ? graded.action : undefined;
  findings.compare(`${path}.grade`, submission.grade, action?.grade);
  findings.compare(`${path}.gradedAt`, submission.gradedAt, action?.at);
  findings.compare(`${path}.feedback`, submission.feedback, action?.note ?? undefined);
  findings.compare(`${path}.discardedAt`, submission.discardedAt, discardedAt(submission, rows));
  const late = lateAfterExtensions(submission, wasLate, rows);
  if (late !== 'unknown') findings.compare(`${path}.late`, submission.late, late);
}

function latestGrade({ _id }: SubmissionRecord, { grades, corrections }: RowsOfSubmissions): RewardRecord | undefined {
  const first = grades.get(_id.toHexString());
  const later = first && corrections.get(first._id.toHexString());
  return later?.findLast(({ action }) => action.kind === 'SubmissionRegraded') ?? first;
}

/** The last discard of its reward says when; a restoration after it removes the time. */
function discardedAt({ rewardId }: SubmissionRecord, { corrections }: RowsOfSubmissions): Date | undefined {
  const last = corrections
    .get(rewardId.toHexString())
    ?.findLast(({ operation }) => operation === 'discardSubmission' || operation === 'restoreReward');
  return last?.operation === 'discardSubmission' ? last.action.at : undefined;
}

/**
 * A late submission is on time as soon as an extension reaches its time. The row of the extension proves it. If the
 * reward was revoked at that moment, older servers stored only the act, which does not say whether it came before the
 * submission.
 */
function lateAfterExtensions(
  { rewardId, assignmentId, submittedAt }: SubmissionRecord,
  wasLate: boolean,
  { corrections, extensions }: RowsOfSubmissions,
): boolean | 'unknown' {
  const corrected = corrections.get(rewardId.toHexString()) ?? [];
  const reaches = (dueDate: Date | undefined) => dueDate !== undefined && !isLate(dueDate, submittedAt);
  if (!wasLate) return false;
  if (corrected.some(({ action }) => action.kind === 'DeadlineExtended' && reaches(action.dueDate))) return false;
  const wasRevoked = corrected.some(({ action }) => action.kind === 'RewardRevoked');
  const acts = extensions.get(assignmentId.toHexString()) ?? [];
  return wasRevoked && acts.some(({ extension }) => reaches(extension?.dueDate)) ? 'unknown' : true;
}
