import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { leaderboardOrder, type Ranked, rankCourse } from '../../actions/rank-course.js';
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
    @Ctx() { services, loaders, self, facts }: RequestContext,
  ): Promise<LeaderboardConnection> {
    const scope = { name: `Course.leaderboard ${period} ${id}`, order: leaderboardOrder(period) };
    const {
      ranked,
      hasNextPage,
      self: own,
    } = await rankCourse(services.committer, {
      courseId: course._id,
      period,
      page: toPageRequest(services.cursors, scope, page),
      self: await loaders.student.load(self.accountId.toHexString()),
      facts,
    });
    const toEntry = ({ rank, displayName, points, student, isMe }: Ranked): LeaderboardEntry => ({
      rank,
      displayName,
      auraPoints: points,
      level: student.level,
      isMe,
    });
    const rows = ranked.map(({ student }) => student);
    const connection = toConnection(services.cursors, scope, page, { rows, hasNextPage }, (_, position) =>
      toEntry(ranked[position]!),
    );
    return { ...connection, me: own && toEntry(own) };
  }
}
