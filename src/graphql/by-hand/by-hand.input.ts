import { Field, ID, InputType, Int } from 'type-graphql';
import { assertClosesAfterDue } from '../../actions/create-assignment.js';
import { MAX_BONUSES } from '../../actions/grant-bonuses.js';
import { BadInput } from '../../granting/bad-input.js';
import { currentRules } from '../../rewards/index.js';
import { Consistent, ExactText, Ids, Text, WholeNumber } from '../limits.js';
import { DateTime } from '../scalars.js';

/** Of the bonuses, corrections and extensions. It is the text that the student reads. */
const Note = () => Text(1, 500);
/** Required: see docs/adr/0002-replay-rules.md. */
const Key = () => ExactText(1, 255);
const BonusPoints = () => WholeNumber(currentRules.leastBonusPoints, currentRules.mostBonusPoints);

const WithDueDate = () =>
  Consistent<ExtendDeadlineInput>(({ dueDate, closesAt }) => {
    if (!closesAt) return;
    const message = 'Without dueDate it means nothing. Send dueDate as well, or leave both out.';
    if (!dueDate) throw new BadInput([{ path: 'input.closesAt', message }]);
    assertClosesAfterDue(dueDate, closesAt);
  });

@InputType()
export class GrantBonusInput {
  @Field(() => ID)
  studentId!: string;
  @Field(() => ID)
  courseId!: string;
  @Field(() => Int)
  @BonusPoints()
  points!: number;
  @Field(() => String)
  @Note()
  note!: string;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}

@InputType({
  description: `studentIds: at most ${MAX_BONUSES}; null: everybody who takes the course, if they are no more than that.`,
})
export class GrantBonusesInput {
  @Field(() => ID)
  courseId!: string;
  @Field(() => [ID], { nullable: true })
  @Ids(MAX_BONUSES, 'may be null')
  studentIds?: string[] | null;
  @Field(() => Int)
  @BonusPoints()
  points!: number;
  @Field(() => String)
  @Note()
  note!: string;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}

@InputType({
  description: `grade: 0 to ${currentRules.mostGrade}. feedback: leave it out to keep the former one, send null to remove it.`,
})
export class GradeSubmissionInput {
  @Field(() => ID)
  submissionId!: string;
  @Field(() => Int)
  @WholeNumber(0, currentRules.mostGrade)
  grade!: number;
  @Field(() => String, { nullable: true })
  @Text(1, 5_000, 'may be null')
  feedback?: string | null;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}

@InputType({ description: 'rewardId: the row to correct, which must not correct another one itself.' })
export class CorrectRewardInput {
  @Field(() => ID)
  rewardId!: string;
  @Field(() => String)
  @Note()
  note!: string;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}

@InputType()
export class DiscardSubmissionInput {
  @Field(() => ID)
  submissionId!: string;
  @Field(() => String)
  @Note()
  note!: string;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}

@InputType({
  description:
    "dueDate null: the assignment's own dates hold from now on. closesAt null: submissions are always accepted.",
})
export class ExtendDeadlineInput {
  @Field(() => ID)
  assignmentId!: string;
  @Field(() => ID)
  studentId!: string;
  @Field(() => DateTime, { nullable: true })
  dueDate?: Date | null;
  @Field(() => DateTime, { nullable: true })
  @WithDueDate()
  closesAt?: Date | null;
  @Field(() => String)
  @Note()
  note!: string;
  @Field(() => String)
  @Key()
  idempotencyKey!: string;
}
