import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import {
  newRefreshToken,
  parseRefreshToken,
  REFRESH_TOKEN_MS,
  REPEATABLE_FOR_MS,
  type Tokens,
} from '../auth/tokens.js';
import { type Refused, refuse } from '../granting/refusal.js';
import { findAccountOfSignIn, rotateSignIn } from '../storage/account-store.js';
import { type SessionDependencies, type SessionOpened, toSession } from './sign-in.js';

export interface RefreshSession {
  readonly refreshToken: string;
  /**
   * The same token may come again soon after, and gets the same new token. For browsers, which cannot always store what
   * an answer brings: the page was left, or the answer was lost.
   */
  readonly isRepeatable?: boolean;
}

/**
 * Exchanges a refresh token for a new session. A token that is not the current one of its sign-in was used before, or
 * guessed. The server cannot tell the owner from a thief, so it ends the sign-in and all its tokens (RFC 9700, 4.14.2).
 */
export async function refreshSession(
  {
    tokens,
    clock,
    ended,
  }: SessionDependencies & {
    readonly tokens: Pick<Tokens, 'successorOf'>;
    readonly ended: Pick<EndedSignIns, 'end'>;
  },
  { refreshToken, isRepeatable = false }: RefreshSession,
): Promise<SessionOpened | Refused> {
  const presented = parseRefreshToken(refreshToken);
  if (!presented) return sessionIsOver();
  const { signInId, tokenHash } = presented;

  // The rotation uses up the token, so everything that can fail comes before it.
  const account = await findAccountOfSignIn(signInId);
  if (!account) return sessionIsOver();
  const next = isRepeatable ? tokens.successorOf(signInId, refreshToken) : newRefreshToken(signInId);
  const now = clock();
  const expiresAt = new Date(now.getTime() + REFRESH_TOKEN_MS);
  const repeatableSince = new Date(now.getTime() - REPEATABLE_FOR_MS);
  const session = await toSession(tokens, account, signInId, next.token);
  const rotation = { signInId, tokenHash, newTokenHash: next.tokenHash, now, expiresAt, repeatableSince };
  if (!(await rotateSignIn(rotation))) {
    await ended.end(signInId);
    return sessionIsOver();
  }
  return session;
}

const sessionIsOver = (): Refused =>
  refuse('INVALID_CREDENTIALS', 'This session is over. Sign in again with your e-mail address and password.');
