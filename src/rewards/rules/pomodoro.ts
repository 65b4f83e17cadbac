import { currentRules, type RewardRules } from '../reward-rules.js';
import { millisecondsPerHour, millisecondsPerMinute, millisecondsPerSecond, secondsPerMinute } from './durations.js';

/** A session that has started and not ended. */
export interface RunningSession {
  readonly startedAt: Date;
  readonly plannedMinutes: number;
}

/** How a session ended. Only a COMPLETED session is an action that pays. */
export type PomodoroOutcome =
  | {
      readonly status: 'COMPLETED' | 'ABANDONED';
      readonly endedAt: Date;
      /** Whole seconds, from 0 to the planned length. */
      readonly focusedSeconds: number;
    }
  | {
      readonly status: 'EXPIRED';
      /** When it expired, not when the server noticed. */
      readonly endedAt: Date;
      /** Unknown: nobody can tell how long the student focused in a forgotten session. */
      readonly focusedSeconds: null;
    };

/** Returns the last moment at which a session can be ended. After it, the session is EXPIRED. */
export function expiresAt({ startedAt, plannedMinutes }: RunningSession, rules: RewardRules = currentRules): Date {
  const planned = plannedMinutes * millisecondsPerMinute;
  return new Date(startedAt.getTime() + planned + rules.hoursUntilExpiry * millisecondsPerHour);
}

/** Returns whether a running session has run for too long to be ended at this moment. */
export function hasExpired(session: RunningSession, at: Date, rules: RewardRules = currentRules): boolean {
  return at > expiresAt(session, rules);
}

/**
 * Returns the outcome of a session that ends `at` that moment. If that is before the start, because the clock moved
 * back, the session ends at its start.
 */
export function pomodoroOutcome(session: RunningSession, at: Date, rules: RewardRules = currentRules): PomodoroOutcome {
  if (hasExpired(session, at, rules)) {
    return { status: 'EXPIRED', endedAt: expiresAt(session, rules), focusedSeconds: null };
  }
  const endedAt = new Date(Math.max(at.getTime(), session.startedAt.getTime()));
  const focusedSeconds = focusedSecondsOf(session, endedAt);
  const isCompleted = focusedSeconds >= leastFocusedSeconds(session.plannedMinutes, rules);
  return { status: isCompleted ? 'COMPLETED' : 'ABANDONED', endedAt, focusedSeconds };
}

/** Returns the seconds of focus that complete a session: the minimum of the rules, or the whole of a shorter plan. */
export function leastFocusedSeconds(plannedMinutes: number, rules: RewardRules): number {
  return Math.min(rules.leastFocusedMinutes, plannedMinutes) * secondsPerMinute;
}

function focusedSecondsOf({ startedAt, plannedMinutes }: RunningSession, endedAt: Date): number {
  const elapsedSeconds = Math.floor((endedAt.getTime() - startedAt.getTime()) / millisecondsPerSecond);
  return Math.min(elapsedSeconds, plannedMinutes * secondsPerMinute);
}
