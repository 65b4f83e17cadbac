import { type Badge, badgesOfVersion1 } from './badges.js';

/** Every number that decides a reward. `rulesVersion1` explains what each one is for and why it has its value. */
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

  readonly leastBonusPoints: number;
  readonly mostBonusPoints: number;
  readonly mostGrade: number;
  readonly gradePoints: number;

  readonly xpOfFirstLevel: number;
  readonly levelExponent: number;
  readonly surplusXp: 'discard' | 'carry';

  readonly streakDaysPerFreeze: number;
  readonly mostFreezes: number;

  readonly badges: readonly Badge[];
}

/**
 * Version 1: the rules of the platform that Auraledger replaces. Each reward records the version that paid it, and the
 * ledger is re-derived under that version. So never edit a version that has paid a reward; add a new one.
 */
export const rulesVersion1: RewardRules = Object.freeze({
  version: 1,

  /** Points for a submission, before any for being early or late: the work is the same whenever it arrives. */
  submissionPoints: 50,
  /** Points for each full 24 h before the due date: a day early is worth a fifth of the work. */
  pointsPerFullDayEarly: 10,
  /** Maximum points for a submission, reached five days early. Still earlier pays nothing: haste must not beat care. */
  mostSubmissionPoints: 100,
  /** Points deducted for each started 24 h after the due date: the same as a day early adds. */
  pointsPerStartedDayLate: 10,
  /** Minimum points for a submission: late work is still work, and worth handing in. */
  leastSubmissionPoints: 10,

  /** Points for each full minute of focus: a classic session of 25 minutes is worth half a submission. */
  pointsPerFocusedMinute: 1,
  /** Minutes of focus that pay in one calendar day. 4 h of deep work is a lot; a timer left running is not work. */
  mostPaidMinutesPerDay: 240,
  /** Minutes of focus that complete a session. Less is a false start. */
  leastFocusedMinutes: 5,
  /** Minutes. The shortest session that can be planned: the shortest that pays. */
  leastPlannedMinutes: 1,
  /** Minutes. The longest session that can be planned: nobody focuses for more than 2 h without a break. */
  mostPlannedMinutes: 120,
  /** Minutes. The length of a session when the student gives none: the classic Pomodoro. */
  defaultPlannedMinutes: 25,
  /** Hours from the planned end of a session until it expires. Allows for a night's sleep or a dead battery. */
  hoursUntilExpiry: 12,

  /** Minimum points of a bonus: one. Taking points away is a correction of the row that gave them. */
  leastBonusPoints: 1,
  /** Maximum points of a bonus: ten submissions. More is a slip of the finger. */
  mostBonusPoints: 1_000,
  /** The best grade. Grades are whole numbers from 0. */
  mostGrade: 100,
  /** Points for the best grade: as many as for handing in on time. Others pay their share, rounded down. */
  gradePoints: 50,

  /** Xp needed to reach level 1: two submissions on time. */
  xpOfFirstLevel: 100,
  /** No unit. Level n needs xpOfFirstLevel * n to this power, so each step up is larger than the one before. */
  levelExponent: 2,
  /** What happens to xp above a level's threshold. Students of the former platform are used to 'discard'. */
  surplusXp: 'discard',

  /** Days. A streak earns a freeze at each multiple of this: a week of work earns a day off. */
  streakDaysPerFreeze: 7,
  /** Maximum number of freezes held at once: enough to bridge a weekend, not a holiday. */
  mostFreezes: 2,

  /** The badges that can be unlocked. Their thresholds are rules too, so the catalogue belongs to the version. */
  badges: badgesOfVersion1,
});

/** The rules that apply to new actions. */
export const currentRules: RewardRules = rulesVersion1;

const versions = new Map([rulesVersion1].map((rules) => [rules.version, rules]));

/**
 * Returns the rules of a version, to re-derive the rewards that it paid.
 * @throws RangeError if the version does not exist
 */
export function rulesOf(version: number): RewardRules {
  const rules = versions.get(version);
  if (rules === undefined) throw new RangeError(`There is no version ${version} of the reward rules.`);
  return rules;
}
