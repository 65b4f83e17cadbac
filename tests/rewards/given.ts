import {
  type AssignmentSubmitted,
  newStudentState,
  type PomodoroEnded,
  type Streak,
  type StudentState,
} from '../../src/rewards/index.js';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Noon of an ordinary Wednesday, far from any change of the clocks. */
export const noon = new Date('2026-03-11T12:00:00.000Z');
export const today = '2026-03-11';

/** The moment so many milliseconds later; earlier where they are negative. */
export function later(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}

export function aStudent(overrides: Partial<StudentState> = {}): StudentState {
  return { ...newStudentState, ...overrides };
}

export function aStreak(overrides: Partial<Streak> = {}): Streak {
  return { ...newStudentState.streak, ...overrides };
}

/** A submission at its due date, which pays 50, unless told otherwise. */
export function handedIn(overrides: Partial<AssignmentSubmitted> = {}): AssignmentSubmitted {
  return { kind: 'AssignmentSubmitted', at: noon, localDate: today, dueDate: noon, ...overrides };
}

/** A whole session of 25 minutes, which pays 25, unless told otherwise. */
export function focused(overrides: Partial<PomodoroEnded> = {}): PomodoroEnded {
  const plannedMinutes = overrides.plannedMinutes ?? 25;
  return {
    kind: 'PomodoroEnded',
    at: noon,
    localDate: today,
    plannedMinutes,
    focusedSeconds: plannedMinutes * 60,
    ...overrides,
  };
}

/** Freezes a value with all that hangs on it, so that whoever tries to change it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
