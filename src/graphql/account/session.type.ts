import { Field, ObjectType } from 'type-graphql';
import type { Session as OpenedSession } from '../../actions/sign-in.js';
import { resultOf } from '../refusal.type.js';
import { DateTime } from '../scalars.js';

@ObjectType({ description: 'accessToken goes into Authorization: Bearer …; refreshToken is used once.' })
export class Session {
  constructor(readonly opened: OpenedSession) {}

  @Field(() => String)
  get accessToken(): string {
    return this.opened.accessToken;
  }
  @Field(() => String)
  get refreshToken(): string {
    return this.opened.refreshToken;
  }
  @Field(() => DateTime)
  get expiresAt(): Date {
    return this.opened.expiresAt;
  }
}
export const SignUpResult = resultOf('SignUpResult', Session);
export const SignInResult = resultOf('SignInResult', Session);

export const ABOUT_REFRESHING =
  'Exchanges a refresh token, which is used once, for a new session. A token that comes a second time ends the whole ' +
  'sign-in: a client that lost the answer must not send the token again but sign in with the password. Store the new ' +
  'token at once, and never send two refreshes at the same time.';
