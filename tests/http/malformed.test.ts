/**
 * P7 again: malformed requests are refused as mistakes of the client, and neither the answer nor the log repeats any of
 * their input. Each request contains an e-mail address, a password and a token.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, posted, send, useServer } from '../support/client.js';
import { sendBytes } from '../support/raw-request.js';
import { newEmail, newStudent, PASSWORD, type Person } from './school.js';

const server = useServer();

const EMAIL = 'canary@school.example';
const SECRET = 'canary-password';
const TOKEN = 'canary.access.token';

let student: Person;
beforeAll(async () => {
  student = await newStudent(server);
});

const CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
];

/** Of the caller's input, of ours, and of what only the schema's owner should know. */
const LEAKS = [
  /canary/i,
  /did you mean/i,
  /\bat .+:\d+:\d+/,
  /node_modules|\/src\/|\/work\//,
  /mongo|bson|E11000/i,
  /fastify|apollo/i,
];

const leaksIn = (text: string): string[] => LEAKS.filter((leak) => leak.test(text)).map(String);

/** Sends a request and expects a refusal with its request id and none of its input. */
async function expectRefused(request: () => Promise<Answer>): Promise<void> {
  const before = await server.database.snapshot();
  const logged = server.log().length;
  const { status, headers, text, errors } = await request();
  expect(status === 200 || (status >= 400 && status < 500)).toBe(true);
  const requestId = headers.get('x-request-id') ?? '';
  if (text !== '') expect(errors.map(({ extensions }) => extensions.requestId)).toEqual(errors.map(() => requestId));
  for (const { extensions } of errors) expect(CODES).toContain(extensions.code);
  expect(text === '' || errors.length > 0).toBe(true);
  const [line] = await server.linesOf(requestId);
  expect({ outcome: line?.outcome, status: line?.status }).toEqual({
    outcome: expect.stringMatching(/^[A-Z_]+$/),
    status,
  });
  const told = [...headers].filter(([name]) => name !== 'content-security-policy').join('\n');
  expect({ body: leaksIn(text), headers: leaksIn(told), log: leaksIn(server.log().slice(logged)) }).toEqual({
    body: [],
    headers: [],
    log: [],
  });
  expect(await server.database.snapshot()).toEqual(before);
}

/** A placeholder for lists nested deeper than JSON.stringify can write. */
const DEEP = 'a hundred thousand lists';
const deep = `${'['.repeat(100_000)}"${SECRET}"${']'.repeat(100_000)}`;

const post = (body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body).replace(JSON.stringify(DEEP), deep);
  return send(`${server.url}/graphql?token=${TOKEN}`, posted(text, { authorization: `Bearer ${TOKEN}`, ...headers }));
};
const ask = (query: string, variables?: unknown, more: object = {}) => post({ query, variables, ...more });

const credentials = { email: EMAIL, password: SECRET };
const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { __typename } }';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }';
const INLINE = `mutation { signUp(input: { email: "${EMAIL}", password: "${SECRET}", displayName: "x" }) { __typename } }`;

describe('a body that is not a request', () => {
  test.each<[string, unknown]>([
    ['JSON that ends too early', `{"query": "${SECRET}`],
    ['JSON with a trailing comma', `{"query": "{ badges { id } }", "password": "${SECRET}",}`],
    ['another format', `query: ${SECRET}`],
    ['nothing', ''],
    ['spaces', '  \n'],
    ['null', 'null'],
    ['a number', '7'],
    ['a text', `"${SECRET}"`],
    ['an object without a query', { variables: { input: credentials } }],
    [
      'several at once',
      [1, 2].map(() => ({ query: SIGN_UP, variables: { input: { ...credentials, displayName: 'x' } } })),
    ],
    ['an empty list', []],
    ['a query that is no text', { query: { [SECRET]: 1 } }],
    ['an empty query', { query: '', token: TOKEN }],
    ['variables in a text', { query: SIGN_IN, variables: JSON.stringify({ input: credentials }) }],
    ['variables in a list', { query: SIGN_IN, variables: [credentials] }],
    ['a name that is no text', { query: SIGN_IN, operationName: { $ne: SECRET } }],
    ['the hash of a query, alone', { extensions: { persistedQuery: { version: 1, sha256Hash: SECRET } } }],
    ['a hash that is none', { query: null, variables: { input: credentials }, extensions: { persistedQuery: TOKEN } }],
    ['extensions in a list', { query: '{ badges { id } }', extensions: [TOKEN] }],
    ['more than 1 MiB', { query: SIGN_UP, variables: { input: credentials, filler: SECRET.repeat(80_000) } }],
    ['a prototype', `{"query":"{ badges { id } }","variables":{"__proto__":{"role":"${SECRET}"}}}`],
    ['a prototype, deeper', `{"query":"{ badges { id } }","variables":{"input":{"__proto__":{"role":"${SECRET}"}}}}`],
    ['a constructor', `{"query":"{ badges { id } }","variables":{"constructor":{"prototype":{"role":"${SECRET}"}}}}`],
  ])('%s', (_, body) => expectRefused(() => post(body)));
});

describe('another content type, which any page could send without a CORS preflight', () => {
  const body = JSON.stringify({ query: INLINE });
  test.each([
    ['text/plain', body],
    ['text/plain;charset=UTF-8', body],
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(INLINE)}`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${INLINE}\r\n--x--`,
    ],
    ['application/graphql', INLINE],
    [`application/${SECRET}`, body],
    ['none at all', body],
  ])('%s', (type, text) =>
    expectRefused(() =>
      send(`${server.url}/graphql`, {
        method: 'POST',
        headers: type.includes('/') ? { 'content-type': type } : {},
        body: new TextEncoder().encode(text),
      }),
    ),
  );
});

describe('another method', () => {
  const mutation = `?query=${encodeURIComponent(INLINE)}`;
  test.each([
    ['GET', mutation],
    ['GET', `?query=${encodeURIComponent('{ badges { id } }')}`],
    ['HEAD', mutation],
    ['PUT', mutation],
    ['PATCH', ''],
    ['DELETE', ''],
    ['OPTIONS', mutation],
  ])('%s /graphql%.20s', (method, search) =>
    expectRefused(() =>
      send(`${server.url}/graphql${search}`, {
        method,
        headers: { 'content-type': 'application/json', 'apollo-require-preflight': '1' },
      }),
    ),
  );
});

describe('another address', () => {
  test.each([
    '/nothing',
    '/graphql/',
    '/graphql/schema',
    '/graphiql/../../package.json',
    '/health',
    '/%zz',
    '/%E0%A4%A',
  ])('%s', (path) => expectRefused(() => send(`${server.url}${path}?email=${EMAIL}&password=${SECRET}`)));
});

describe('bytes that are not HTTP', () => {
  test.each([
    ['another protocol', `SSH-2.0-${SECRET}\r\n\r\n`],
    ['another version', `GET /${SECRET} HTTP/7.3\r\n\r\n`],
    ['a header without a colon', `GET / HTTP/1.1\r\nhost: x\r\nx ${SECRET}\r\n\r\n`],
    ['a head of 100 KB', `GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${SECRET.repeat(7_000)}\r\n\r\n`],
    ['two lengths', `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n${SECRET}`],
  ])('%s', (_, bytes) => expectRefused(() => sendBytes(server.url, bytes)));
});

describe('an invalid query', () => {
  test.each([
    ['no GraphQL', `{ ${SECRET}( }`],
    ['a text that does not end', `mutation { signIn(input: { email: "${EMAIL}`],
    ['a NUL', `{ badges { id } }\0${SECRET}`],
    ['half a surrogate pair', `{ badges { id } } \ud83d "${SECRET}"`],
    ['nothing but a comment', `# ${SECRET}`],
    ['a fragment only', 'fragment F on Query { badges { id } }'],
    ['a type definition', 'type Query { me: String }'],
    ['a field with a slip of the pen', '{ mee { id } }'],
    ['a mutation with a slip of the pen', 'mutation { signin(input: {}) { __typename } }'],
    ['a type with a slip of the pen', '{ me { ... on Studnet { id } } }'],
    ['an argument with a slip of the pen', '{ course(idd: "x") { id } }'],
    ['a value with a slip of the pen', '{ course(id: "x") { leaderboard(period: WEEEK) { me { rank } } } }'],
    ['a field of another type', '{ me { level } }'],
    ['no fields', '{ me }'],
    ['fields of a text', '{ me { displayName { id } } }'],
    ['a variable that is not declared', 'mutation { signIn(input: $input) { __typename } }'],
    ['a variable that is not used', 'query ($password: String) { badges { id } }'],
    ['an unknown type', 'query ($input: Canaries) { badges(x: $input) { id } }'.replace('Canaries', 'Inputs')],
    ['a directive that is not there', '{ badges { id @export(as: "x") } }'],
    ['two fields of one name', '{ a: badges { id } a: me { id } }'],
    ['a subscription', 'subscription { rewardGranted { id } }'],
  ])('%s', (_, query) => expectRefused(() => ask(query, { input: credentials, token: TOKEN })));

  test.each([
    ['a name that no operation has', 'query A { badges { id } }', SECRET],
    ['no name for two operations', 'query A { badges { id } } query B { badges { id } }', undefined],
    ['a name of neither', `mutation A { signOut } mutation B { signOut }`, TOKEN],
    ['an empty name', 'query A { badges { id } } query B { badges { id } }', ''],
  ])('%s', (_, query, operationName) => expectRefused(() => ask(query, {}, { operationName })));
});

test('a query that is not well-formed is refused with the place of the mistake', async () => {
  const { errors } = await ask('{\n  badges { id }\n  )\n}');
  const message = 'This is not well-formed GraphQL: look at line 3, column 3.';
  expect(errors).toMatchObject([
    { locations: [{ line: 3, column: 3 }], extensions: { fields: [{ path: 'query', message }] } },
  ]);
});

describe('values of another type', () => {
  const OPERATORS: Record<string, unknown> = {
    'not null': { $ne: null },
    'greater than nothing': { $gt: '' },
    'a pattern': { $regex: '^canary' },
    'a list of values': { $in: [EMAIL, SECRET] },
    code: { $where: `this.password == "${SECRET}"` },
    'a list': [EMAIL, SECRET],
    'an object': { email: EMAIL },
    'a constructor': { constructor: SECRET },
    'a deep one': DEEP,
  };
  const PLACES: Record<string, (value: unknown) => [query: string, variables: object]> = {
    'an e-mail address': (value) => [SIGN_IN, { input: { ...credentials, email: value } }],
    'a password': (value) => [SIGN_IN, { input: { ...credentials, password: value } }],
    'a whole input': (value) => [SIGN_IN, { input: value }],
    'a field that does not exist': (value) => [SIGN_UP, { input: { ...credentials, displayName: 'x', role: value } }],
    'an id': (value) => ['query ($id: ID!) { student(id: $id) { id } }', { id: value }],
    'a cursor': (value) => [
      'query ($after: String) { courses(after: $after) { pageInfo { endCursor } } }',
      { after: value },
    ],
    'a page length': (value) => [
      'query ($first: Int!) { courses(first: $first) { pageInfo { endCursor } } }',
      { first: value },
    ],
    'a token': (value) => ['mutation ($t: String!) { refreshSession(refreshToken: $t) { __typename } }', { t: value }],
  };
  describe.each(Object.keys(PLACES))('in the place of %s', (place) => {
    test.each(Object.keys(OPERATORS))('%s', (operator) =>
      expectRefused(() => ask(...PLACES[place]!(OPERATORS[operator]))),
    );
  });

  test.each([
    ['a word', `signIn(input: { email: ${EMAIL.replace('@', '')}, password: "${SECRET}" })`],
    ['a number', `signIn(input: { email: "${EMAIL}", password: 7 })`],
    ['an object', `signIn(input: { email: { ne: "${EMAIL}" }, password: "${SECRET}" })`],
    ['a list', `signIn(input: ["${EMAIL}", "${SECRET}"])`],
    ['a text', `signIn(input: "${SECRET}")`],
    ['one field too many', `signIn(input: { email: "${EMAIL}", password: "${SECRET}", remember: "${TOKEN}" })`],
    ['one field too few', `signIn(input: { email: "${EMAIL}" })`],
    ['a text that is too short', `signUp(input: { email: "${EMAIL}", password: "canary", displayName: "x" })`],
    ['no address', `signIn(input: { email: "canary", password: "${SECRET}" })`],
    ['no text', `refreshSession(refreshToken: { token: "${TOKEN}" })`],
  ])('written into the query: %s', (_, field) => expectRefused(() => ask(`mutation { ${field} { __typename } }`)));

  test('written into the query: not a day', () =>
    expectRefused(() => ask('{ me { ... on Student { dailyProgress(from: "canary", to: 7) { xp } } } }')));
});

describe('an invalid token', () => {
  test.each([
    `Bearer ${TOKEN}`,
    `Bearer  ${TOKEN} ${SECRET}`,
    `Basic ${TOKEN}`,
    `Bearer ${SECRET.repeat(400)}`,
    'Bearer',
    '',
  ])('%.40p', (authorization) => expectRefused(() => post({ query: '{ me { id } }' }, { authorization })));
});

test('a refused sign-in, a registered address and an unknown id do not repeat input either', async () => {
  const logged = server.log().length;
  const answers = await Promise.all([
    server.nobody.ask(SIGN_IN, { input: credentials }),
    server.nobody.ask(SIGN_UP.replace('__typename', '... on Refusal { code message }'), {
      input: { email: student.email, password: SECRET, displayName: 'canary' },
    }),
    student.ask('query ($id: ID!) { student(id: $id) { id } course(id: $id) { id } }', { id: SECRET }),
    server.nobody.ask('mutation ($t: String!) { refreshSession(refreshToken: $t) { ... on Refusal { message } } }', {
      t: TOKEN,
    }),
  ]);
  for (const { text, errors } of answers) {
    expect(errors).toEqual([]);
    expect(leaksIn(text)).toEqual([]);
    expect(text).not.toContain(student.email);
  }
  expect(leaksIn(server.log().slice(logged))).toEqual([]);
});

test('the same requests succeed when they are well-formed', async () => {
  const input = { email: newEmail(), password: PASSWORD, displayName: 'x' };
  const { data } = await send(
    `${server.url}/graphql`,
    posted({ query: SIGN_UP, variables: { input }, operationName: null, extensions: null }),
  );
  expect(data.signUp.__typename).toBe('Session');
});
