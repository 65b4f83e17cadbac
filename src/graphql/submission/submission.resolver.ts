import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { reviseSubmission } from '../../actions/revise-submission.js';
import { submitAssignment } from '../../actions/submit-assignment.js';
import { Assignment } from '../assignment/assignment.type.js';
import type { RequestContext } from '../context.js';
import { notFound } from '../errors.js';
import { mustExist } from '../must-exist.js';
import { Refusal } from '../refusal.type.js';
import { Reward } from '../reward/reward.type.js';
import { Student } from '../student/student.type.js';
import { ReviseSubmissionInput, SubmitAssignmentInput } from './submission.input.js';
import {
  ReviseSubmissionPayload,
  ReviseSubmissionResult,
  Submission,
  SubmitAssignmentPayload,
  SubmitAssignmentResult,
} from './submission.type.js';

@Resolver(() => Submission)
export class SubmissionResolver {
  @Query(() => Submission, { nullable: true })
  async submission(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders, policy }: RequestContext,
  ): Promise<Submission | null> {
    const submission = await loaders.submission.load(id);
    return submission && (await policy.canSeeSubmission(submission)) ? new Submission(submission) : null;
  }

  @Mutation(() => SubmitAssignmentResult)
  async submitAssignment(
    @Arg('input', () => SubmitAssignmentInput) { assignmentId, content, idempotencyKey }: SubmitAssignmentInput,
    @Ctx() context: RequestContext,
  ): Promise<SubmitAssignmentPayload | Refusal> {
    const { services, self, facts } = context;
    const outcome = await submitAssignment(services.committer, {
      studentId: self.accountId,
      assignmentId,
      content,
      idempotencyKey: idempotencyKey ?? null,
      facts,
    });
    if (outcome.kind === 'refused') return new Refusal(outcome);
    // submission.reward then needs no read.
    context.primeRewards([outcome.reward]);
    return new SubmitAssignmentPayload(outcome, outcome.submission);
  }

  @Mutation(() => ReviseSubmissionResult)
  async reviseSubmission(
    @Arg('input', () => ReviseSubmissionInput) { submissionId, content }: ReviseSubmissionInput,
    @Ctx() { self, facts }: RequestContext,
  ): Promise<ReviseSubmissionPayload | Refusal> {
    const outcome = await reviseSubmission({ studentId: self.accountId, submissionId, content, facts });
    return outcome.kind === 'refused' ? new Refusal(outcome) : new ReviseSubmissionPayload(outcome.submission);
  }

  @FieldResolver(() => String)
  async content(@Root() { record }: Submission, @Ctx() context: RequestContext): Promise<string> {
    return context.countText(record.content ?? (await context.loaders.text.load(record)));
  }

  @FieldResolver(() => String, { nullable: true, description: 'What the teacher wrote about the grade.' })
  feedback(@Root() { record }: Submission, @Ctx() context: RequestContext): string | null {
    return context.countText(record.feedback ?? null);
  }

  @FieldResolver(() => Assignment)
  async assignment(@Root() { record }: Submission, @Ctx() { loaders }: RequestContext): Promise<Assignment> {
    return new Assignment(mustExist(await loaders.assignment.load(record.assignmentId.toHexString())));
  }

  @FieldResolver(() => Student)
  async student(@Root() { record }: Submission, @Ctx() { loaders, policy }: RequestContext): Promise<Student> {
    const student = mustExist(await loaders.student.load(record.studentId.toHexString()));
    if (!(await policy.canSeeStudent(student))) throw notFound();
    return new Student(student);
  }

  @FieldResolver(() => Reward)
  async reward(@Root() { record }: Submission, @Ctx() { loaders }: RequestContext): Promise<Reward> {
    return new Reward(mustExist(await loaders.reward.load(record.rewardId.toHexString())));
  }

  @FieldResolver(() => Reward, {
    nullable: true,
    description:
      'The row that paid the first grade; null if it has not been graded. Its worth says what the grade counts for today: 0 if it was taken back.',
  })
  async gradeReward(@Root() { record }: Submission, @Ctx() { loaders }: RequestContext): Promise<Reward | null> {
    const row = record.gradedAt ? await loaders.gradeRow.load(record) : null;
    return row && new Reward(row);
  }
}

@Resolver(() => SubmitAssignmentPayload)
export class SubmitAssignmentPayloadResolver {
  @FieldResolver(() => Submission)
  async submission(
    @Root() { submissionRecord, reward }: SubmitAssignmentPayload,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Submission> {
    return new Submission(submissionRecord ?? mustExist(await loaders.submissionOfReward.load(reward.record)));
  }
}
