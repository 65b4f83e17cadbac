import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { BadgeCounter, Badge as BadgeOfRules } from '../../rewards/index.js';
import type { UnlockedBadgeRecord } from '../../storage/models/student.js';
import { DateTime } from '../scalars.js';

export const BadgeCounterEnum: { readonly [Counter in BadgeCounter]: Counter } = {
  SUBMISSIONS: 'SUBMISSIONS',
  FOCUS_MINUTES: 'FOCUS_MINUTES',
  STREAK_DAYS: 'STREAK_DAYS',
  LEVEL: 'LEVEL',
};
registerEnumType(BadgeCounterEnum, { name: 'BadgeCounter' });

@ObjectType({ description: 'A student unlocks the badge when the counter first reaches the threshold.' })
export class Badge implements BadgeOfRules {
  @Field(() => ID)
  readonly id!: string;
  @Field(() => String)
  readonly name!: string;
  @Field(() => String)
  readonly description!: string;
  @Field(() => BadgeCounterEnum)
  readonly counter!: BadgeCounter;
  @Field(() => Int)
  readonly threshold!: number;
}

@ObjectType()
export class UnlockedBadge {
  constructor(readonly record: UnlockedBadgeRecord) {}

  @Field(() => DateTime)
  get unlockedAt(): Date {
    return this.record.unlockedAt;
  }
}
