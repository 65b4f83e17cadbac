import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Client, type Exchange, fetchExchange, type OperationResult } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { useServer } from '../support/client.js';
import { createRecorder } from './recorder.js';
import { type ClientResult, OPERATIONS, type Operation, playStory, type RealClient } from './story.js';

const server = useServer();

const createClient = (url: string, token?: string, exchanges: Exchange[] = [], fetchWith = fetch): Client =>
  new Client({
    url: `${url}/graphql`,
    exchanges: [...exchanges, fetchExchange],
    fetch: fetchWith,
    fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
    // By default urql sends queries by GET, which the server does not support.
    preferGetMethod: false,
  });

const toResult = ({ data, error }: OperationResult): ClientResult => ({
  data,
  errors: (error?.graphQLErrors ?? []) as unknown as ClientResult['errors'],
});

playStory(server, (url, token): RealClient => {
  const client = createClient(url, token);
  const answerTo = (operation: Operation, variables: Record<string, unknown> = {}): Promise<OperationResult> => {
    const text = OPERATIONS[operation];
    return (text.startsWith('mutation') ? client.mutation(text, variables) : client.query(text, variables)).toPromise();
  };
  return {
    ask: async (operation, variables) => toResult(await answerTo(operation, variables)),
    async askAgain(operation, variables, wait) {
      const answer = await answerTo(operation, variables);
      const response: Response | undefined = answer.error?.response;
      if (response?.status !== 503) return toResult(answer);
      await wait(Number(response.headers.get('retry-after')));
      return toResult(await answerTo(operation, variables));
    },
  };
});

describe('the persisted query exchange of urql', () => {
  const generateHash = async (text: string): Promise<string> => createHash('sha256').update(text).digest('hex');

  test('sends a hash, then the query, and no further hashes', async () => {
    const recorder = createRecorder();
    const persisted = persistedExchange({ generateHash, preferGetForPersistedQueries: false });
    const client = createClient(server.url, undefined, [persisted], recorder.fetch);
    expect(toResult(await client.query('query A { badges { id } }', {}).toPromise())).toMatchObject({
      errors: [],
      data: { badges: expect.any(Array) },
    });
    expect(toResult(await client.query('query B { __typename }', {}).toPromise()).errors).toEqual([]);
    expect(recorder.sent).toEqual([
      { method: 'POST', hash: expect.any(String), query: undefined },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query A') },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query B') },
    ]);
  });
});
