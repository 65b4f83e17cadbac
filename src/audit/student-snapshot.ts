import { createHash } from 'node:crypto';
import type { FormerTextRecord } from '../storage/models/former-text.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';

/** Everything stored about one student, read at one point in time. */
export interface StudentSnapshot {
  readonly student: StudentRecord;
  /** Sorted by sequence. */
  readonly rewards: readonly RewardRecord[];
  readonly submissions: readonly SubmissionRecord[];
  /** Of all submissions, sorted by revision. Most contents are digests: see withDigest. */
  readonly formerTexts: readonly FormerTextRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
  /** What was done to the student by hand. Their `studentIds` name at most the students of the same batch. */
  readonly acts: readonly ManualActRecord[];
}

/** A ledger row is identified by the sequence that it must have. */
export const pathOfRow = (position: number): string => `rewards[${position + 1}]`;
export const pathOfSubmission = ({ _id }: SubmissionRecord): string => `submissions[${_id}]`;
export const pathOfText = ({ _id }: FormerTextRecord): string => `former_texts[${_id}]`;
export const pathOfSession = ({ _id }: PomodoroSessionRecord): string => `pomodoro_sessions[${_id}]`;
export const pathOfAct = ({ _id }: ManualActRecord): string => `manual_acts[${_id}]`;

/**
 * Replaces the content of a former text by a digest, because the texts of one student may not fit in memory. The first
 * text (revision 0) stays complete: its fingerprint is in the ledger.
 */
export function withDigest(text: FormerTextRecord): FormerTextRecord {
  return text.revision === 0 || typeof text.content !== 'string' ? text : { ...text, content: digestOf(text.content) };
}

export function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}
