import { Field, ID, InputType } from 'type-graphql';
import { ExactText, Text } from '../limits.js';

@InputType()
export class SubmitAssignmentInput {
  @Field(() => ID)
  assignmentId!: string;
  @Field(() => String)
  @Text(1, 20_000)
  content!: string;
  @Field(() => String, { nullable: true })
  @ExactText(1, 255, 'may be null')
  idempotencyKey?: string | null;
}

@InputType()
export class ReviseSubmissionInput {
  @Field(() => ID)
  submissionId!: string;
  @Field(() => String)
  @Text(1, 20_000)
  content!: string;
}
