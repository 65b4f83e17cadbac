import { Field, InputType } from 'type-graphql';
import { Name, Text } from '../limits.js';

@InputType()
export class CreateCourseInput {
  @Field(() => String)
  @Name(1, 200)
  name!: string;
}

@InputType()
export class JoinCourseInput {
  @Field(() => String)
  @Text(1, 200)
  joinCode!: string;
}
