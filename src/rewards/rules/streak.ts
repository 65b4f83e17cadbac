import { currentRules, type RewardRules } from '../reward-rules.js';
import type { LocalDate, Streak } from '../student-state.js';
import { daysBetween } from './local-date.js';

/**
 * Returns the streak after an action on that calendar day. Each missed day uses up one freeze. If there are fewer
 * freezes than missed days, none is used and the streak restarts at 1. A day that is not later than the last active day
 * counts as that day and changes nothing.
 */
export function advanceStreak(streak: Streak, day: LocalDate, rules: RewardRules = currentRules): Streak {
  if (streak.lastActiveOn === null) return reach(1, streak.freezes, streak, day, rules);
  const missedDays = daysBetween(streak.lastActiveOn, day) - 1;
  if (missedDays < 0) return streak;
  return missedDays <= streak.freezes
    ? reach(streak.days + 1, streak.freezes - missedDays, streak, day, rules)
    : reach(1, streak.freezes, streak, day, rules);
}

/**
 * Returns the streak to show on that calendar day: 0 days if the freezes no longer cover the missed days. The stored
 * streak changes only with the next action. `advanceStreak` gives the same result for the stored streak and this one.
 */
export function streakAsItStands(streak: Streak, today: LocalDate): Streak {
  if (streak.lastActiveOn === null) return streak;
  const missedDays = daysBetween(streak.lastActiveOn, today) - 1;
  return missedDays <= streak.freezes ? streak : { ...streak, days: 0 };
}

/** Adds a day to the streak. The day may earn a freeze, after the missed days have used theirs. */
function reach(days: number, freezes: number, { longest }: Streak, day: LocalDate, rules: RewardRules): Streak {
  const earnedFreezes = days % rules.streakDaysPerFreeze === 0 ? 1 : 0;
  return {
    days,
    longest: Math.max(longest, days),
    freezes: Math.min(rules.mostFreezes, freezes + earnedFreezes),
    lastActiveOn: day,
  };
}
