import { Field, ObjectType } from 'type-graphql';
import type { SignedInSession } from '../../actions/sign-in.js';
import { resultOf } from '../refusal.type.js';
import { DateTime } from '../scalars.js';

@ObjectType({
  description:
    'A signed-in session. Send accessToken in the header "Authorization: Bearer …". Use refreshToken once, to get the ' +
    'next session. It is empty if the request has the header "x-session: cookie": the token is in an httpOnly cookie then.',
})
export class Session {
  constructor(readonly opened: SignedInSession) {}

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
  'Exchanges a refresh token for a new session. Each refresh token can be used once. If a token is sent a second time, ' +
  'the server ends the whole sign-in. A client that lost the response must not send the token again; it must sign in ' +
  'with the password. Store the new token immediately, and never send two refreshes at the same time. With the header ' +
  '"x-session: cookie", leave refreshToken empty: the cookie has the token. Such a refresh may be repeated within a ' +
  'minute, and gets the same token again.';
