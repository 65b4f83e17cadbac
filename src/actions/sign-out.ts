import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import type { Identity } from '../auth/tokens.js';

/** Revokes the refresh token and the access tokens of the sign-in that sent this request. Other sign-ins continue. */
export async function signOut(
  { ended }: { readonly ended: Pick<EndedSignIns, 'end'> },
  { signInId }: Pick<Identity, 'signInId'>,
): Promise<void> {
  await ended.end(signInId);
}
