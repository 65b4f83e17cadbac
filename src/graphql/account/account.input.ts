import { Field, InputType } from 'type-graphql';
import { Email, KnownEmail, KnownPassword, Name, NotNull, Password, TimeZone } from '../limits.js';

@InputType()
export class SignUpInput {
  @Field(() => String)
  @Email()
  email!: string;
  @Field(() => String)
  @Password()
  password!: string;
  @Field(() => String)
  @Name(1, 80)
  displayName!: string;
  @Field(() => String, { defaultValue: 'UTC' })
  @TimeZone()
  timeZone!: string;
}

@InputType()
export class SignInInput {
  @Field(() => String)
  @KnownEmail()
  email!: string;
  @Field(() => String)
  @KnownPassword()
  password!: string;
}

@InputType()
export class UpdateProfileInput {
  @Field(() => String, { nullable: true })
  @Name(1, 80, 'may be absent')
  displayName?: string;
  @Field(() => String, { nullable: true })
  @TimeZone('may be absent')
  timeZone?: string;
  @Field(() => Boolean, { nullable: true })
  @NotNull()
  showOnLeaderboard?: boolean;
}
