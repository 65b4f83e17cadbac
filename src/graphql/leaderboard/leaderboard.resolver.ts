import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { leaderboardOrder, type Ranked } from '../../actions/rank-course.js';
import type { LeaderboardPeriod } from '../../storage/leaderboard.js';
import { PageArgs, toConnection, toPageRequest } from '../connection.js';
import type { RequestContext } from '../context.js';
import { Course } from '../course/course.type.js';
import { LeaderboardConnection, type LeaderboardEntry, LeaderboardPeriodEnum } from './leaderboard.type.js';

@Resolver(() => Course)
export class LeaderboardResolver {
  @FieldResolver(() => LeaderboardConnection)
  async leaderboard(
    @Root() { id, record: course }: Course,
    @Arg('period', () => LeaderboardPeriodEnum, { defaultValue: 'ALL_TIME' }) period: LeaderboardPeriod,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { leaderboards, services: { cursors } }: RequestContext,
  ): Promise<LeaderboardConnection> {
    const scope = { name: `Course.leaderboard ${period} ${id}`, order: leaderboardOrder };
    const request = toPageRequest(cursors, scope, page);
    const { ranked, hasNextPage, self } = await leaderboards.load({ courseId: course._id, period, page: request });
    return { ...toConnection(cursors, scope, page, { rows: ranked, hasNextPage }, toEntry), me: self && toEntry(self) };
  }
}

const toEntry = ({ rank, displayName, points, level, isMe }: Ranked): LeaderboardEntry => ({
  rank,
  displayName,
  auraPoints: points,
  level,
  isMe,
});
