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

/** How far a student has come towards the badges of a counter, in the counter's own unit. */
export function countOf(counter: BadgeCounter, state: StudentState): number {
  return counters[counter](state);
}

/**
 * The ids of the badges whose threshold a student has reached without holding them, in the order of the catalogue.
 * Asked after every action, these are the thresholds that it crossed for the first time.
 */
export function unlockedBadges(state: StudentState, rules: RewardRules = currentRules): readonly string[] {
  const held = new Set(state.badges);
  return rules.badges
    .filter(({ id, counter, threshold }) => !held.has(id) && countOf(counter, state) >= threshold)
    .map(({ id }) => id);
}
