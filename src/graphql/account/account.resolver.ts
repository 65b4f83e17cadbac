import { Types } from 'mongoose';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type RefreshSession, refreshSession } from '../../actions/refresh-session.js';
import { type SessionOpened, signIn } from '../../actions/sign-in.js';
import { signOut } from '../../actions/sign-out.js';
import { signUp } from '../../actions/sign-up.js';
import { updateStaffProfile, updateStudentProfile } from '../../actions/update-profile.js';
import { BadInput } from '../../granting/bad-input.js';
import type { Refused } from '../../granting/refusal.js';
import type { RequestContext } from '../context.js';
import { unauthenticated } from '../errors.js';
import { mustExist } from '../must-exist.js';
import { Refusal } from '../refusal.type.js';
import { Student } from '../student/student.type.js';
import { SignInInput, SignUpInput, UpdateProfileInput } from './account.input.js';
import { ABOUT_REFRESHING, Session, SignInResult, SignUpResult } from './session.type.js';
import { staffOf, User } from './user.type.js';

@Resolver(() => Session)
export class AccountResolver {
  @Query(() => User)
  async me(@Ctx() context: RequestContext): Promise<User> {
    return userOf(context.self.accountId.toHexString(), context.self.role, context);
  }

  @Mutation(() => SignUpResult, { description: 'Creates an account with the role STUDENT, and signs it in.' })
  async signUp(
    @Arg('input', () => SignUpInput) input: SignUpInput,
    @Ctx() context: RequestContext,
  ): Promise<Session | Refusal> {
    return toSession(await signUp(context.services, input, context.request), context);
  }

  @Mutation(() => SignInResult)
  async signIn(
    @Arg('input', () => SignInInput) input: SignInInput,
    @Ctx() context: RequestContext,
  ): Promise<Session | Refusal> {
    return toSession(await signIn(context.services, input, context.request), context);
  }

  @Mutation(() => SignInResult, { description: ABOUT_REFRESHING })
  async refreshSession(
    @Arg('refreshToken', () => String) refreshToken: string,
    @Ctx() context: RequestContext,
  ): Promise<Session | Refusal> {
    const presented = presentedToken(refreshToken, context.request);
    return toSession(await refreshSession(context.services, presented), context);
  }

  @Mutation(() => Boolean)
  async signOut(@Ctx() context: RequestContext): Promise<boolean> {
    await signOut(context.services, { signInId: context.self.signInId });
    context.request.refreshCookie?.clear();
    context.setViewer(null);
    return true;
  }

  @Mutation(() => User)
  async updateProfile(
    @Arg('input', () => UpdateProfileInput) changes: UpdateProfileInput,
    @Ctx() context: RequestContext,
  ): Promise<User> {
    const { services, self, facts } = context;
    if (self.role === 'STUDENT') {
      return new Student(await updateStudentProfile(services.committer, { studentId: self.accountId, changes, facts }));
    }
    await updateStaffProfile(self.accountId, changes);
    return userOf(self.accountId.toHexString(), self.role, context);
  }

  @FieldResolver(() => User)
  async user(@Root() { opened }: Session, @Ctx() context: RequestContext): Promise<User> {
    return userOf(opened.accountId, opened.role, context);
  }
}

@Resolver(() => User)
export class UserResolver {
  @FieldResolver(() => String, { nullable: true })
  async email(@Root() { id, role }: User, @Ctx() { loaders, policy, self }: RequestContext): Promise<string | null> {
    if (!policy.canSeeEmail(id, role)) return null;
    const account = await loaders.account.load(id);
    if (!account && self.accountId.equals(id)) throw unauthenticated();
    return mustExist(account).email;
  }
}

function toSession(outcome: SessionOpened | Refused, context: RequestContext): Session | Refusal {
  if (outcome.kind === 'refused') return new Refusal(outcome);
  const { accountId, role, signInId, refreshToken } = outcome.session;
  context.setViewer({ accountId: new Types.ObjectId(accountId), role, signInId });
  const { refreshCookie } = context.request;
  if (!refreshCookie) return new Session(outcome.session);
  refreshCookie.keep(refreshToken);
  return new Session({ ...outcome.session, refreshToken: '' });
}

/** @throws BadInput if a client that keeps its token in the cookie sends one in the payload as well */
function presentedToken(refreshToken: string, { refreshCookie }: RequestContext['request']): RefreshSession {
  if (!refreshCookie) return { refreshToken };
  if (refreshToken === '') return { refreshToken: refreshCookie.token, isRepeatable: true };
  const message = 'Leave this empty: with the header "x-session: cookie", the token is in the cookie.';
  throw new BadInput([{ path: 'refreshToken', message }]);
}

async function userOf(id: string, role: string, { loaders }: RequestContext): Promise<User> {
  if (role === 'STUDENT') return new Student(mustExist(await loaders.student.load(id)));
  return staffOf(mustExist(await loaders.account.load(id)));
}
