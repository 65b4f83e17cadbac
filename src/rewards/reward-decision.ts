import type { Progress, StudentState } from './student-state.js';

/** One reason for points given or taken. The lines of a reward add up to what it pays. */
export interface RewardLine {
  /** Which rule speaks, for programs: 'on-time', 'late-days', 'daily-cap', ... */
  readonly rule: string;
  /** The same for people: a fragment of a sentence. */
  readonly text: string;
  /** Points, added to both xp and aura; below 0 where the rule takes some back. */
  readonly points: number;
}

/** What the rules say of one action. */
export interface RewardDecision {
  readonly xp: number;
  readonly auraPoints: number;
  readonly lines: readonly RewardLine[];
  readonly before: Progress;
  readonly after: Progress;
  readonly leveledUp: boolean;
  /** Xp that was paid (it is part of lifetimeXp) and that the new level did not keep. */
  readonly surplusDiscarded: number;
  /** Ids of the badges that this action unlocked, in the order of the catalogue. */
  readonly newBadges: readonly string[];
  /** The student after the action. */
  readonly state: StudentState;
  /** The version of the rules that decided. */
  readonly rulesVersion: number;
}
