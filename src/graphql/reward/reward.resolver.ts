import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { RewardRecord } from '../../storage/models/reward.js';
import type { CourseReward, RequestContext } from '../context.js';
import { notFound } from '../errors.js';
import { checkedSequence, type Subscribing, whileSeen } from '../live-events.js';
import { mustExist } from '../must-exist.js';
import { PomodoroSession } from '../pomodoro/pomodoro.type.js';
import { Student } from '../student/student.type.js';
import { Submission } from '../submission/submission.type.js';
import { openCourseCursor, sealCourseCursor } from './course-cursor.js';
import { Reward } from './reward.type.js';

@Resolver(() => Reward)
export class RewardResolver {
  @Subscription(() => Reward, {
    description:
      'My rewards as they are committed, in sequence; with afterSequence, first those I missed, then live, none twice.',
    subscribe: ({ args, context }: Subscribing) => {
      const { self, services } = context;
      const rewards = services.feed.rewardsOf(self.accountId, checkedSequence(args.afterSequence));
      return whileSeen(context, rewards, async () => true);
    },
  })
  rewardGranted(
    @Root() record: RewardRecord,
    @Arg('afterSequence', () => Int, { nullable: true }) _afterSequence?: number | null,
  ): Reward {
    return new Reward(record);
  }

  @Subscription(() => Reward, {
    description:
      'The rewards of everyone in a course that I teach, as they are committed; with the courseCursor of an event as "after", first those I missed, then live, none twice.',
    subscribe: async ({ args, context }: Subscribing) => {
      const { cursors, feed } = context.services;
      const taught = async ({ loaders, policy }: RequestContext) => {
        const course = await loaders.course.load(args.courseId);
        return course && policy.teaches(course) ? course : null;
      };
      const course = await taught(context);
      if (!course) throw notFound();
      const after = args.after == null ? null : openCourseCursor(cursors, args.courseId, args.after);
      return whileSeen(context, feed.rewardsOfCourse(course._id, after), async (now) => (await taught(now)) !== null);
    },
  })
  courseRewardGranted(
    @Root() { reward, cursor }: CourseReward,
    @Ctx() { services }: RequestContext,
    @Arg('courseId', () => ID) courseId: string,
    @Arg('after', () => String, { nullable: true }) _after?: string | null,
  ): Reward {
    return new Reward(reward, () => sealCourseCursor(services.cursors, courseId, cursor()));
  }

  @FieldResolver(() => Student)
  async student(@Root() { record }: Reward, @Ctx() { loaders, policy }: RequestContext): Promise<Student> {
    const student = mustExist(await loaders.student.load(record.studentId.toHexString()));
    if (!(await policy.canSeeStudent(student))) throw notFound();
    return new Student(student);
  }

  @FieldResolver(() => Submission, { nullable: true })
  async submission(
    @Root() { record: { studentId, subject } }: Reward,
    @Ctx() { loaders, policy }: RequestContext,
  ): Promise<Submission | null> {
    if (subject.kind !== 'assignment') return null;
    const submission = await loaders.submissionOf.load({ studentId, assignmentId: subject.id });
    return submission && (await policy.canSeeSubmission(submission)) ? new Submission(submission) : null;
  }

  @FieldResolver(() => PomodoroSession, { nullable: true })
  async pomodoro(
    @Root() { record: { subject } }: Reward,
    @Ctx() { loaders }: RequestContext,
  ): Promise<PomodoroSession | null> {
    if (subject.kind !== 'pomodoro') return null;
    return new PomodoroSession(mustExist(await loaders.endedSession.load(subject.id.toHexString())));
  }
}
