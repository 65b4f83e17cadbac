import type { AccessTokens } from './authorized-post';

/** Access tokens of one account. Never those of another one who has signed in meanwhile. */
export interface AccountTokens {
  /** @returns null if this account is not signed in; @throws if that is not known now */
  tokenOf(accountId: string): Promise<string | null>;
  /** The server refused this token. @returns another one of this account, or null; @throws as above */
  replace(accountId: string, refused: string): Promise<string | null>;
}

/** @param signedIn who is signed in, read together with the token */
export const createAccountTokens = (tokens: AccessTokens, signedIn: () => string | null): AccountTokens => ({
  async tokenOf(accountId) {
    const token = await tokens.accessToken();
    return signedIn() === accountId ? token : null;
  },
  async replace(accountId, refused) {
    const token = await tokens.replace(refused);
    return signedIn() === accountId ? token : null;
  },
});
