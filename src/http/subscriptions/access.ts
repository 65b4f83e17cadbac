/** Part of http/: who connects for subscriptions, and until when. */
import { Types } from 'mongoose';
import type { Services } from '../../graphql/context.js';
import { ENDINGS, type Ending } from './endings.js';
import type { Access } from './subscribers.js';

/**
 * @param authorization as the header of that name has it
 * @returns why nobody may subscribe with it, where that is so
 */
export async function accessOf(
  authorization: unknown,
  { tokens, ended }: Pick<Services, 'tokens' | 'ended'>,
): Promise<Access | Ending> {
  if (typeof authorization !== 'string') return ENDINGS.notSignedIn;
  const token = bearerToken(authorization);
  const verified = token === undefined ? null : await tokens.readAccess(token);
  if (!verified) return ENDINGS.tokenEnded;
  const { identity, expiresAt } = verified;
  if (ended.has(identity.signInId)) return ENDINGS.signedOut;
  return { viewer: { ...identity, accountId: new Types.ObjectId(identity.accountId) }, expiresAt };
}

export const bearerToken = (authorization: string): string | undefined =>
  /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1];
