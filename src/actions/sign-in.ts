import { randomUUID } from 'node:crypto';
import { verifyPassword } from '../auth/passwords.js';
import { KNOWN_FOR_MS, type SignInLimits } from '../auth/sign-in-limits.js';
import { newRefreshToken, REFRESH_TOKEN_MS, type Tokens } from '../auth/tokens.js';
import { type Refused, refuse } from '../granting/refusal.js';
import { type Account, findCredentials, hasSignedInAt, normaliseEmail, startSignIn } from '../storage/account-store.js';
import type { Role } from '../storage/models/account.js';

/** What identifies a request of a client that is not signed in. */
export interface AnonymousRequest {
  /** The address of the client itself, not of a trusted proxy. */
  readonly clientAddress: string;
}

/** The tokens of a signed-in client, and whose they are. */
export interface SignedInSession {
  readonly accessToken: string;
  /** Valid for one refresh, which returns a new one. */
  readonly refreshToken: string;
  /** When the access token expires. */
  readonly expiresAt: Date;
  readonly accountId: string;
  readonly role: Role;
  readonly signInId: string;
}

export interface SessionOpened {
  readonly kind: 'session';
  readonly session: SignedInSession;
}

export interface SessionDependencies {
  readonly tokens: Pick<Tokens, 'issueAccess'>;
  readonly clock: () => Date;
}

/**
 * Opens a session if the password is right. An unknown account and a wrong password are indistinguishable: they get the
 * same answer in the same time, and count as the same failed attempt.
 * @throws RateLimited, PasswordsOverloaded
 */
export async function signIn(
  dependencies: SessionDependencies & {
    readonly limits: Pick<SignInLimits, 'placeOf' | 'checkSignIn' | 'settleSignIn'>;
  },
  input: { readonly email: string; readonly password: string },
  { clientAddress }: AnonymousRequest,
): Promise<SessionOpened | Refused> {
  const { limits, clock } = dependencies;
  const claimant = { email: normaliseEmail(input.email), clientAddress };
  const place = limits.placeOf(claimant);
  const isKnownPlace = await hasSignedInAt(place, new Date(clock().getTime() - KNOWN_FOR_MS));
  const attempt = { ...claimant, isKnownPlace };
  limits.checkSignIn(attempt);
  const credentials = await findCredentials(claimant.email);
  const isRight = await verifyPassword(input.password, credentials?.passwordHash ?? null);
  limits.settleSignIn(attempt, isRight ? 'succeeded' : 'failed');
  if (!credentials || !isRight) {
    return refuse('INVALID_CREDENTIALS', 'The e-mail address or the password is wrong. Check both and try again.');
  }
  return openSession(dependencies, credentials.account, place);
}

/** Opens a session for an account whose owner has just been authenticated, and records the place as known to it. */
export async function openSession(
  { tokens, clock }: SessionDependencies,
  account: Account,
  place: string,
): Promise<SessionOpened> {
  const signInId = randomUUID();
  const { token, tokenHash } = newRefreshToken(signInId);
  const createdAt = clock();
  const expiresAt = new Date(createdAt.getTime() + REFRESH_TOKEN_MS);
  await startSignIn({ signInId, accountId: account.id, place, tokenHash, createdAt, expiresAt });
  return toSession(tokens, account, signInId, token);
}

/** Issues a new access token and returns the session. Nobody may receive it before its refresh token is stored. */
export async function toSession(
  tokens: Pick<Tokens, 'issueAccess'>,
  { id: accountId, role }: Account,
  signInId: string,
  refreshToken: string,
): Promise<SessionOpened> {
  const { token: accessToken, expiresAt } = await tokens.issueAccess({ accountId, role, signInId });
  return { kind: 'session', session: { accessToken, refreshToken, expiresAt, accountId, role, signInId } };
}
