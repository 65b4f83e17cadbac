/**
 * A request that never reaches GraphQL is refused in the one form of all refusals: in the media type that the client
 * accepts, readable for pages of allowed origins, and never stored by a cache.
 */
import { describe, expect, test } from '@jest/globals';
import { committerLimits } from '../../src/granting/committer.js';
import { type Answer, mutationOf, posted, send, useServer } from '../support/client.js';
import { rawRequest, sendBytes } from '../support/raw-request.js';
import { newEmail, newStudent, PASSWORD } from './school.js';

const ORIGIN = 'https://app.example';
const server = useServer({ env: { CORS_ORIGINS: ORIGIN } });

const GRAPHQL = 'application/graphql-response+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const QUERY = { query: '{ badges { id } }' };

type Headers = Record<string, string>;
const graphql = (init: RequestInit, headers: Headers, path = '/graphql') =>
  send(`${server.url}${path}`, { ...init, headers: { ...(init.headers as Headers), ...headers } });

/** Refusals that a client can cause at will, at least one for each status and code. */
const REFUSALS: Record<string, readonly [(headers: Headers) => Promise<Answer>, number, string]> = {
  'not JSON': [(headers) => graphql(posted('{'), headers), 400, 'BAD_USER_INPUT'],
  'no query': [(headers) => graphql(posted({}), headers), 400, 'BAD_USER_INPUT'],
  'not UTF-8': [(headers) => graphql({ ...posted(''), body: new Uint8Array([0xff]) }, headers), 400, 'BAD_USER_INPUT'],
  'an address that cannot be decoded': [(headers) => graphql({}, headers, '/%zz'), 400, 'BAD_USER_INPUT'],
  // A browser that opens /nothing gets the web client, which has a page for that.
  'an unknown address': [(headers) => graphql({}, headers, '/health/nothing'), 404, 'NOT_FOUND'],
  'another method': [(headers) => graphql({ method: 'GET' }, headers), 405, 'BAD_USER_INPUT'],
  'a body that is too large': [(headers) => graphql(posted('x'.repeat(1_048_577)), headers), 413, 'BAD_USER_INPUT'],
  'another content type': [
    (headers) => graphql(posted('x', { 'content-type': 'text/plain' }), headers),
    415,
    'BAD_USER_INPUT',
  ],
  'a compressed body': [
    (headers) => graphql(posted(QUERY, { 'content-encoding': 'gzip' }), headers),
    415,
    'BAD_USER_INPUT',
  ],
  'a persisted query': [
    (headers) => graphql(posted({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }), headers),
    200,
    'PERSISTED_QUERY_NOT_SUPPORTED',
  ],
};

/** The media type of refusals and answers for each Accept header, by its order and weights. */
const ACCEPT: readonly (readonly [accept: string, type: string])[] = [
  ['application/graphql-response+json', GRAPHQL],
  ['application/json', JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  ['application/graphql-response+json,application/json;q=0.9', GRAPHQL],
  ['application/json;q=0.9, application/graphql-response+json', GRAPHQL],
  ['application/graphql-response+json;q=0.1, application/json', JSON_TYPE],
  ['application/json, application/graphql-response+json', JSON_TYPE],
  ['application/graphql-response+json, */*;q=0.1', GRAPHQL],
  ['application/json;q=0, */*', GRAPHQL],
  ['application/graphql-response+json;q=0, application/json;q=0.1', JSON_TYPE],
  ['APPLICATION/GRAPHQL-RESPONSE+JSON', GRAPHQL],
  ['application/graphql-response+json; charset=utf-8', GRAPHQL],
  ['text/html, application/graphql-response+json;q=0.2, application/xml', GRAPHQL],
  ['application/graphql-response+json, application/graphql+json, application/json, text/event-stream', GRAPHQL],
  ['text/html', JSON_TYPE],
  ['application/json+graphql-response', JSON_TYPE],
  ['xapplication/graphql-response+json', JSON_TYPE],
  ['application/graphql-response+json;q=x', JSON_TYPE],
  [',;q=,/,"', JSON_TYPE],
  ['', JSON_TYPE],
];

describe.each(ACCEPT)('a client that accepts "%s"', (accept, type) => {
  test.each(Object.keys(REFUSALS))('is refused in %s', async (name) => {
    const [ask, status, code] = REFUSALS[name]!;
    const answer = await ask({ accept });
    expect({ status: answer.status, code: answer.code, type: answer.headers.get('content-type') }).toEqual({
      status,
      code,
      type,
    });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]?.extensions.requestId).toBe(answer.headers.get('x-request-id'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['data', '{ badges { id } }'],
    ['an error', '{ me { id } }'],
    ['an invalid query', '{ nothing }'],
  ])('is answered with %s', async (_, query) => {
    const answer = await graphql(posted({ query }), { accept });
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    // Clients that name plain JSON take any status but 200 as a sign that the request never reached GraphQL.
    const isPlainJson = type === JSON_TYPE && /\bapplication\/json\b/.test(accept) && !accept.includes('json+');
    expect(answer.status).toBe(query === '{ nothing }' && !isPlainJson ? 400 : 200);
  });
});

test('a client without an Accept header gets JSON', async () => {
  const answer = await sendBytes(server.url, rawRequest({ body: '{' }));
  expect(answer.headers.get('content-type')).toBe(JSON_TYPE);
});

describe('a request that breaks off', () => {
  test('is refused in the type that the request accepts', async () => {
    const headers = ['accept: application/graphql-response+json', 'transfer-encoding: chunked'];
    const answer = await sendBytes(server.url, rawRequest({ headers, body: 'no chunk\r\n' }));
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(answer.headers.get('content-type')).toBe(GRAPHQL);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(await server.linesOf(answer.headers.get('x-request-id') ?? '')).toEqual([
      expect.objectContaining({ operation: 'unknown', outcome: 'BAD_USER_INPUT', status: 400 }),
    ]);
  });
});

describe('a body of another form', () => {
  test.each<[string, unknown, string[]]>([
    ['no object', [QUERY], ['body']],
    ['no query', {}, ['query']],
    ['an empty query', { query: '' }, ['query']],
    ['a name that is no text', { ...QUERY, operationName: 7 }, ['operationName']],
    [
      'variables in a text, and extensions in a list',
      { ...QUERY, variables: '{}', extensions: [] },
      ['variables', 'extensions'],
    ],
  ])('is refused with the names of its wrong parts: %s', async (_, body, paths) => {
    const { errors } = await graphql(posted(body), {});
    const message = 'The body is not a GraphQL request with one operation. Send {"query": "...", "variables": {...}}.';
    expect(errors[0]).toMatchObject({ message, extensions: { fields: paths.map((path) => ({ path, message })) } });
  });
});

function expectReadable({ headers }: Answer): void {
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  const exposed = headers.get('access-control-expose-headers')?.split(', ');
  expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'retry-after']));
  expect(headers.get('vary')).toMatch(/\borigin\b/i);
}

describe('a page of an allowed origin', () => {
  test.each(Object.keys(REFUSALS))('may read the refusal: %s', async (name) => {
    expectReadable(await REFUSALS[name]![0]({ origin: ORIGIN }));
  });

  test.each([
    ['an invalid Host', { host: ['host: a b'] }],
    ['a repeated header', { headers: ['authorization: a', 'authorization: b'] }],
    ['an expectation', { headers: ['expect: more'] }],
  ])('may read the refusal: %s', async (_, request) => {
    const { headers = [], ...others }: { headers?: string[]; host?: string[] } = request;
    expectReadable(await sendBytes(server.url, rawRequest({ ...others, headers: [...headers, `origin: ${ORIGIN}`] })));
  });

  test.each(['/graphql', '/nothing', '/%zz'])('may send a preflight to %s', async (path) => {
    const { status, headers } = await send(`${server.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, x-request-id',
      },
    });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    expect(headers.get('access-control-allow-headers')).toBe('authorization, content-type, x-request-id');
  });

  test.each([
    ['without an origin', { 'access-control-request-method': 'POST' }],
    ['without a method', { origin: ORIGIN }],
    ['without both', {}],
  ])(
    'sends a preflight with an origin and a method: OPTIONS %s is refused like any other method',
    async (_, headers) => {
      const answer = await graphql({ method: 'OPTIONS' }, headers as Headers);
      expect(answer).toMatchObject({ status: 405, code: 'BAD_USER_INPUT' });
      expect(answer.headers.get('allow')).toBe('POST');
    },
  );

  test('is the only one: a page of any other origin may read nothing', async () => {
    for (const [ask] of Object.values(REFUSALS)) {
      const { headers } = await ask({ origin: 'https://evil.example' });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('during an overload', () => {
  test('the refusal says when to retry, and a page of an allowed origin may read it', async () => {
    const { token } = await newStudent(server);
    await server.database.failCommand({
      failCommands: ['find'],
      mode: 'alwaysOn',
      blockConnection: true,
      // Longer than all of them take to arrive: they share their commands.
      blockTimeMS: 3_000,
    });
    const headers = { accept: 'application/graphql-response+json', origin: ORIGIN, authorization: `Bearer ${token}` };
    const ask = () => graphql(posted({ query: '{ me { id } }' }), headers);
    const answers = await Promise.all(Array.from({ length: committerLimits.maxPendingPerStudent + 50 }, ask));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(answer.headers.get('content-type')).toBe(GRAPHQL);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expectReadable(answer);
    }
  });
});

describe('the hash of a query', () => {
  const persistedQuery = { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38' };
  const extensions = { persistedQuery };
  const notSupported = {
    status: 200,
    errors: [
      {
        message: 'PersistedQueryNotSupported',
        extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', requestId: expect.any(String) },
      },
    ],
  };

  test.each<[string, object]>([
    ['no query', { extensions }],
    ['an empty query', { query: '', extensions }],
    ['null', { query: null, extensions }],
    ['a name and variables', { operationName: 'A', variables: { a: 1 }, extensions }],
    ['another version', { extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } }],
    ['an empty object', { extensions: { persistedQuery: {} } }],
  ])('with %s gets the message that clients look for', async (_, body) => {
    const answer = await graphql(posted(body), {});
    expect(answer).toMatchObject(notSupported);
    expect(answer.data).toBeUndefined();
    const [line] = await server.linesOf(answer.headers.get('x-request-id') ?? '');
    expect(line).toMatchObject({ outcome: 'PERSISTED_QUERY_NOT_SUPPORTED', status: 200 });
  });

  test.each<[string, object]>([
    ['a valid one', extensions],
    ['of another query', { persistedQuery: { version: 1, sha256Hash: 'x' } }],
    ['of another version', { persistedQuery: { version: 7 } }],
    ['an invalid one', { persistedQuery: 'x' }],
  ])('beside the query is ignored: %s', async (_, extensions) => {
    const answer = await graphql(posted({ query: '{ __typename }', extensions }), {});
    expect(answer).toMatchObject({ status: 200, errors: [], data: { __typename: 'Query' } });
  });

  test.each<[string, object]>([
    ['null', { extensions: { persistedQuery: null } }],
    ['absent', { extensions: {} }],
  ])('that is %s does not replace a query', async (_, body) => {
    expect(await graphql(posted(body), {})).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('over GET is refused like any GET, with the same message', async () => {
    const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
    const answer = await send(`${server.url}/graphql?${search}`);
    expect(answer).toMatchObject({ ...notSupported, status: 405 });
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

describe('the headers of an answer', () => {
  test('with tokens forbid caches to store it', async () => {
    const input = { email: newEmail(), password: PASSWORD, displayName: 'Ada' };
    const signedUp = await server.nobody.ask(mutationOf('signUp', 'accessToken refreshToken'), { input });
    expect(signedUp.data.signUp.accessToken).toMatch(/\./);
    expect(signedUp.headers.get('cache-control')).toBe('no-store');
    const { refreshToken } = signedUp.data.signUp;
    const query = 'mutation ($t: String!) { refreshSession(refreshToken: $t) { ... on Session { accessToken } } }';
    const refreshed = await server.nobody.ask(query, { t: refreshToken });
    expect(refreshed.data.refreshSession.accessToken).toMatch(/\./);
    expect(refreshed.headers.get('cache-control')).toBe('no-store');
  });

  test.each(['/graphql', '/health/live', '/nothing', '/graphiql/'])(
    'of %s set the security policy of this host',
    async (path) => {
      const { headers } = await send(`${server.url}${path}`);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      // Pages have a stricter one.
      expect(headers.get('content-security-policy')).toMatch(/^default-src '(self|none)';/);
    },
  );
});
