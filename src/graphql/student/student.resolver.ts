import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { dailyProgress } from '../../actions/daily-progress.js';
import { dayOf } from '../../granting/pay-reward.js';
import { hasExpired, streakAsItStands } from '../../rewards/index.js';
import { rewardsOfStudent, submissionsOfStudent } from '../../storage/loaders.js';
import { UnlockedBadge } from '../badge/badge.type.js';
import { type ConnectionOf, PageArgs, toConnection, toPageRequest } from '../connection.js';
import type { RequestContext } from '../context.js';
import { Course } from '../course/course.type.js';
import { mustExist } from '../must-exist.js';
import { PomodoroSession } from '../pomodoro/pomodoro.type.js';
import { Reward, RewardConnection } from '../reward/reward.type.js';
import { LocalDate } from '../scalars.js';
import { Submission, SubmissionConnection } from '../submission/submission.type.js';
import { DailyProgress, Streak, Student } from './student.type.js';

@Resolver(() => Student)
export class StudentResolver {
  @Query(() => Student, { nullable: true })
  async student(@Arg('id', () => ID) id: string, @Ctx() { loaders, policy }: RequestContext): Promise<Student | null> {
    const student = await loaders.student.load(id);
    return student && (await policy.canSeeStudent(student)) ? new Student(student) : null;
  }

  @FieldResolver(() => [UnlockedBadge])
  unlockedBadges(@Root() { record }: Student): UnlockedBadge[] {
    return record.badges.map((badge) => new UnlockedBadge(badge));
  }

  @FieldResolver(() => Streak, {
    description: 'The streak on the current day in the time zone of the student. days is 0 when the streak has ended.',
  })
  streak(@Root() { record }: Student, @Ctx() { request }: RequestContext): Streak {
    return streakAsItStands(record.streak, dayOf(record, request.receivedAt));
  }

  @FieldResolver(() => PomodoroSession, { nullable: true })
  runningPomodoro(@Root() { record }: Student, @Ctx() { request }: RequestContext): PomodoroSession | null {
    const running = record.runningPomodoro;
    return running && !hasExpired(running, request.receivedAt) ? new PomodoroSession(running) : null;
  }

  @FieldResolver(() => RewardConnection, { description: 'The ledger of the student, newest row first.' })
  async rewards(
    @Root() { id, record }: Student,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Reward>> {
    const scope = { name: `Student.rewards ${id}`, order: rewardsOfStudent.order };
    const request = toPageRequest(cursors, scope, page);
    const found = await loaders.rewardsOfStudent.load({
      parentId: record._id,
      lastSequence: record.sequence,
      ...request,
    });
    return toConnection(cursors, scope, page, found, (reward) => new Reward(reward));
  }

  @FieldResolver(() => SubmissionConnection, {
    description: 'Newest first, discarded ones included. A teacher sees those of the assignments of their own courses.',
  })
  async submissions(
    @Root() { id, record }: Student,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, policy, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Submission>> {
    const scope = { name: `Student.submissions ${id}`, order: submissionsOfStudent.order };
    const request = toPageRequest(cursors, scope, page);
    const taughtBy = policy.seesSubmissionsTaughtBy;
    const found = await loaders.submissionsOfStudent.load({ parentId: record._id, taughtBy, ...request });
    return toConnection(cursors, scope, page, found, (submission) => new Submission(submission));
  }

  @FieldResolver(() => [DailyProgress], {
    description: 'Data for charts: one row for each day, including days with zeros. At most 366 days.',
  })
  async dailyProgress(
    @Root() { record }: Student,
    @Arg('from', () => LocalDate) from: string,
    @Arg('to', () => LocalDate) to: string,
    @Ctx() { loaders }: RequestContext,
  ): Promise<DailyProgress[]> {
    return dailyProgress({ studentId: record._id, from, to }, (days) => loaders.dayTotals.load(days));
  }

  @FieldResolver(() => [Course])
  async courses(@Root() { record }: Student, @Ctx() { loaders, policy }: RequestContext): Promise<Course[]> {
    const courses = await Promise.all(record.courseIds.map((id) => loaders.course.load(id.toHexString())));
    const seen = await Promise.all(courses.map((course) => policy.canSeeCourse(mustExist(course))));
    return courses.filter((_, position) => seen[position]).map((course) => new Course(mustExist(course)));
  }
}
