/** Part of http/: takes the access token from an Authorization header, and makes a viewer of what it says. */
import { Types } from 'mongoose';
import type { Viewer } from '../auth/policy.js';
import type { Identity } from '../auth/tokens.js';

/** @returns null if the header is missing or has another form */
export function accessTokenOf(authorization: string | undefined): string | null {
  return /^Bearer +([\w.-]+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

export const toViewer = (identity: Identity): Viewer => ({
  ...identity,
  accountId: new Types.ObjectId(identity.accountId),
});
