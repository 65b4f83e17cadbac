import type { Progress, StudentState } from './student-state.js';

/** One reason for points added or deducted. The lines of a reward add up to what it pays. */
export interface RewardLine {
  /** The rule that applied, for programs: 'on-time', 'late-days', 'daily-cap', ... */
  readonly rule: string;
  /** The rule in words, for people: a sentence fragment. */
  readonly text: string;
  /** Points added to both xp and aura points. Negative if the rule deducts points. */
  readonly points: number;
}

/** What the rules decide about one action. */
export interface RewardDecision {
  readonly xp: number;
  readonly auraPoints: number;
  readonly lines: readonly RewardLine[];
  readonly before: Progress;
  readonly after: Progress;
  readonly leveledUp: boolean;
  /** Xp that was paid, and counts in lifetimeXp, but was discarded on reaching the new level. */
  readonly surplusDiscarded: number;
  /** Ids of the badges that this action unlocked, in catalogue order. */
  readonly newBadges: readonly string[];
  /** The student after the action. */
  readonly state: StudentState;
  /** The version of the rules that made the decision. */
  readonly rulesVersion: number;
}
