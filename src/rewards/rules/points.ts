import type { RewardLine } from '../reward-decision.js';
import { currentRules, type RewardRules } from '../reward-rules.js';
import { millisecondsPerDay, secondsPerMinute } from './durations.js';

/** Whether a submission received `at` that moment is late: only after the due date, at its very millisecond it is not. */
export function isLate(dueDate: Date, at: Date): boolean {
  return at.getTime() > dueDate.getTime();
}

/** Why a submission pays what it pays; the points add up to between the least and the most of the rules. */
export function submissionLines(dueDate: Date, at: Date, rules: RewardRules = currentRules): readonly RewardLine[] {
  return isLate(dueDate, at) ? lateLines(dueDate, at, rules) : onTimeLines(dueDate, at, rules);
}

/**
 * Why a session pays what it pays.
 * @param focusedSeconds seconds; only full minutes count
 * @param paidMinutesToday minutes of this calendar day that have been paid before
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
  return [focused, ...speaking([cap])];
}

/** How many minutes of a session pay: its full ones, as far as the day's cap has room. */
export function payableMinutes(focusedSeconds: number, paidMinutesToday: number, rules: RewardRules): number {
  const room = Math.max(0, rules.mostPaidMinutesPerDay - paidMinutesToday);
  return Math.min(fullMinutesOf(focusedSeconds), room);
}

/** What the lines add up to. */
export function pointsOf(lines: readonly RewardLine[]): number {
  return lines.reduce((sum, { points }) => sum + points, 0);
}

/** The full minutes in so many seconds. */
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
  return speaking([...earned, line('cap', `A submission pays at most ${rules.mostSubmissionPoints} points`, -excess)]);
}

function lateLines(dueDate: Date, at: Date, rules: RewardRules): readonly RewardLine[] {
  const startedDays = Math.ceil((at.getTime() - dueDate.getTime()) / millisecondsPerDay);
  const earned = [
    line('submitted', 'Handed in', rules.submissionPoints),
    line('late-days', `${counted(startedDays, 'started day')} late`, -startedDays * rules.pointsPerStartedDayLate),
  ];
  const lack = Math.max(0, rules.leastSubmissionPoints - pointsOf(earned));
  return speaking([...earned, line('floor', `A submission pays at least ${rules.leastSubmissionPoints} points`, lack)]);
}

function line(rule: string, text: string, points: number): RewardLine {
  return { rule, text, points };
}

/** The lines that change something. */
function speaking(lines: readonly RewardLine[]): readonly RewardLine[] {
  return lines.filter(({ points }) => points !== 0);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
