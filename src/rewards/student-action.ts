import type { LocalDate } from './student-state.js';

interface DatedAction {
  /** When the request arrived, by the server's clock. */
  readonly at: Date;
  /**
   * The student's calendar day at that moment, from `activeLocalDate`. It is fixed when the action happens, and stored
   * in the ledger. Re-deriving the ledger therefore gives the same result even if the time zone database changes later.
   * A correction has the day of the row that it corrects, so that the totals of past days become right.
   */
  readonly localDate: LocalDate;
}

/** The first submission for an assignment, or the first after a submission was discarded. */
export interface AssignmentSubmitted extends DatedAction {
  readonly kind: 'AssignmentSubmitted';
  /** The due date of the assignment for this student when the submission arrived. */
  readonly dueDate: Date;
}

/** The end of a session whose `pomodoroOutcome` is COMPLETED. An ABANDONED or EXPIRED session is not an action. */
export interface PomodoroEnded extends DatedAction {
  readonly kind: 'PomodoroEnded';
  readonly plannedMinutes: number;
  /** Whole seconds, at most the planned length. */
  readonly focusedSeconds: number;
}

/** Something that a student did and that can earn a reward. It counts towards the streak. */
export type StudentAction = AssignmentSubmitted | PomodoroEnded;

/** Points that a teacher or admin gave. */
export interface BonusGranted extends DatedAction {
  readonly kind: 'BonusGranted';
  readonly points: number;
  readonly note: string;
}

/** The first grade of a submission. */
export interface SubmissionGraded extends DatedAction {
  readonly kind: 'SubmissionGraded';
  readonly grade: number;
  /** The feedback, if there is any. */
  readonly note: string | null;
}

/** Whatever pays a student: a row of the ledger that corrects no other row. */
export type PaidAction = StudentAction | BonusGranted | SubmissionGraded;

interface DatedCorrection extends DatedAction {
  /** The number of the corrected row in the student's ledger. */
  readonly sequence: number;
}

/** The corrected row counts for nothing from now on. */
export interface RewardRevoked extends DatedCorrection {
  readonly kind: 'RewardRevoked';
  readonly note: string;
  /** Of a session's row: minus its seconds. The total of a day adds up the focusedSeconds of all its rows. */
  readonly focusedSeconds?: number;
}

/** The corrected row counts again for what it counted before it was revoked. */
export interface RewardRestored extends DatedCorrection {
  readonly kind: 'RewardRestored';
  readonly note: string;
  /** Of a session's row: its seconds. */
  readonly focusedSeconds?: number;
}

/** The corrected row, a grade, counts for this grade. If it was revoked, it counts again. */
export interface SubmissionRegraded extends DatedCorrection {
  readonly kind: 'SubmissionRegraded';
  readonly grade: number;
  readonly note: string | null;
}

/** The corrected row, a submission, counts for what this due date would have paid, if that is more. */
export interface DeadlineExtended extends DatedCorrection {
  readonly kind: 'DeadlineExtended';
  readonly dueDate: Date;
  readonly note: string;
}

/** A change of what an earlier row of the ledger counts for. */
export type Correction = RewardRevoked | RewardRestored | SubmissionRegraded | DeadlineExtended;

/** What a row of the ledger records. */
export type LedgerAction = PaidAction | Correction;

export function isCorrection(action: LedgerAction): action is Correction {
  return 'sequence' in action;
}

export function isActivity(action: LedgerAction): action is StudentAction {
  return action.kind === 'AssignmentSubmitted' || action.kind === 'PomodoroEnded';
}
