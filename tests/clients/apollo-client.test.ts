import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { describe, expect, test } from '@jest/globals';
import { type DocumentNode, Kind, OperationTypeNode, parse } from 'graphql';
import { from, mergeMap, of } from 'rxjs';
import { useServer } from '../support/client.js';
import { createRecorder } from './recorder.js';
import { type ClientResult, OPERATIONS, playStory, type RealClient, type Wait } from './story.js';

const server = useServer();

type Links = (http: ApolloLink) => ApolloLink;

function createClient(url: string, token?: string, links: Links = (http) => http, fetchWith = fetch) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: links(new HttpLink({ uri: `${url}/graphql`, headers, fetch: fetchWith })),
  });
  return async (text: string, variables?: Record<string, unknown>): Promise<ClientResult> => {
    const document = parse(text);
    const { data, error } = isMutation(document)
      ? await client.mutate({ mutation: document, variables, errorPolicy: 'all' })
      : await client.query({ query: document, variables, errorPolicy: 'all', fetchPolicy: 'no-cache' });
    if (error && !CombinedGraphQLErrors.is(error)) throw error;
    return { data, errors: (error?.errors ?? []) as ClientResult['errors'] };
  };
}

const isMutation = ({ definitions: [first] }: DocumentNode): boolean =>
  first?.kind === Kind.OPERATION_DEFINITION && first.operation === OperationTypeNode.MUTATION;

/** A link as an app would write it: after a 503 it waits for the time in Retry-After and retries once. */
const retryOnce =
  (wait: Wait): Links =>
  (http) =>
    new ApolloLink((operation, forward) =>
      forward(operation).pipe(
        mergeMap((result) => {
          const { response } = operation.getContext();
          if (response.status !== 503) return of(result);
          return from(wait(Number(response.headers.get('retry-after')))).pipe(mergeMap(() => forward(operation)));
        }),
      ),
    ).concat(http);

playStory(server, (url, token): RealClient => {
  const ask = createClient(url, token);
  return {
    ask: (operation, variables) => ask(OPERATIONS[operation], variables),
    askAgain: (operation, variables, wait) =>
      createClient(url, token, retryOnce(wait))(OPERATIONS[operation], variables),
  };
});

describe('the persisted query link of Apollo Client', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const hashed =
    (options: object): Links =>
    (http) =>
      createPersistedQueryLink({ sha256, ...options }).concat(http);

  test.each([
    ['POST', {}],
    ['GET', { useGETForHashedQueries: true }],
  ])('sends a hash by %s, then the query, and no further hashes', async (method, options) => {
    const recorder = createRecorder();
    const ask = createClient(server.url, undefined, hashed(options), recorder.fetch);
    expect(await ask('query A { badges { id } }')).toMatchObject({ errors: [], data: { badges: expect.any(Array) } });
    expect(await ask('query B { __typename }')).toMatchObject({ errors: [], data: { __typename: 'Query' } });
    expect(recorder.sent).toEqual([
      { method, hash: expect.any(String), query: undefined },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query A') },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query B') },
    ]);
  });
});
