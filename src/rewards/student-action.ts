import type { LocalDate } from './student-state.js';

interface DatedAction {
  /** When the request arrived, by the server's clock. */
  readonly at: Date;
  /**
   * The student's calendar day at that moment, from `activeLocalDate`. It is fixed when the action happens, and stored
   * in the ledger. Re-deriving the ledger therefore gives the same result even if the time zone database changes later.
   */
  readonly localDate: LocalDate;
}

/** The first submission for an assignment. */
export interface AssignmentSubmitted extends DatedAction {
  readonly kind: 'AssignmentSubmitted';
  /** The due date of the assignment when the submission arrived. */
  readonly dueDate: Date;
}

/** The end of a session whose `pomodoroOutcome` is COMPLETED. An ABANDONED or EXPIRED session is not an action. */
export interface PomodoroEnded extends DatedAction {
  readonly kind: 'PomodoroEnded';
  readonly plannedMinutes: number;
  /** Whole seconds, at most the planned length. */
  readonly focusedSeconds: number;
}

/** Something that a student did and that can earn a reward. */
export type StudentAction = AssignmentSubmitted | PomodoroEnded;
