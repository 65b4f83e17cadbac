import { randomUUID } from 'node:crypto';
import type { Types } from 'mongoose';
import { createTokens } from '../src/auth/tokens.js';
import type { Role } from '../src/storage/models/account.js';
import { JWT_SECRET } from './product.js';

/** So far ahead is the clock of the issuer that no token expires during a run. Milliseconds. */
const AHEAD_MS = 24 * 60 * 60 * 1000;

const issuer = createTokens(JWT_SECRET, () => new Date(Date.now() + AHEAD_MS), { has: () => false });

/** Issues an access token that the measured servers accept. */
export async function tokenOf(accountId: Types.ObjectId, role: Role): Promise<string> {
  const identity = { accountId: accountId.toHexString(), role, signInId: randomUUID() };
  return (await issuer.issueAccess(identity)).token;
}
