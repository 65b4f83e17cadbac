import type { RewardRules } from './reward-rules.js';
import { unlockedBadges } from './rules/badges.js';
import { raiseLevel } from './rules/level.js';
import { laterLocalDate } from './rules/local-date.js';
import { advanceStreak } from './rules/streak.js';
import { isActivity, type PaidAction, type StudentAction } from './student-action.js';
import type { LocalDate, StudentState } from './student-state.js';

export interface AppliedAction {
  readonly state: StudentState;
  /** Xp that was lost on reaching a level. */
  readonly surplusDiscarded: number;
  /** Ids of the badges that the action unlocked, in catalogue order. */
  readonly newBadges: readonly string[];
}

/** Returns the student after an action that counts for these points. */
export function applyAction(
  state: StudentState,
  action: PaidAction,
  points: number,
  rules: RewardRules,
): AppliedAction {
  const { level, xp, surplusDiscarded } = raiseLevel(state, points, rules);
  const advanced: StudentState = {
    ...state,
    ...(isActivity(action) && afterActivity(state, action, points, rules)),
    level,
    xp,
    lifetimeXp: state.lifetimeXp + points,
    auraPoints: state.auraPoints + points,
  };
  const newBadges = unlockedBadges(advanced, rules);
  return { state: { ...advanced, badges: [...state.badges, ...newBadges] }, surplusDiscarded, newBadges };
}

/** The calendar day of an action: never before the last active day. */
export function dayOfActivity({ streak }: StudentState, { localDate }: StudentAction): LocalDate {
  return laterLocalDate(localDate, streak.lastActiveOn);
}

/** The minutes that were paid on this calendar day before. */
export function paidMinutesOn(day: LocalDate, { focusToday }: StudentState): number {
  return focusToday.date === day ? focusToday.paidMinutes : 0;
}

function afterActivity(
  state: StudentState,
  action: StudentAction,
  points: number,
  rules: RewardRules,
): Partial<StudentState> {
  const day = dayOfActivity(state, action);
  const streak = advanceStreak(state.streak, day, rules);
  if (action.kind === 'AssignmentSubmitted') return { streak, submissionCount: state.submissionCount + 1 };
  const paidMinutes = paidMinutesOn(day, state) + points / rules.pointsPerFocusedMinute;
  return {
    streak,
    pomodoroCount: state.pomodoroCount + 1,
    totalPomodoroSeconds: state.totalPomodoroSeconds + action.focusedSeconds,
    focusToday: { date: day, paidMinutes },
  };
}
