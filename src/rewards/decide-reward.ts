import { applyAction, dayOfActivity, paidMinutesOn } from './apply-action.js';
import { assertGrade, assertInvariant } from './invariant.js';
import type { RewardDecision, RewardLine } from './reward-decision.js';
import { currentRules, type RewardRules } from './reward-rules.js';
import { secondsPerMinute } from './rules/durations.js';
import { xpForNextLevel } from './rules/level.js';
import { bonusLines, focusLines, gradeLines, pointsOf, submissionLines } from './rules/points.js';
import { leastFocusedSeconds } from './rules/pomodoro.js';
import type { PaidAction, PomodoroEnded } from './student-action.js';
import { newStudentState, progressOf, type StudentState } from './student-state.js';

/** What an action is worth: the lines, and the bounds of their sum. */
interface Pay {
  readonly lines: readonly RewardLine[];
  readonly leastPoints: number;
  readonly mostPoints: number;
}

/**
 * Decides what one action pays, and returns that with the new state of the student. Does not modify its arguments.
 * @throws Error naming the invariant that the decision would break. This is a bug in the rules or a corrupt state or
 *   action, never a refusal.
 * @throws RangeError if the action's localDate is not a calendar day
 */
export function decideReward(
  state: StudentState,
  action: PaidAction,
  rules: RewardRules = currentRules,
): RewardDecision {
  const pay = payFor(state, action, rules);
  const points = pointsOf(pay.lines);
  const applied = applyAction(state, action, points, rules);
  const decision: RewardDecision = {
    xp: points,
    auraPoints: points,
    lines: pay.lines,
    before: progressOf(state),
    after: progressOf(applied.state),
    leveledUp: applied.state.level > state.level,
    surplusDiscarded: applied.surplusDiscarded,
    newBadges: applied.newBadges,
    state: applied.state,
    rulesVersion: rules.version,
  };
  assertInvariants(decision, pay, rules);
  return decision;
}

/**
 * Applies a history of actions in order, and returns the resulting state.
 * @throws Error or RangeError as `decideReward` does
 */
export function foldActions(
  actions: Iterable<PaidAction>,
  state: StudentState = newStudentState,
  rules: RewardRules = currentRules,
): StudentState {
  let folded = state;
  for (const action of actions) folded = decideReward(folded, action, rules).state;
  return folded;
}

function payFor(state: StudentState, action: PaidAction, rules: RewardRules): Pay {
  switch (action.kind) {
    case 'AssignmentSubmitted': {
      const lines = submissionLines(action.dueDate, action.at, rules);
      return { lines, leastPoints: rules.leastSubmissionPoints, mostPoints: rules.mostSubmissionPoints };
    }
    case 'PomodoroEnded':
      return payForFocus(state, action, rules);
    case 'BonusGranted': {
      assertInvariant(Number.isInteger(action.points), 'a bonus is a whole number of points');
      const lines = bonusLines(action.points, action.note);
      return { lines, leastPoints: rules.leastBonusPoints, mostPoints: rules.mostBonusPoints };
    }
    case 'SubmissionGraded':
      assertGrade(action, rules);
      return { lines: gradeLines(action.grade, rules), leastPoints: 0, mostPoints: rules.gradePoints };
    default:
      return unknownAction(action);
  }
}

function payForFocus(state: StudentState, action: PomodoroEnded, rules: RewardRules): Pay {
  const { focusedSeconds, plannedMinutes } = action;
  assertInvariant(isPlannable(plannedMinutes, rules), 'a session has a length that can be planned');
  assertInvariant(isCompleted(action, rules), 'only a completed session is rewarded');
  return {
    lines: focusLines(focusedSeconds, paidMinutesOn(dayOfActivity(state, action), state), rules),
    leastPoints: 0,
    mostPoints: Math.min(plannedMinutes, rules.mostPaidMinutesPerDay) * rules.pointsPerFocusedMinute,
  };
}

const isPlannable = (minutes: number, { leastPlannedMinutes, mostPlannedMinutes }: RewardRules): boolean =>
  Number.isInteger(minutes) && minutes >= leastPlannedMinutes && minutes <= mostPlannedMinutes;

function isCompleted({ focusedSeconds, plannedMinutes }: PomodoroEnded, rules: RewardRules): boolean {
  return (
    Number.isInteger(focusedSeconds) &&
    focusedSeconds >= leastFocusedSeconds(plannedMinutes, rules) &&
    focusedSeconds <= plannedMinutes * secondsPerMinute
  );
}

/** Checks what must hold after every decision, for any state and action. NaN fails each of these comparisons. */
function assertInvariants(decision: RewardDecision, { leastPoints, mostPoints }: Pay, rules: RewardRules): void {
  const { before, after, xp, auraPoints, lines, state } = decision;
  assertInvariant(xp >= leastPoints && xp <= mostPoints, 'points are within their bounds');
  assertInvariant(pointsOf(lines) === xp && xp === auraPoints, 'lines add up to the xp and the aura points paid');
  assertInvariant(after.lifetimeXp - before.lifetimeXp === xp, 'lifetimeXp grows by the xp paid');
  assertInvariant(after.auraPoints - before.auraPoints === auraPoints, 'aura points grow by those paid');
  assertInvariant(after.auraPoints >= before.auraPoints, 'aura points never fall');
  assertInvariant(after.xp >= 0 && after.xp < xpForNextLevel(after.level, rules), 'xp is below the next threshold');
  assertInvariant(new Set(state.badges).size === state.badges.length, 'no badge is held twice');
}

function unknownAction(action: never): never {
  throw new Error(`Unknown action: ${JSON.stringify(action)}`);
}
