import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import { newRefreshToken, parseRefreshToken, REFRESH_TOKEN_MS } from '../auth/tokens.js';
import { type Refused, refuse } from '../granting/refusal.js';
import { findAccountOfSignIn, rotateSignIn } from '../storage/account-store.js';
import { type SessionDependencies, type SessionOpened, toSession } from './sign-in.js';

/**
 * Exchanges a refresh token for a new session. A token that is not the current one of its sign-in was used before, or
 * guessed. The server cannot tell the owner from a thief, so it ends the sign-in and all its tokens (RFC 9700, 4.14.2).
 */
export async function refreshSession(
  { tokens, clock, ended }: SessionDependencies & { readonly ended: Pick<EndedSignIns, 'end'> },
  { refreshToken }: { readonly refreshToken: string },
): Promise<SessionOpened | Refused> {
  const presented = parseRefreshToken(refreshToken);
  if (!presented) return sessionIsOver();
  const { signInId, tokenHash } = presented;

  // The rotation uses up the token, so everything that can fail comes before it.
  const account = await findAccountOfSignIn(signInId);
  if (!account) return sessionIsOver();
  const { token: newToken, tokenHash: newTokenHash } = newRefreshToken(signInId);
  const now = clock();
  const expiresAt = new Date(now.getTime() + REFRESH_TOKEN_MS);
  if (!(await rotateSignIn({ signInId, tokenHash, newTokenHash, now, expiresAt }))) {
    await ended.end(signInId);
    return sessionIsOver();
  }
  return toSession(tokens, account, signInId, newToken);
}

const sessionIsOver = (): Refused =>
  refuse('INVALID_CREDENTIALS', 'This session is over. Sign in again with your e-mail address and password.');
