import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Client, type Exchange, fetchExchange, type OperationResult } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { useServer } from '../support/client.js';
import { createRecorder } from './recorder.js';
import { OPERATIONS, type Operation, playStory, type RealClient, type Told } from './story.js';

const server = useServer();

const createClient = (url: string, token?: string, exchanges: Exchange[] = [], fetchWith = fetch): Client =>
  new Client({
    url: `${url}/graphql`,
    exchanges: [...exchanges, fetchExchange],
    fetch: fetchWith,
    fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
    // Its default sends queries by GET, which is not offered here.
    preferGetMethod: false,
  });

const told = ({ data, error }: OperationResult): Told => ({
  data,
  errors: (error?.graphQLErrors ?? []) as unknown as Told['errors'],
});

playStory(server, (url, token): RealClient => {
  const client = createClient(url, token);
  const answerTo = (operation: Operation, variables: Record<string, unknown> = {}): Promise<OperationResult> => {
    const text = OPERATIONS[operation];
    return (text.startsWith('mutation') ? client.mutation(text, variables) : client.query(text, variables)).toPromise();
  };
  return {
    ask: async (operation, variables) => told(await answerTo(operation, variables)),
    async askAgain(operation, variables, wait) {
      const answer = await answerTo(operation, variables);
      const response: Response | undefined = answer.error?.response;
      if (response?.status !== 503) return told(answer);
      await wait(Number(response.headers.get('retry-after')));
      return told(await answerTo(operation, variables));
    },
  };
});

describe('its exchange for persisted queries', () => {
  const generateHash = async (text: string): Promise<string> => createHash('sha256').update(text).digest('hex');

  test('sends a hash, then the query, and no hash ever after', async () => {
    const recorder = createRecorder();
    const persisted = persistedExchange({ generateHash, preferGetForPersistedQueries: false });
    const client = createClient(server.url, undefined, [persisted], recorder.fetch);
    expect(told(await client.query('query A { badges { id } }', {}).toPromise())).toMatchObject({
      errors: [],
      data: { badges: expect.any(Array) },
    });
    expect(told(await client.query('query B { __typename }', {}).toPromise()).errors).toEqual([]);
    expect(recorder.sent).toEqual([
      { method: 'POST', hash: expect.any(String), query: undefined },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query A') },
      { method: 'POST', hash: undefined, query: expect.stringContaining('query B') },
    ]);
  });
});
