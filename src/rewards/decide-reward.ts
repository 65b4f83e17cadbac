import type { RewardDecision, RewardLine } from './reward-decision.js';
import { currentRules, type RewardRules } from './reward-rules.js';
import { unlockedBadges } from './rules/badges.js';
import { secondsPerMinute } from './rules/durations.js';
import { raiseLevel, xpForNextLevel } from './rules/level.js';
import { laterLocalDate } from './rules/local-date.js';
import { focusLines, payableMinutes, pointsOf, submissionLines } from './rules/points.js';
import { leastFocusedSeconds } from './rules/pomodoro.js';
import { advanceStreak } from './rules/streak.js';
import type { AssignmentSubmitted, PomodoroEnded, StudentAction } from './student-action.js';
import { type LocalDate, newStudentState, progressOf, type StudentState } from './student-state.js';

/** The direct effect of an action, from which level, streak and badges follow. */
interface Effect {
  readonly lines: readonly RewardLine[];
  readonly leastPoints: number;
  readonly mostPoints: number;
  /** New values of the counters that the action changes. */
  readonly counters: Partial<StudentState>;
}

/**
 * Decides what one action pays, and returns that with the new state of the student. Does not modify its arguments.
 * @throws Error naming the invariant that the decision would break. This is a bug in the rules or a corrupt state or
 *   action, never a refusal.
 * @throws RangeError if the action's localDate is not a calendar day
 */
export function decideReward(
  state: StudentState,
  action: StudentAction,
  rules: RewardRules = currentRules,
): RewardDecision {
  const day = laterLocalDate(action.localDate, state.streak.lastActiveOn);
  const effect = effectOf(state, action, day, rules);
  const points = pointsOf(effect.lines);
  const { level, xp, surplusDiscarded } = raiseLevel(state, points, rules);
  const advanced: StudentState = {
    ...state,
    ...effect.counters,
    level,
    xp,
    lifetimeXp: state.lifetimeXp + points,
    auraPoints: state.auraPoints + points,
    streak: advanceStreak(state.streak, day, rules),
  };
  const newBadges = unlockedBadges(advanced, rules);
  const decision: RewardDecision = {
    xp: points,
    auraPoints: points,
    lines: effect.lines,
    before: progressOf(state),
    after: progressOf(advanced),
    leveledUp: level > state.level,
    surplusDiscarded,
    newBadges,
    state: { ...advanced, badges: [...state.badges, ...newBadges] },
    rulesVersion: rules.version,
  };
  assertInvariants(decision, effect, rules);
  return decision;
}

/**
 * Applies a history of actions in order, and returns the resulting state.
 * @throws Error or RangeError as `decideReward` does
 */
export function foldActions(
  actions: Iterable<StudentAction>,
  state: StudentState = newStudentState,
  rules: RewardRules = currentRules,
): StudentState {
  let folded = state;
  for (const action of actions) folded = decideReward(folded, action, rules).state;
  return folded;
}

function effectOf(state: StudentState, action: StudentAction, day: LocalDate, rules: RewardRules): Effect {
  switch (action.kind) {
    case 'AssignmentSubmitted':
      return submissionEffect(state, action, rules);
    case 'PomodoroEnded':
      return pomodoroEffect(state, action, day, rules);
    default:
      return unknownAction(action);
  }
}

function submissionEffect(state: StudentState, action: AssignmentSubmitted, rules: RewardRules): Effect {
  return {
    lines: submissionLines(action.dueDate, action.at, rules),
    leastPoints: rules.leastSubmissionPoints,
    mostPoints: rules.mostSubmissionPoints,
    counters: { submissionCount: state.submissionCount + 1 },
  };
}

function pomodoroEffect(state: StudentState, action: PomodoroEnded, day: LocalDate, rules: RewardRules): Effect {
  const { focusedSeconds, plannedMinutes } = action;
  assertInvariant(isCompleted(action, rules), 'only a completed session is rewarded');
  const paidBefore = state.focusToday.date === day ? state.focusToday.paidMinutes : 0;
  const paidNow = payableMinutes(focusedSeconds, paidBefore, rules);
  return {
    lines: focusLines(focusedSeconds, paidBefore, rules),
    leastPoints: 0,
    mostPoints: Math.min(plannedMinutes, rules.mostPaidMinutesPerDay) * rules.pointsPerFocusedMinute,
    counters: {
      pomodoroCount: state.pomodoroCount + 1,
      totalPomodoroSeconds: state.totalPomodoroSeconds + focusedSeconds,
      focusToday: { date: day, paidMinutes: paidBefore + paidNow },
    },
  };
}

function isCompleted({ focusedSeconds, plannedMinutes }: PomodoroEnded, rules: RewardRules): boolean {
  return (
    Number.isInteger(focusedSeconds) &&
    focusedSeconds >= leastFocusedSeconds(plannedMinutes, rules) &&
    focusedSeconds <= plannedMinutes * secondsPerMinute
  );
}

/** Checks what must hold after every decision, for any state and action. NaN fails each of these comparisons. */
function assertInvariants(decision: RewardDecision, { leastPoints, mostPoints }: Effect, rules: RewardRules): void {
  const { before, after, xp, auraPoints, lines, state } = decision;
  assertInvariant(xp >= leastPoints && xp <= mostPoints, 'points are within their bounds');
  assertInvariant(pointsOf(lines) === xp && xp === auraPoints, 'lines add up to the xp and the aura points paid');
  assertInvariant(after.lifetimeXp - before.lifetimeXp === xp, 'lifetimeXp grows by the xp paid');
  assertInvariant(after.auraPoints - before.auraPoints === auraPoints, 'aura points grow by those paid');
  assertInvariant(after.auraPoints >= before.auraPoints, 'aura points never fall');
  assertInvariant(after.xp >= 0 && after.xp < xpForNextLevel(after.level, rules), 'xp is below the next threshold');
  assertInvariant(new Set(state.badges).size === state.badges.length, 'no badge is held twice');
}

function assertInvariant(holds: boolean, invariant: string): void {
  if (!holds) throw new Error(`Invariant broken: ${invariant}.`);
}

function unknownAction(action: never): never {
  throw new Error(`Unknown action: ${JSON.stringify(action)}`);
}
