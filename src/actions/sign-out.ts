import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import type { Identity } from '../auth/tokens.js';

/** Ends the sign-in that this request was made with: its refresh token and its access tokens. Others go on. */
export async function signOut(
  { ended }: { readonly ended: Pick<EndedSignIns, 'end'> },
  { signInId }: Pick<Identity, 'signInId'>,
): Promise<void> {
  await ended.end(signInId);
}
