import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { discardSubmission } from '../../actions/discard-submission.js';
import { extendDeadline } from '../../actions/extend-deadline.js';
import { gradeSubmission } from '../../actions/grade-submission.js';
import { grantBonus } from '../../actions/grant-bonus.js';
import { grantBonuses } from '../../actions/grant-bonuses.js';
import { restoreReward } from '../../actions/restore-reward.js';
import { revokeReward } from '../../actions/revoke-reward.js';
import type { ActDone } from '../../granting/manual-acts.js';
import type { Refused } from '../../granting/refusal.js';
import { Assignment } from '../assignment/assignment.type.js';
import type { RequestContext } from '../context.js';
import { mustExist } from '../must-exist.js';
import { Refusal } from '../refusal.type.js';
import { Submission } from '../submission/submission.type.js';
import {
  CorrectRewardInput,
  DiscardSubmissionInput,
  ExtendDeadlineInput,
  GradeSubmissionInput,
  GrantBonusesInput,
  GrantBonusInput,
} from './by-hand.input.js';
import {
  CorrectRewardPayload,
  CorrectRewardResult,
  DiscardSubmissionPayload,
  DiscardSubmissionResult,
  ExtendDeadlinePayload,
  ExtendDeadlineResult,
  GradeSubmissionPayload,
  GradeSubmissionResult,
  GrantBonusesPayload,
  GrantBonusesResult,
  GrantBonusPayload,
  GrantBonusResult,
} from './by-hand.type.js';

@Resolver()
export class ByHandResolver {
  @Mutation(() => GrantBonusResult, { description: 'Gives points to a student of a course that the viewer teaches.' })
  async grantBonus(
    @Arg('input', () => GrantBonusInput) input: GrantBonusInput,
    @Ctx() context: RequestContext,
  ): Promise<GrantBonusPayload | Refusal> {
    const { services, teacher, facts } = context;
    const outcome = await grantBonus(services.committer, { ...input, teacher, facts });
    return answerOf(context, outcome, (act) => new GrantBonusPayload(act));
  }

  @Mutation(() => GrantBonusesResult, {
    description:
      'Gives points to many students of a course. They are paid in groups: after a failure, a repeat with the same key pays those who are not paid yet.',
  })
  async grantBonuses(
    @Arg('input', () => GrantBonusesInput) { studentIds, ...input }: GrantBonusesInput,
    @Ctx() context: RequestContext,
  ): Promise<GrantBonusesPayload | Refusal> {
    const { services, teacher, facts } = context;
    const request = { ...input, studentIds: studentIds ?? null, teacher, facts };
    const outcome = await grantBonuses(services.committer, request);
    if (outcome.kind === 'refused') return new Refusal(outcome);
    context.primeRewards(outcome.entries.flatMap(({ outcome: paid }) => ('rewards' in paid ? paid.rewards : [])));
    return new GrantBonusesPayload(outcome.entries);
  }

  @Mutation(() => GradeSubmissionResult, {
    description: 'Grades a submission and pays for the grade. A later grade changes what the first one is worth.',
  })
  async gradeSubmission(
    @Arg('input', () => GradeSubmissionInput) { feedback, ...input }: GradeSubmissionInput,
    @Ctx() context: RequestContext,
  ): Promise<GradeSubmissionPayload | Refusal> {
    const { services, teacher, facts } = context;
    const outcome = await gradeSubmission(services.committer, { ...input, feedback, teacher, facts });
    return answerOf(context, outcome, (act) => new GradeSubmissionPayload(act, input.submissionId));
  }

  @Mutation(() => CorrectRewardResult, { description: 'From now on the row counts for nothing.' })
  async revokeReward(
    @Arg('input', () => CorrectRewardInput) input: CorrectRewardInput,
    @Ctx() context: RequestContext,
  ): Promise<CorrectRewardPayload | Refusal> {
    const { services, teacher, facts } = context;
    const outcome = await revokeReward(services.committer, { ...input, teacher, facts });
    return answerOf(context, outcome, (act) => new CorrectRewardPayload(act));
  }

  @Mutation(() => CorrectRewardResult, {
    description: 'Undoes a revocation: the row counts again for what it counted before.',
  })
  async restoreReward(
    @Arg('input', () => CorrectRewardInput) input: CorrectRewardInput,
    @Ctx() context: RequestContext,
  ): Promise<CorrectRewardPayload | Refusal> {
    const { services, teacher, facts } = context;
    const outcome = await restoreReward(services.committer, { ...input, teacher, facts });
    return answerOf(context, outcome, (act) => new CorrectRewardPayload(act));
  }

  @Mutation(() => DiscardSubmissionResult, {
    description:
      'From now on the submission does not count, and its rewards are revoked. The student may hand in again, and is paid by the date of then.',
  })
  async discardSubmission(
    @Arg('input', () => DiscardSubmissionInput) input: DiscardSubmissionInput,
    @Ctx() context: RequestContext,
  ): Promise<DiscardSubmissionPayload | Refusal> {
    const { services, teacher, facts } = context;
    const outcome = await discardSubmission(services.committer, { ...input, teacher, facts });
    return answerOf(context, outcome, (act) => new DiscardSubmissionPayload(act, input.submissionId));
  }

  @Mutation(() => ExtendDeadlineResult, {
    description:
      'Gives one student other dates for an assignment. If the student has handed in already, the reward becomes what it would have been with them, never less.',
  })
  async extendDeadline(
    @Arg('input', () => ExtendDeadlineInput) { dueDate, closesAt, ...input }: ExtendDeadlineInput,
    @Ctx() context: RequestContext,
  ): Promise<ExtendDeadlinePayload | Refusal> {
    const { services, teacher, facts } = context;
    const dates = dueDate ? { dueDate, closesAt: closesAt ?? null } : null;
    const outcome = await extendDeadline(services.committer, { ...input, dates, teacher, facts });
    return answerOf(context, outcome, (act) => new ExtendDeadlinePayload(act, input.assignmentId));
  }
}

@Resolver(() => GradeSubmissionPayload)
export class GradeSubmissionPayloadResolver {
  @FieldResolver(() => Submission)
  async submission(
    @Root() { submissionId }: GradeSubmissionPayload,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Submission> {
    return new Submission(mustExist(await loaders.submission.load(submissionId)));
  }
}

@Resolver(() => DiscardSubmissionPayload)
export class DiscardSubmissionPayloadResolver {
  @FieldResolver(() => Submission)
  async submission(
    @Root() { submissionId }: DiscardSubmissionPayload,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Submission> {
    return new Submission(mustExist(await loaders.submission.load(submissionId)));
  }
}

@Resolver(() => ExtendDeadlinePayload)
export class ExtendDeadlinePayloadResolver {
  @FieldResolver(() => Assignment)
  async assignment(
    @Root() { assignmentId }: ExtendDeadlinePayload,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Assignment> {
    return new Assignment(mustExist(await loaders.assignment.load(assignmentId)));
  }
}

function answerOf<Payload>(
  context: RequestContext,
  outcome: ActDone | Refused,
  toPayload: (act: ActDone) => Payload,
): Payload | Refusal {
  if (outcome.kind === 'refused') return new Refusal(outcome);
  context.primeRewards(outcome.rewards);
  return toPayload(outcome);
}
