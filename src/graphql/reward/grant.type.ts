import { Field, Int, InterfaceType } from 'type-graphql';
import { badgeOf } from '../../rewards/index.js';
import type { RewardRecord } from '../../storage/models/reward.js';
import type { StudentRecord } from '../../storage/models/student.js';
import { Badge, UnlockedBadge } from '../badge/badge.type.js';
import { Student } from '../student/student.type.js';
import { Reward } from './reward.type.js';

/** What an action answers when it granted something, or replays what it granted. */
export interface Grant {
  readonly student: StudentRecord;
  readonly reward: RewardRecord | null;
  readonly replayed: boolean;
}

@InterfaceType({
  description:
    'What every granting mutation answers: the student as it now stands, the level, the badges, and what was paid.',
  resolveType: (value: RewardGrant) => value.constructor.name,
})
export abstract class RewardGrant {
  constructor(private readonly grant: Grant) {}

  @Field(() => Student)
  get student(): Student {
    return new Student(this.grant.student);
  }
  @Field(() => Int, { description: '= student.level' })
  get level(): number {
    return this.grant.student.level;
  }
  @Field(() => Boolean, { description: 'Whether this reward raised it.' })
  get leveledUp(): boolean {
    return this.grant.reward?.leveledUp ?? false;
  }
  @Field(() => [UnlockedBadge], { description: '= student.unlockedBadges' })
  get badges(): UnlockedBadge[] {
    return this.grant.student.badges.map((badge) => new UnlockedBadge(badge));
  }
  @Field(() => [Badge], { description: 'Those that this reward unlocked.' })
  get newBadges(): Badge[] {
    return this.grant.reward?.badges.map(badgeOf) ?? [];
  }
  @Field(() => Reward, {
    nullable: true,
    description: 'The ledger row as it was written; null where nothing was earned.',
  })
  get reward(): Reward | null {
    return this.grant.reward && new Reward(this.grant.reward);
  }
  @Field(() => Boolean, {
    description: 'true: this request (or one for the same thing) had been paid before, and this is that reward again.',
  })
  get replayed(): boolean {
    return this.grant.replayed;
  }
}
