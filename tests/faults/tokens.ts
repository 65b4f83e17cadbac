/** The access tokens of the kit. */
import { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import type { Role } from '../../src/storage/models/account.js';
import { JWT_SECRET } from './product-server.js';

/** The kit issues its tokens two hours ahead, so that they are valid on a server whose clock is moved by an hour. */
const TOKEN_CLOCK_AHEAD_MS = 2 * 3_600_000;

const tokens = createTokens(JWT_SECRET, () => new Date(Date.now() + TOKEN_CLOCK_AHEAD_MS), { has: () => false });

/** @returns an access token that a sign-in of this account would issue */
export async function tokenFor(accountId: string, role: Role): Promise<string> {
  const { token } = await tokens.issueAccess({ accountId, role, signInId: new Types.ObjectId().toHexString() });
  return token;
}
