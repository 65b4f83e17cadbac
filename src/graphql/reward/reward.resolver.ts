import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { RewardRecord } from '../../storage/models/reward.js';
import { staffOf, User } from '../account/user.type.js';
import type { CourseReward, RequestContext } from '../context.js';
import { notFound } from '../errors.js';
import { checkedSequence, type Subscribing, whileSeen } from '../live-events.js';
import { mustExist } from '../must-exist.js';
import { PomodoroSession } from '../pomodoro/pomodoro.type.js';
import { Student } from '../student/student.type.js';
import { Submission } from '../submission/submission.type.js';
import { openCourseCursor, sealCourseCursor } from './course-cursor.js';
import { Reward, RewardLine } from './reward.type.js';

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
  async submission(@Root() { record }: Reward, @Ctx() { loaders, policy }: RequestContext): Promise<Submission | null> {
    const submission = await loaders.submissionOfReward.load(record);
    return submission && (await policy.canSeeSubmission(submission)) ? new Submission(submission) : null;
  }

  @FieldResolver(() => PomodoroSession, { nullable: true })
  async pomodoro(@Root() { record }: Reward, @Ctx() { loaders }: RequestContext): Promise<PomodoroSession | null> {
    const session = await loaders.sessionOfReward.load(record);
    return session && new PomodoroSession(session);
  }

  @FieldResolver(() => Int, {
    description:
      'What this row counts for today: its xp, or what its latest correction says; 0 if it is revoked. Of a row that corrects another: its own xp.',
  })
  async worth(@Root() { record }: Reward, @Ctx() { loaders }: RequestContext): Promise<number> {
    return (record.corrects ? null : await loaders.correctedWorth.load(record)) ?? record.xp;
  }

  @FieldResolver(() => Reward, {
    nullable: true,
    description: 'The row that this one corrects; null if it corrects none.',
  })
  async corrects(@Root() { record }: Reward, @Ctx() { loaders }: RequestContext): Promise<Reward | null> {
    return record.corrects ? new Reward(mustExist(await loaders.reward.load(`${record.corrects}`))) : null;
  }

  @FieldResolver(() => [RewardLine], { description: 'The steps of the calculation. Their points add up to xp.' })
  async lines(@Root() reward: Reward, @Ctx() { policy }: RequestContext): Promise<RewardLine[]> {
    const mayShowNote = reward.note === null || (await policy.canSeeNote(reward.record));
    return mayShowNote ? reward.record.lines : reward.linesWithoutNote;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What the teacher or admin wrote, with a grade the feedback; null for what the student earned, and for the teacher of another course.',
  })
  async note(@Root() { note, record }: Reward, @Ctx() context: RequestContext): Promise<string | null> {
    return context.countText(note !== null && (await context.policy.canSeeNote(record)) ? note : null);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who gave or took by hand; null for what the student earned.',
  })
  async by(
    @Root() { record: { actorId, studentId } }: Reward,
    @Ctx() { loaders }: RequestContext,
  ): Promise<User | null> {
    return actorId.equals(studentId) ? null : staffOf(mustExist(await loaders.account.load(`${actorId}`)));
  }
}

@Resolver(() => RewardLine)
export class RewardLineResolver {
  /** It may be a note. */
  @FieldResolver(() => String)
  text(@Root() { text }: RewardLine, @Ctx() context: RequestContext): string {
    return context.countText(text);
  }
}
