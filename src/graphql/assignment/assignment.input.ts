import { Field, ID, InputType } from 'type-graphql';
import { assertClosesAfterDue } from '../../actions/create-assignment.js';
import { Consistent, Name, NotNull, Text } from '../limits.js';
import { DateTime } from '../scalars.js';

/** Checks the two dates if the client sends both. The action also checks a sent date against the stored one. */
const ClosesAfterDue = () =>
  Consistent<{ dueDate?: Date; closesAt?: Date | null }>(({ dueDate, closesAt }) => {
    if (dueDate && closesAt) assertClosesAfterDue(dueDate, closesAt);
  });

@InputType()
export class CreateAssignmentInput {
  @Field(() => ID)
  courseId!: string;
  @Field(() => String)
  @Name(1, 200)
  title!: string;
  @Field(() => String, { nullable: true })
  @Text(0, 20_000, 'may be null')
  instructions?: string | null;
  @Field(() => DateTime)
  dueDate!: Date;
  @Field(() => DateTime, { nullable: true })
  @ClosesAfterDue()
  closesAt?: Date | null;
}

@InputType()
export class UpdateAssignmentInput {
  @Field(() => ID)
  assignmentId!: string;
  @Field(() => String, { nullable: true })
  @Name(1, 200, 'may be absent')
  title?: string;
  @Field(() => String, { nullable: true })
  @Text(0, 20_000, 'may be null')
  instructions?: string | null;
  @Field(() => DateTime, { nullable: true })
  @NotNull()
  dueDate?: Date;
  @Field(() => DateTime, { nullable: true })
  @ClosesAfterDue()
  closesAt?: Date | null;
}
