import { Field, Int, InterfaceType } from 'type-graphql';
import { badgeOf } from '../../rewards/index.js';
import type { RewardRecord } from '../../storage/models/reward.js';
import type { StudentRecord } from '../../storage/models/student.js';
import { Badge, UnlockedBadge } from '../badge/badge.type.js';
import { Student } from '../student/student.type.js';
import { Reward } from './reward.type.js';

/** The result of an action that granted a reward, or that returns an earlier grant again. */
export interface Grant {
  readonly student: StudentRecord;
  readonly reward: RewardRecord | null;
  readonly replayed: boolean;
}

@InterfaceType({
  description:
    'The result of every mutation that grants a reward: the current student, level and badges, and the reward.',
})
export abstract class RewardGrant {
  constructor(private readonly grant: Grant) {}

  @Field(() => Student)
  get student(): Student {
    return new Student(this.grant.student);
  }
  @Field(() => Int, { description: 'The same as student.level.' })
  get level(): number {
    return this.grant.student.level;
  }
  @Field(() => Boolean, { description: 'True if this reward raised the level.' })
  get leveledUp(): boolean {
    return this.grant.reward?.leveledUp ?? false;
  }
  @Field(() => [UnlockedBadge], { description: 'The same as student.unlockedBadges.' })
  get badges(): UnlockedBadge[] {
    return this.grant.student.badges.map((badge) => new UnlockedBadge(badge));
  }
  @Field(() => [Badge], { description: 'The badges that this reward unlocked.' })
  get newBadges(): Badge[] {
    return this.grant.reward?.badges.map(badgeOf) ?? [];
  }
  @Field(() => Reward, {
    nullable: true,
    description: 'The ledger row, exactly as it was written; null if the student earned nothing.',
  })
  get reward(): Reward | null {
    return this.grant.reward && new Reward(this.grant.reward);
  }
  @Field(() => Boolean, {
    description:
      'True if this request, or another one for the same work, was already paid. Then reward is that earlier reward.',
  })
  get replayed(): boolean {
    return this.grant.replayed;
  }
}
