import type { LocalDate } from './student-state.js';

interface DatedAction {
  /** When the request for it arrived, by the server's clock. */
  readonly at: Date;
  /**
   * The student's calendar day at that moment, from `activeLocalDate`. It is fixed when the action happens and kept in
   * the ledger, so that folding again gives the same whatever has become of the time zone database since.
   */
  readonly localDate: LocalDate;
}

/** The first submission for an assignment. */
export interface AssignmentSubmitted extends DatedAction {
  readonly kind: 'AssignmentSubmitted';
  /** As the assignment stood when the submission arrived. */
  readonly dueDate: Date;
}

/** The end of a session that `pomodoroOutcome` calls COMPLETED; one ABANDONED or EXPIRED is no action. */
export interface PomodoroEnded extends DatedAction {
  readonly kind: 'PomodoroEnded';
  readonly plannedMinutes: number;
  /** Whole seconds, at most the planned length. */
  readonly focusedSeconds: number;
}

/** What a student did that may pay. */
export type StudentAction = AssignmentSubmitted | PomodoroEnded;
