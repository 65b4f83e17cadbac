import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { LeaderboardPeriod } from '../../storage/leaderboard.js';
import { connectionTypes } from '../connection.js';

export const LeaderboardPeriodEnum: { readonly [Period in LeaderboardPeriod]: Period } = {
  WEEK: 'WEEK',
  MONTH: 'MONTH',
  ALL_TIME: 'ALL_TIME',
};
registerEnumType(LeaderboardPeriodEnum, { name: 'LeaderboardPeriod' });

@ObjectType({
  description: 'Students with equal points share a rank: 1, 2, 2, 4. A student who opted out appears as "Anonymous".',
})
export class LeaderboardEntry {
  @Field(() => Int)
  readonly rank!: number;
  @Field(() => String)
  readonly displayName!: string;
  @Field(() => Int)
  readonly auraPoints!: number;
  @Field(() => Int)
  readonly level!: number;
  @Field(() => Boolean)
  readonly isMe!: boolean;
}

@ObjectType()
export class LeaderboardConnection extends connectionTypes('Leaderboard', () => LeaderboardEntry) {
  @Field(() => LeaderboardEntry, {
    nullable: true,
    description: 'The row of the viewer, even if it is on another page; null if the viewer has no rank.',
  })
  readonly me!: LeaderboardEntry | null;
}
