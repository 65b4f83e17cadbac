import type { RewardLine } from '../reward-decision.js';
import { currentRules, type RewardRules } from '../reward-rules.js';
import { millisecondsPerDay, secondsPerMinute } from './durations.js';

/** Returns whether a submission received `at` that moment is late. At the millisecond of the due date it is not. */
export function isLate(dueDate: Date, at: Date): boolean {
  return at.getTime() > dueDate.getTime();
}

/** Returns whether an assignment accepts nothing more at that moment. At the millisecond of closesAt it still does. */
export function isClosed(closesAt: Date | null, at: Date): boolean {
  return closesAt !== null && at.getTime() > closesAt.getTime();
}

/** Returns the lines of a submission's reward. Their sum is between the minimum and the maximum of the rules. */
export function submissionLines(dueDate: Date, at: Date, rules: RewardRules = currentRules): readonly RewardLine[] {
  return isLate(dueDate, at) ? lateLines(dueDate, at, rules) : onTimeLines(dueDate, at, rules);
}

/**
 * Returns the lines of a session's reward.
 * @param focusedSeconds only full minutes count
 * @param paidMinutesToday minutes already paid on this calendar day
 */
export function focusLines(
  focusedSeconds: number,
  paidMinutesToday: number,
  rules: RewardRules = currentRules,
): readonly RewardLine[] {
  const minutes = fullMinutesOf(focusedSeconds);
  const unpaidMinutes = minutes - payableMinutes(focusedSeconds, paidMinutesToday, rules);
  const focused = line('focus-minutes', counted(minutes, 'focused minute'), minutes * rules.pointsPerFocusedMinute);
  const cap = line(
    'daily-cap',
    `At most ${rules.mostPaidMinutesPerDay} minutes a day pay`,
    -unpaidMinutes * rules.pointsPerFocusedMinute,
  );
  return [focused, ...withoutZeroLines([cap])];
}

/** Returns the lines of a bonus: the reason that the teacher gave. */
export function bonusLines(points: number, note: string): readonly RewardLine[] {
  return [line('bonus', note, points)];
}

/** Returns the lines of a graded submission. */
export function gradeLines(grade: number, rules: RewardRules = currentRules): readonly RewardLine[] {
  return [line('grade', `Graded ${grade} of ${rules.mostGrade}`, gradedPoints(grade, rules))];
}

/** Returns the points of a grade: its share of the most, rounded down. */
export function gradedPoints(grade: number, rules: RewardRules): number {
  return Math.floor((grade * rules.gradePoints) / rules.mostGrade);
}

/** Returns how many minutes of a session pay: its full minutes, limited by what is left of the daily cap. */
export function payableMinutes(focusedSeconds: number, paidMinutesToday: number, rules: RewardRules): number {
  const minutesLeftToday = Math.max(0, rules.mostPaidMinutesPerDay - paidMinutesToday);
  return Math.min(fullMinutesOf(focusedSeconds), minutesLeftToday);
}

/** Returns the sum of the lines. */
export function pointsOf(lines: readonly RewardLine[]): number {
  return lines.reduce((sum, { points }) => sum + points, 0);
}

export function fullMinutesOf(seconds: number): number {
  return Math.floor(seconds / secondsPerMinute);
}

function onTimeLines(dueDate: Date, at: Date, rules: RewardRules): readonly RewardLine[] {
  const fullDays = Math.floor((dueDate.getTime() - at.getTime()) / millisecondsPerDay);
  const earned = [
    line('on-time', 'Handed in on time', rules.submissionPoints),
    line('early-days', `Handed in ${counted(fullDays, 'full day')} early`, fullDays * rules.pointsPerFullDayEarly),
  ];
  const excess = Math.max(0, pointsOf(earned) - rules.mostSubmissionPoints);
  return withoutZeroLines([
    ...earned,
    line('cap', `A submission pays at most ${rules.mostSubmissionPoints} points`, -excess),
  ]);
}

function lateLines(dueDate: Date, at: Date, rules: RewardRules): readonly RewardLine[] {
  const startedDays = Math.ceil((at.getTime() - dueDate.getTime()) / millisecondsPerDay);
  const earned = [
    line('submitted', 'Handed in', rules.submissionPoints),
    line('late-days', `${counted(startedDays, 'started day')} late`, -startedDays * rules.pointsPerStartedDayLate),
  ];
  const shortfall = Math.max(0, rules.leastSubmissionPoints - pointsOf(earned));
  return withoutZeroLines([
    ...earned,
    line('floor', `A submission pays at least ${rules.leastSubmissionPoints} points`, shortfall),
  ]);
}

function line(rule: string, text: string, points: number): RewardLine {
  return { rule, text, points };
}

function withoutZeroLines(lines: readonly RewardLine[]): readonly RewardLine[] {
  return lines.filter(({ points }) => points !== 0);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
