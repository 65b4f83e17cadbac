import type { PomodoroSessionRecord } from '../../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../storage/models/reward.js';
import type { StudentRecord } from '../../storage/models/student.js';
import type { SubmissionRecord } from '../../storage/models/submission.js';

/** All that is stored of one student, of one moment. */
export interface Books {
  readonly student: StudentRecord;
  /** In the order of their sequence. */
  readonly rewards: readonly RewardRecord[];
  readonly submissions: readonly SubmissionRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
}

/** A ledger row is named by the sequence that it must have. */
export const pathOfRow = (position: number): string => `rewards[${position + 1}]`;
export const pathOfSubmission = ({ _id }: SubmissionRecord): string => `submissions[${_id}]`;
export const pathOfSession = ({ _id }: PomodoroSessionRecord): string => `pomodoro_sessions[${_id}]`;
