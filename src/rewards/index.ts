/**
 * Decides what an action pays, and why: state + action + rules -> decision.
 *
 * This folder is pure. It has no clock, no randomness and no input or output; the caller passes the time as argument.
 * It imports nothing from outside itself: no package and no Node module. From the language's own library it uses Intl,
 * to turn a moment into a calendar day. Other folders import this file only, never a file behind it.
 */
export type { Badge, BadgeCounter } from './badges.js';
export { badgeOf, badges } from './badges.js';
export type { CorrectedFolds, CorrectionDecision } from './decide-correction.js';
export { decideCorrection, decideFromFolds } from './decide-correction.js';
export { decideReward, foldActions } from './decide-reward.js';
export type { FoldedLedger, LedgerEntry, Worth } from './fold-ledger.js';
export { correctedWorth, countedPoints, foldFurther, foldLedger, nothingFolded, worthsOf } from './fold-ledger.js';
export type { RewardDecision, RewardLine } from './reward-decision.js';
export type { RewardRules } from './reward-rules.js';
export { currentRules, rulesOf, rulesVersion1 } from './reward-rules.js';
export { unlockedBadges } from './rules/badges.js';
export { raiseLevel, xpForNextLevel } from './rules/level.js';
export { activeLocalDate, daysBetween, localDateOf } from './rules/local-date.js';
export { focusLines, isClosed, isLate, submissionLines } from './rules/points.js';
export type { PomodoroOutcome } from './rules/pomodoro.js';
export { expiresAt, hasExpired, pomodoroOutcome } from './rules/pomodoro.js';
export { advanceStreak, streakAsItStands } from './rules/streak.js';
export type {
  AssignmentSubmitted,
  Correction,
  LedgerAction,
  PaidAction,
  PomodoroEnded,
  StudentAction,
} from './student-action.js';
export { isActivity, isCorrection } from './student-action.js';
export type { LocalDate, Progress, Streak, StudentState } from './student-state.js';
export { newStudentState, progressOf } from './student-state.js';
