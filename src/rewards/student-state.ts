/** A calendar day as people write it in their own time zone: YYYY-MM-DD. Such days sort as their strings do. */
export type LocalDate = string;

/** What a student sees grow. All are whole numbers from 0. */
export interface Progress {
  readonly level: number;
  /** Experience gathered on this level; always below what the next level asks for. */
  readonly xp: number;
  /** The sum of all xp ever paid, that which a level discarded included. */
  readonly lifetimeXp: number;
  /** Never reset. */
  readonly auraPoints: number;
}

/** Calendar days in a row with at least one reward. */
export interface Streak {
  readonly days: number;
  /** The most `days` has ever been. */
  readonly longest: number;
  /** Missed days that can still be paid for. */
  readonly freezes: number;
  /** The latest day with a reward; null before the first. */
  readonly lastActiveOn: LocalDate | null;
}

/** What counts towards the daily cap on focus. It speaks of `date` only: on any other day nothing was paid yet. */
export interface FocusToday {
  readonly date: LocalDate | null;
  readonly paidMinutes: number;
}

/** All that the rules need to know of a student: the fold of the student's ledger. */
export interface StudentState extends Progress {
  /** Rewarded submissions. */
  readonly submissionCount: number;
  /** Completed sessions. */
  readonly pomodoroCount: number;
  /** Focused seconds of the completed sessions, those included that the daily cap left unpaid. */
  readonly totalPomodoroSeconds: number;
  readonly streak: Streak;
  readonly focusToday: FocusToday;
  /** Badge ids in the order of unlocking. */
  readonly badges: readonly string[];
}

/** A student of whom the ledger knows nothing yet. */
export const newStudentState: StudentState = Object.freeze({
  level: 0,
  xp: 0,
  lifetimeXp: 0,
  auraPoints: 0,
  submissionCount: 0,
  pomodoroCount: 0,
  totalPomodoroSeconds: 0,
  streak: Object.freeze({ days: 0, longest: 0, freezes: 0, lastActiveOn: null }),
  focusToday: Object.freeze({ date: null, paidMinutes: 0 }),
  badges: Object.freeze([]),
});

/** The part of a state that a reward is shown with, before and after. */
export function progressOf({ level, xp, lifetimeXp, auraPoints }: Progress): Progress {
  return { level, xp, lifetimeXp, auraPoints };
}
