import { type Answer, type GraphqlRequest, hasCode, type Post } from './post';

/** Where access tokens come from: the session. */
export interface AccessTokens {
  /** A token that is still valid, refreshed if needed; null if nobody is signed in. */
  accessToken(): Promise<string | null>;
  /** The server refused this token. @returns another one; null if the sign-in has ended */
  replace(refused: string | null): Promise<string | null>;
}

/** Sends operations as the signed-in account. An operation whose token is refused is sent once more with a new one. */
export function createAuthorizedPost(post: Post, tokens: AccessTokens): Post {
  return async <Data>(request: GraphqlRequest): Promise<Answer<Data>> => {
    const accessToken = await tokens.accessToken();
    const answer = await post<Data>({ ...request, accessToken });
    if (!hasCode(answer, 'UNAUTHENTICATED')) return answer;
    const replacement = await tokens.replace(accessToken);
    return replacement === null ? answer : post<Data>({ ...request, accessToken: replacement });
  };
}
