import type { BadgeCounter } from '../badges.js';
import { currentRules, type RewardRules } from '../reward-rules.js';
import type { StudentState } from '../student-state.js';
import { fullMinutesOf } from './points.js';

const counters: Readonly<Record<BadgeCounter, (state: StudentState) => number>> = {
  SUBMISSIONS: (state) => state.submissionCount,
  FOCUS_MINUTES: (state) => fullMinutesOf(state.totalPomodoroSeconds),
  STREAK_DAYS: (state) => state.streak.days,
  LEVEL: (state) => state.level,
};

/** Returns the student's value of a badge counter, in the counter's own unit. */
export function counterValue(counter: BadgeCounter, state: StudentState): number {
  return counters[counter](state);
}

/**
 * Returns the ids of the badges that the student does not hold yet and whose threshold is reached, in catalogue order.
 * Called after every action, it returns the badges that the action unlocked.
 */
export function unlockedBadges(state: StudentState, rules: RewardRules = currentRules): readonly string[] {
  const held = new Set(state.badges);
  return rules.badges
    .filter(({ id, counter, threshold }) => !held.has(id) && counterValue(counter, state) >= threshold)
    .map(({ id }) => id);
}
