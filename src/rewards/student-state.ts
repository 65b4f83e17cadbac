/** A calendar day in a student's time zone, as YYYY-MM-DD. String order is date order. */
export type LocalDate = string;

/** The totals that a student sees. All are whole numbers, 0 or more. */
export interface Progress {
  readonly level: number;
  /** Experience gathered on this level; always below the threshold of the next level. */
  readonly xp: number;
  /** All xp ever paid, including xp discarded on reaching a level. */
  readonly lifetimeXp: number;
  /** Never reset. */
  readonly auraPoints: number;
}

/** Consecutive calendar days with at least one reward. */
export interface Streak {
  readonly days: number;
  /** The highest value that `days` has ever had. */
  readonly longest: number;
  /** Number of days that the student can miss without losing the streak. */
  readonly freezes: number;
  /** The latest day with a reward; null before the first reward. */
  readonly lastActiveOn: LocalDate | null;
}

/** The minutes that count towards the daily cap on focus. They apply to `date` only; other days start at 0. */
export interface FocusToday {
  readonly date: LocalDate | null;
  readonly paidMinutes: number;
}

/** Everything that the rules need to know about a student, derived from the student's ledger action by action. */
export interface StudentState extends Progress {
  /** Rewarded submissions. */
  readonly submissionCount: number;
  /** Completed sessions. */
  readonly pomodoroCount: number;
  /** Focused seconds of all completed sessions, including seconds that the daily cap left unpaid. */
  readonly totalPomodoroSeconds: number;
  readonly streak: Streak;
  readonly focusToday: FocusToday;
  /** Badge ids in the order in which they were unlocked. */
  readonly badges: readonly string[];
}

/** The state of a student without any ledger rows. */
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

/** Returns the part of a state that a reward records before and after the action. */
export function progressOf({ level, xp, lifetimeXp, auraPoints }: Progress): Progress {
  return { level, xp, lifetimeXp, auraPoints };
}
