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
  description: 'Equal points share a rank: 1, 2, 2, 4. Someone who opted out is "Anonymous".',
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
    description: 'My own row, wherever it stands; null where I am not ranked.',
  })
  readonly me!: LeaderboardEntry | null;
}
