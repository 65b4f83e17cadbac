import { type Badge, badgesOfVersion1 } from './badges.js';

/** Every number that decides about rewards. What each is for, and why it has its value, stands in `rulesVersion1`. */
export interface RewardRules {
  readonly version: number;

  readonly submissionPoints: number;
  readonly pointsPerFullDayEarly: number;
  readonly mostSubmissionPoints: number;
  readonly pointsPerStartedDayLate: number;
  readonly leastSubmissionPoints: number;

  readonly pointsPerFocusedMinute: number;
  readonly mostPaidMinutesPerDay: number;
  readonly leastFocusedMinutes: number;
  readonly leastPlannedMinutes: number;
  readonly mostPlannedMinutes: number;
  readonly defaultPlannedMinutes: number;
  readonly hoursUntilExpiry: number;

  readonly xpOfFirstLevel: number;
  readonly levelExponent: number;
  readonly surplusXp: 'discard' | 'carry';

  readonly streakDaysPerFreeze: number;
  readonly mostFreezes: number;

  readonly badges: readonly Badge[];
}

/**
 * Version 1, the rules of the platform that Auraledger replaces. Rewards name the version that paid them and are folded
 * again under it, so a version that has ever paid is never edited: other numbers are a new version.
 */
export const rulesVersion1: RewardRules = Object.freeze({
  version: 1,

  /** Points, for handing in: the work is the same whenever it arrives, so early and late start from here. */
  submissionPoints: 50,
  /** Points for each full 24 h before the due date: a day's head start is worth a fifth of the work. */
  pointsPerFullDayEarly: 10,
  /** Points, at most, for a submission: from five days on, earlier earns no more, lest haste pay better than care. */
  mostSubmissionPoints: 100,
  /** Points taken for each started 24 h after the due date: as much as the same time early would have given. */
  pointsPerStartedDayLate: 10,
  /** Points, at least, for a submission: late work is still work, and worth handing in. */
  leastSubmissionPoints: 10,

  /** Points for each full minute of focus: a classic session of 25 minutes is worth half a submission. */
  pointsPerFocusedMinute: 1,
  /** Minutes of focus that pay in one calendar day: 4 h of deep work is much; a timer left to run is not work. */
  mostPaidMinutesPerDay: 240,
  /** Minutes of focus from which a session is completed; less is a false start. */
  leastFocusedMinutes: 5,
  /** Minutes, the shortest session that can be planned: the smallest length that pays. */
  leastPlannedMinutes: 1,
  /** Minutes, the longest session that can be planned: beyond 2 h nobody focuses without a break. */
  mostPlannedMinutes: 120,
  /** Minutes, planned where the student names no length: the classic Pomodoro. */
  defaultPlannedMinutes: 25,
  /** Hours after its planned end until a session counts as forgotten: a night's sleep or a dead battery is forgiven. */
  hoursUntilExpiry: 12,

  /** Xp that level 1 asks for: two submissions in time. */
  xpOfFirstLevel: 100,
  /** No unit. Level n asks for xpOfFirstLevel * n to this power: each level is harder by more than the last was. */
  levelExponent: 2,
  /** What becomes of xp beyond the threshold; 'discard' is what students of the former platform know. */
  surplusXp: 'discard',

  /** Days: a streak earns a freeze at each multiple of this, so a week of work buys a day off. */
  streakDaysPerFreeze: 7,
  /** Freezes held at once: a weekend may be bridged, a holiday may not. */
  mostFreezes: 2,

  /** What can be unlocked. Thresholds are rules as well, so the catalogue belongs to the version. */
  badges: badgesOfVersion1,
});

/** The rules by which new actions are paid. */
export const currentRules: RewardRules = rulesVersion1;

const versions = new Map([rulesVersion1].map((rules) => [rules.version, rules]));

/**
 * The rules that a reward of that version was paid by.
 * @throws RangeError for a version that never was.
 */
export function rulesOf(version: number): RewardRules {
  const rules = versions.get(version);
  if (rules === undefined) throw new RangeError(`There is no version ${version} of the reward rules.`);
  return rules;
}
