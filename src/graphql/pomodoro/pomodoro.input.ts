import { Field, ID, InputType, Int } from 'type-graphql';
import { currentRules } from '../../rewards/index.js';
import { ExactText, Name, WholeNumber } from '../limits.js';

@InputType()
export class StartPomodoroInput {
  @Field(() => Int, { defaultValue: currentRules.defaultPlannedMinutes })
  @WholeNumber(currentRules.leastPlannedMinutes, currentRules.mostPlannedMinutes)
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
