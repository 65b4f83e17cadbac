import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { badgeOf, badges } from '../../rewards/index.js';
import type { RequestContext } from '../context.js';
import { mustExist } from '../must-exist.js';
import { Reward } from '../reward/reward.type.js';
import { Badge, UnlockedBadge } from './badge.type.js';

@Resolver(() => UnlockedBadge)
export class BadgeResolver {
  @Query(() => [Badge])
  badges(): readonly Badge[] {
    return badges;
  }

  @FieldResolver(() => Badge)
  badge(@Root() { record }: UnlockedBadge): Badge {
    return badgeOf(record.badgeId);
  }

  @FieldResolver(() => Reward)
  async reward(@Root() { record }: UnlockedBadge, @Ctx() { loaders }: RequestContext): Promise<Reward> {
    return new Reward(mustExist(await loaders.reward.load(record.rewardId.toHexString())));
  }
}
