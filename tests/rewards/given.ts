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

/** Noon on an ordinary Wednesday, far from any change to or from summer time. */
export const noon = new Date('2026-03-11T12:00:00.000Z');
export const today = '2026-03-11';

/** @returns the time this many milliseconds later, or earlier if the number is negative */
export function later(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}

export function aStudent(overrides: Partial<StudentState> = {}): StudentState {
  return { ...newStudentState, ...overrides };
}

export function aStreak(overrides: Partial<Streak> = {}): Streak {
  return { ...newStudentState.streak, ...overrides };
}

/** @returns a submission exactly on its due date, which pays 50, with these overrides */
export function handedIn(overrides: Partial<AssignmentSubmitted> = {}): AssignmentSubmitted {
  return { kind: 'AssignmentSubmitted', at: noon, localDate: today, dueDate: noon, ...overrides };
}

/** @returns a complete session of 25 minutes, which pays 25, with these overrides */
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

/** Freezes a value and everything that it contains, so that any attempt to change it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
