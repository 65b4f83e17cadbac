import { currentRules, type RewardRules } from '../reward-rules.js';
import { millisecondsPerHour, millisecondsPerMinute, millisecondsPerSecond, secondsPerMinute } from './durations.js';

/** A session as it was started. */
export interface RunningSession {
  readonly startedAt: Date;
  readonly plannedMinutes: number;
}

/** How a session ended. Only a COMPLETED one is an action that pays. */
export type PomodoroOutcome =
  | {
      readonly status: 'COMPLETED' | 'ABANDONED';
      readonly endedAt: Date;
      /** Whole seconds, from 0 to the planned length. */
      readonly focusedSeconds: number;
    }
  | {
      readonly status: 'EXPIRED';
      /** When it expired, not when that was noticed. */
      readonly endedAt: Date;
      /** Nobody knows how long a forgotten session was focused. */
      readonly focusedSeconds: null;
    };

/** The last moment at which a session can still be ended; after it the session is EXPIRED. */
export function expiresAt({ startedAt, plannedMinutes }: RunningSession, rules: RewardRules = currentRules): Date {
  const planned = plannedMinutes * millisecondsPerMinute;
  return new Date(startedAt.getTime() + planned + rules.hoursUntilExpiry * millisecondsPerHour);
}

/** Whether a session that is still running was left so for too long to be ended at this moment. */
export function hasExpired(session: RunningSession, at: Date, rules: RewardRules = currentRules): boolean {
  return at > expiresAt(session, rules);
}

/** What has become of a session, asked or ended `at` that moment. A clock that moved back counts as standing still. */
export function pomodoroOutcome(session: RunningSession, at: Date, rules: RewardRules = currentRules): PomodoroOutcome {
  if (hasExpired(session, at, rules)) {
    return { status: 'EXPIRED', endedAt: expiresAt(session, rules), focusedSeconds: null };
  }
  const endedAt = new Date(Math.max(at.getTime(), session.startedAt.getTime()));
  const focusedSeconds = focusedSecondsOf(session, endedAt);
  const enough = focusedSeconds >= leastFocusedSeconds(session.plannedMinutes, rules);
  return { status: enough ? 'COMPLETED' : 'ABANDONED', endedAt, focusedSeconds };
}

/** Seconds of focus from which a session is completed: the least of the rules, or all of a shorter plan. */
export function leastFocusedSeconds(plannedMinutes: number, rules: RewardRules): number {
  return Math.min(rules.leastFocusedMinutes, plannedMinutes) * secondsPerMinute;
}

function focusedSecondsOf({ startedAt, plannedMinutes }: RunningSession, endedAt: Date): number {
  const elapsedSeconds = Math.floor((endedAt.getTime() - startedAt.getTime()) / millisecondsPerSecond);
  return Math.min(elapsedSeconds, plannedMinutes * secondsPerMinute);
}
