import { createHash } from 'node:crypto';
import type { FormerTextRecord } from '../storage/models/former-text.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';

/** All that is stored of one student, of one moment. */
export interface Books {
  readonly student: StudentRecord;
  /** In the order of their sequence. */
  readonly rewards: readonly RewardRecord[];
  readonly submissions: readonly SubmissionRecord[];
  /** In the order of their revisions, those of all submissions; see withDigest. */
  readonly formerTexts: readonly FormerTextRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
}

/** A ledger row is named by the sequence that it must have. */
export const pathOfRow = (position: number): string => `rewards[${position + 1}]`;
export const pathOfSubmission = ({ _id }: SubmissionRecord): string => `submissions[${_id}]`;
export const pathOfText = ({ _id }: FormerTextRecord): string => `former_texts[${_id}]`;
export const pathOfSession = ({ _id }: PomodoroSessionRecord): string => `pomodoro_sessions[${_id}]`;

/**
 * A former text with a digest for its content: a student may have more texts than the memory holds. The text as it was
 * handed in stays whole, since its fingerprint is in the ledger.
 */
export function withDigest(text: FormerTextRecord): FormerTextRecord {
  return text.revision === 0 || typeof text.content !== 'string' ? text : { ...text, content: digestOf(text.content) };
}

export function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}
