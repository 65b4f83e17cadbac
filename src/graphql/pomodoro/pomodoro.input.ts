import { Field, ID, InputType, Int } from 'type-graphql';
import { ExactText, Name, WholeNumber } from '../limits.js';

@InputType()
export class StartPomodoroInput {
  @Field(() => Int, { defaultValue: 25 })
  @WholeNumber(1, 120)
  plannedMinutes!: number;
  @Field(() => String, { nullable: true })
  @Name(0, 80, 'may be null')
  device?: string | null;
  @Field(() => ID, { nullable: true })
  assignmentId?: string | null;
}

@InputType()
export class EndPomodoroInput {
  @Field(() => ID)
  sessionId!: string;
  @Field(() => String, { nullable: true })
  @ExactText(1, 255, 'may be null')
  idempotencyKey?: string | null;
}
