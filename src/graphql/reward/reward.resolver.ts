import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { notFound } from '../errors.js';
import { mustExist } from '../must-exist.js';
import { PomodoroSession } from '../pomodoro/pomodoro.type.js';
import { Student } from '../student/student.type.js';
import { Submission } from '../submission/submission.type.js';
import { Reward } from './reward.type.js';

@Resolver(() => Reward)
export class RewardResolver {
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
