/** Part of http/: checks the access token of a connection with subscriptions. */
import type { Services } from '../../graphql/context.js';
import { accessTokenOf, toViewer } from '../access-token.js';
import { CLOSE_REASONS, type CloseReason } from './close-reasons.js';
import type { Access } from './connections.js';

/**
 * @param authorization as in the header of that name
 * @returns the reason to close the connection if the token is missing or not valid now
 */
export async function accessOf(
  authorization: unknown,
  { tokens, ended }: Pick<Services, 'tokens' | 'ended'>,
): Promise<Access | CloseReason> {
  if (typeof authorization !== 'string') return CLOSE_REASONS.noToken;
  const token = accessTokenOf(authorization);
  const verified = token === null ? null : await tokens.readAccess(token);
  if (!verified) return CLOSE_REASONS.tokenExpired;
  const { identity, expiresAt } = verified;
  if (ended.has(identity.signInId)) return CLOSE_REASONS.signedOut;
  return { viewer: toViewer(identity), expiresAt };
}
