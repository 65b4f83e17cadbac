import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { badgeOf } from '../../rewards/index.js';
import type { RewardReason, RewardRecord } from '../../storage/models/reward.js';
import { Badge } from '../badge/badge.type.js';
import { connectionTypes } from '../connection.js';
import { DateTime } from '../scalars.js';

export const RewardReasonEnum = {
  ASSIGNMENT_SUBMITTED: 'ASSIGNMENT_SUBMITTED',
  POMODORO_ENDED: 'POMODORO_ENDED',
  SUBMISSION_GRADED: 'SUBMISSION_GRADED',
  BONUS: 'BONUS',
  REVOCATION: 'REVOCATION',
  RESTORATION: 'RESTORATION',
  EXTENSION: 'EXTENSION',
  OPENING_BALANCE: 'OPENING_BALANCE',
} as const;
registerEnumType(RewardReasonEnum, { name: 'RewardReason' });

@ObjectType()
export class Progress {
  @Field(() => Int)
  readonly level!: number;
  @Field(() => Int)
  readonly xp!: number;
  @Field(() => Int)
  readonly lifetimeXp!: number;
  @Field(() => Int)
  readonly auraPoints!: number;
}

@ObjectType({
  description:
    'One step of the calculation. rule is a stable id (on-time, early-days, late-days, floor, cap, focus-minutes, daily-cap, bonus, grade, revocation, …); text is for people.',
})
export class RewardLine {
  @Field(() => String)
  readonly rule!: string;
  /** Resolved by RewardLineResolver. */
  @Field(() => String)
  readonly text!: string;
  @Field(() => Int)
  readonly points!: number;
}

const NOTE_OF_ANOTHER_COURSE = 'This note belongs to a course of another teacher.';

/** A view of a ledger row. */
@ObjectType({ description: 'One row of the ledger. A row never changes.' })
export class Reward {
  /** @param cursor makes the cursor of an event of courseRewardGranted */
  constructor(
    readonly record: RewardRecord,
    private readonly cursor: () => string | null = () => null,
  ) {}

  /** For those who may see it: see Policy.canSeeNote. The field of this name is resolved by RewardResolver. */
  get note(): string | null {
    const { action } = this.record;
    return 'note' in action ? (action.note ?? null) : null;
  }
  get linesWithoutNote(): RewardLine[] {
    return this.record.lines.map((line) =>
      line.text === this.note ? { ...line, text: NOTE_OF_ANOTHER_COURSE } : line,
    );
  }

  @Field(() => ID)
  get id(): string {
    return this.record._id.toHexString();
  }
  @Field(() => Int, { description: 'The number of the row: 1, 2, 3, … for each student, without gaps.' })
  get sequence(): number {
    return this.record.sequence;
  }
  @Field(() => RewardReasonEnum)
  get reason(): RewardReason {
    return this.record.reason;
  }
  @Field(() => Int)
  get xp(): number {
    return this.record.xp;
  }
  @Field(() => Int)
  get auraPoints(): number {
    return this.record.auraPoints;
  }
  @Field(() => Progress)
  get before(): Progress {
    return this.record.before;
  }
  @Field(() => Progress)
  get after(): Progress {
    return this.record.after;
  }
  @Field(() => Boolean)
  get leveledUp(): boolean {
    return this.record.leveledUp;
  }
  @Field(() => Int, { description: 'The xp that the level-up discarded (0 if the rules carry surplus xp over).' })
  get surplusDiscarded(): number {
    return this.record.surplusDiscarded;
  }
  @Field(() => [Badge])
  get newBadges(): Badge[] {
    return this.record.badges.map(badgeOf);
  }
  @Field(() => [Badge], { description: 'The badges that the student no longer holds because of this row.' })
  get lostBadges(): Badge[] {
    return (this.record.lostBadges ?? []).map(badgeOf);
  }
  @Field(() => Int)
  get rulesVersion(): number {
    return this.record.rulesVersion;
  }
  @Field(() => DateTime)
  get grantedAt(): Date {
    return this.record.grantedAt;
  }
  @Field(() => String, {
    nullable: true,
    description:
      'In an event of courseRewardGranted: send it as "after" to resume behind this event. null elsewhere, and if too much happens at once; the previous cursor is then still valid.',
  })
  get courseCursor(): string | null {
    return this.cursor();
  }
}

export const RewardConnection = connectionTypes('Reward', () => Reward);
