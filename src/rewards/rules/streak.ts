import { currentRules, type RewardRules } from '../reward-rules.js';
import type { LocalDate, Streak } from '../student-state.js';
import { daysBetween } from './local-date.js';

/**
 * The streak after an action on that calendar day. Missed days are paid for with freezes, all of them or none: where
 * the freezes do not cover the gap they are kept and the streak begins again. A day not later than the last active one
 * is that day still, and changes nothing.
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
 * The streak as it is shown on that calendar day: it has 0 days once the freezes do not cover the missed days any more.
 * The stored streak changes with the next action only, and `advanceStreak` makes the same of both.
 */
export function streakAsItStands(streak: Streak, today: LocalDate): Streak {
  if (streak.lastActiveOn === null) return streak;
  const missedDays = daysBetween(streak.lastActiveOn, today) - 1;
  return missedDays <= streak.freezes ? streak : { ...streak, days: 0 };
}

/** A new day of the streak; it may earn a freeze, after those for the missed days were paid. */
function reach(days: number, freezes: number, { longest }: Streak, day: LocalDate, rules: RewardRules): Streak {
  const earnedFreezes = days % rules.streakDaysPerFreeze === 0 ? 1 : 0;
  return {
    days,
    longest: Math.max(longest, days),
    freezes: Math.min(rules.mostFreezes, freezes + earnedFreezes),
    lastActiveOn: day,
  };
}
