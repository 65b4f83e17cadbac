/** The refresh token of a browser: in a cookie that no script can read and no foreign page can use. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { minute } from '../auth/harness.js';
import { type Answer, clientOf, posted, send, useServer } from '../support/client.js';
import { startServer } from '../support/server.js';
import { newEmail, newStudent, PASSWORD, type Person } from './school.js';

const FRIEND = 'https://friend.example';
const server = useServer({ env: { CORS_ORIGINS: FRIEND, TRUST_PROXY: 'loopback' } });

const COOKIE_MODE = { 'x-session': 'cookie' };
const SESSION = '__typename ... on Session { accessToken refreshToken user { id } } ... on Refusal { code message }';
const SIGN_IN = `mutation ($input: SignInInput!) { signIn(input: $input) { ${SESSION} } }`;
const SIGN_UP = `mutation ($input: SignUpInput!) { signUp(input: $input) { ${SESSION} } }`;
const REFRESH = `mutation ($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) { ${SESSION} } }`;
const NAME = 'auraledger-refresh';

let student: Person;
beforeAll(async () => {
  student = await newStudent(server);
});

const signIn = (headers: Record<string, string> = COOKIE_MODE) =>
  server.nobody.ask(SIGN_IN, { input: { email: student.email, password: PASSWORD } }, headers);

/** Sends the cookies as a browser would. */
const refresh = (cookie: string, headers: Record<string, string> = COOKIE_MODE, refreshToken = '') =>
  server.nobody.ask(REFRESH, { refreshToken }, { ...headers, cookie });

const cookiesOf = ({ headers }: Answer) => headers.getSetCookie();
/** The name and the value of the only cookie. */
function cookieOf(answer: Answer): string {
  const [cookie = '', ...others] = cookiesOf(answer);
  expect(others).toEqual([]);
  return cookie.split(';')[0] ?? '';
}
const tokenOf = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1);
const sessionIsOver = { data: { refreshSession: { __typename: 'Refusal', code: 'INVALID_CREDENTIALS' } } };
const goesOn = { data: { refreshSession: { __typename: 'Session', refreshToken: '' } } };

describe('with the header x-session: cookie', () => {
  test.each<[string, () => Promise<Answer>]>([
    ['a sign-in', () => signIn()],
    [
      'a sign-up',
      () =>
        server.nobody.ask(
          SIGN_UP,
          { input: { email: newEmail(), password: PASSWORD, displayName: 'New' } },
          COOKIE_MODE,
        ),
    ],
    ['a refresh', async () => refresh(cookieOf(await signIn()))],
  ])('%s sets the cookie, and its answer has no refresh token', async (_, act) => {
    const answer = await act();
    expect(cookiesOf(answer)).toEqual([
      expect.stringMatching(
        /^auraledger-refresh=[\w.-]{80}; Max-Age=2592000; Path=\/graphql; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect(Object.values(answer.data)).toEqual([
      expect.objectContaining({ __typename: 'Session', refreshToken: '', accessToken: expect.stringMatching(/./) }),
    ]);
    expect(answer.text).not.toContain(tokenOf(cookieOf(answer)).split('.')[1]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('the cookie is good for one session after the other', async () => {
    let cookie = cookieOf(await signIn());
    for (let n = 0; n < 3; n += 1) {
      server.clock.advance(10 * minute);
      const answer = await refresh(cookie);
      expect(answer.data.refreshSession.user.id).toBe(student.id);
      expect((await server.as(answer.data.refreshSession.accessToken).must('{ me { id } }')).me.id).toBe(student.id);
      expect(cookieOf(answer)).not.toBe(cookie);
      cookie = cookieOf(answer);
    }
  });

  test('a refresh whose answer was lost is repeated, and the token before the last ends the sign-in', async () => {
    const first = cookieOf(await signIn());
    const second = cookieOf(await refresh(first));
    expect(cookieOf(await refresh(first))).toBe(second);
    const third = cookieOf(await refresh(second));
    const refused = await refresh(first);
    expect(refused).toMatchObject(sessionIsOver);
    expect(cookiesOf(refused)).toEqual([]);
    expect(await refresh(third)).toMatchObject(sessionIsOver);
  });

  test('a sign-out clears the cookie and ends the sign-in', async () => {
    const signedIn = await signIn();
    const { accessToken } = signedIn.data.signIn;
    const answer = await server.as(accessToken).ask('mutation { signOut }', {}, COOKIE_MODE);
    expect(cookiesOf(answer)).toEqual([`${NAME}=; Max-Age=0; Path=/graphql; HttpOnly; SameSite=Strict`]);
    expect(await refresh(cookieOf(signedIn))).toMatchObject(sessionIsOver);
  });

  test('several mutations of one request leave one cookie: that of the last', async () => {
    const cookie = cookieOf(await signIn());
    const { data, ...both } = await server.nobody.ask(
      `mutation ($input: SignInInput!) {
        a: refreshSession(refreshToken: "") { ${SESSION} }
        b: signIn(input: $input) { ${SESSION} }
        c: refreshSession(refreshToken: "") { ${SESSION} }
      }`,
      { input: { email: student.email, password: PASSWORD } },
      { ...COOKIE_MODE, cookie },
    );
    expect(data).toMatchObject({ a: { refreshToken: '' }, b: { refreshToken: '' }, c: { refreshToken: '' } });
    const signInOf = (token: string) => tokenOf(token).split('.')[0];
    const last = cookieOf({ data, ...both });
    expect(signInOf(last)).not.toBe(signInOf(cookie));
    // The third mutation has refreshed the sign-in of the second one, not that of the cookie which was sent.
    const { sid } = JSON.parse(Buffer.from(data.c.accessToken.split('.')[1], 'base64url').toString());
    expect(signInOf(last)).toBe(sid);
    expect(await refresh(last)).toMatchObject(goesOn);
  });

  test.each<[string, (cookie: string) => Record<string, string>]>([
    ['no cookie', () => ({})],
    ['an empty cookie', () => ({ cookie: `${NAME}=` })],
    ['a malformed cookie', () => ({ cookie: `${NAME}=%00; ;;=; ${'x'.repeat(500)}` })],
    ['a cookie of another name', (cookie) => ({ cookie: `__Secure-${cookie}; x-${cookie}` })],
    ['two cookies of the name', (cookie) => ({ cookie: `${cookie}; ${NAME}=of-another-host` })],
  ])('%s is no session, and ends none', async (_, headersWith) => {
    const cookie = cookieOf(await signIn());
    const answer = await server.nobody.ask(REFRESH, { refreshToken: '' }, { ...COOKIE_MODE, ...headersWith(cookie) });
    expect(answer).toMatchObject(sessionIsOver);
    expect(await refresh(`theme=dark; ${cookie};other=1`)).toMatchObject(goesOn);
  });

  test('a token in the payload is bad input, and is not used up', async () => {
    const cookie = cookieOf(await signIn());
    const answer = await refresh(cookie, COOKIE_MODE, tokenOf(cookie));
    expect(answer).toMatchObject({
      code: 'BAD_USER_INPUT',
      errors: [{ extensions: { fields: [{ path: 'refreshToken' }] } }],
    });
    expect(cookiesOf(answer)).toEqual([]);
    expect(answer.text).not.toContain(tokenOf(cookie).split('.')[1]);
    expect(await refresh(cookie)).toMatchObject(goesOn);
  });

  test('a refused sign-in sets no cookie', async () => {
    const input = { email: student.email, password: 'a wrong password' };
    expect(cookiesOf(await server.nobody.ask(SIGN_IN, { input }, COOKIE_MODE))).toEqual([]);
  });
});

describe('without the header', () => {
  test.each([{}, { 'x-session': '' }, { 'x-session': 'payload' }, { 'x-session': 'Cookie' }])(
    'the payload has the token, and there is no cookie: %j',
    async (headers) => {
      const answer = await signIn(headers as Record<string, string>);
      expect(cookiesOf(answer)).toEqual([]);
      const { refreshToken } = answer.data.signIn;
      const refreshed = await server.nobody.ask(REFRESH, { refreshToken }, headers as Record<string, string>);
      expect(cookiesOf(refreshed)).toEqual([]);
      expect(refreshed.data.refreshSession.refreshToken).toMatch(/^[\w.-]{80}$/);
    },
  );

  test('the cookie is not looked at, by a refresh or a sign-out', async () => {
    const cookie = cookieOf(await signIn());
    expect(await refresh(cookie, {})).toMatchObject(sessionIsOver);
    const other = await signIn();
    const answer = await server.as(other.data.signIn.accessToken).ask('mutation { signOut }', {}, { cookie });
    expect(cookiesOf(answer)).toEqual([]);
    expect(await refresh(cookie)).toMatchObject(goesOn);
  });

  test('a token is used once, also one from the cookie', async () => {
    const cookie = cookieOf(await signIn());
    const byPayload = () => server.nobody.ask(REFRESH, { refreshToken: tokenOf(cookie) });
    expect((await byPayload()).data.refreshSession.__typename).toBe('Session');
    expect(await byPayload()).toMatchObject(sessionIsOver);
  });
});

describe('over https, as a proxy reports it', () => {
  const https = { ...COOKIE_MODE, 'x-forwarded-proto': 'https' };

  test('the cookie is Secure, and another one than over http', async () => {
    const answer = await signIn(https);
    expect(cookiesOf(answer)).toEqual([
      expect.stringMatching(
        /^__Secure-auraledger-refresh=[\w.-]{80}; Max-Age=2592000; Path=\/graphql; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ]);
    const cookie = cookieOf(answer);
    expect(await refresh(cookie)).toMatchObject(sessionIsOver);
    expect(await refresh(`${NAME}=${tokenOf(cookie)}`, https)).toMatchObject(sessionIsOver);
    const refreshed = await refresh(cookie, https);
    expect(refreshed).toMatchObject(goesOn);
    const { accessToken } = refreshed.data.refreshSession;
    expect(cookiesOf(await server.as(accessToken).ask('mutation { signOut }', {}, https))).toEqual([
      `__Secure-${NAME}=; Max-Age=0; Path=/graphql; HttpOnly; SameSite=Strict; Secure`,
    ]);
  });

  test('a client that is no trusted proxy cannot say so', async () => {
    const direct = await startServer({ demonstration: false, clock: server.clock });
    const input = { email: student.email, password: PASSWORD };
    const answer = await clientOf(direct.url).ask(SIGN_IN, { input }, https);
    await direct.close();
    expect(cookiesOf(answer)).toEqual([expect.not.stringContaining('Secure')]);
  });
});

describe('a forged request', () => {
  let cookie: string;
  beforeAll(async () => {
    cookie = cookieOf(await signIn());
  });
  const query = 'mutation { refreshSession(refreshToken: "") { __typename } }';
  const origin = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };

  test.each([
    ['a form post', 'application/x-www-form-urlencoded', new URLSearchParams({ query }).toString()],
    [
      'a form with files',
      'multipart/form-data; boundary=b',
      `--b\r\ncontent-disposition: form-data; name="query"\r\n\r\n${query}\r\n--b--\r\n`,
    ],
    ['a text form', 'text/plain', JSON.stringify({ query })],
    ['no type', '', JSON.stringify({ query })],
  ])('as %s is refused, even with the header', async (_, type, body) => {
    for (const headers of [origin, { ...origin, ...COOKIE_MODE }]) {
      const answer = await send(`${server.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, cookie, 'content-type': type },
        body,
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(cookiesOf(answer)).toEqual([]);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('as a GET is refused', async () => {
    const url = `${server.url}/graphql?query=${encodeURIComponent(query)}`;
    const answer = await send(url, { headers: { ...origin, ...COOKIE_MODE, cookie } });
    expect(answer.status).toBe(405);
    expect(cookiesOf(answer)).toEqual([]);
  });

  test('as JSON without the header, which is all that a page can send, does nothing', async () => {
    const answer = await send(`${server.url}/graphql`, posted({ query }, { ...origin, cookie }));
    expect(answer.data.refreshSession.__typename).toBe('Refusal');
    expect(cookiesOf(answer)).toEqual([]);
  });

  const preflight = (from: string) =>
    send(`${server.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-session',
      },
    });

  test('with the header asks first, and is not allowed to', async () => {
    const { headers } = await preflight('https://evil.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('of a configured origin may have the header, and gets no cookies', async () => {
    const { headers } = await preflight(FRIEND);
    expect(headers.get('access-control-allow-origin')).toBe(FRIEND);
    expect(headers.get('access-control-allow-headers')).toContain('x-session');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const { headers: answered } = await refresh(cookieOf(await signIn()), { ...COOKIE_MODE, origin: FRIEND });
    expect(answered.get('access-control-allow-credentials')).toBeNull();
  });

  test('has left the session as it was', async () => {
    expect(await refresh(cookie)).toMatchObject(goesOn);
  });
});

test('no log line has a token of a cookie', async () => {
  const cookies = [cookieOf(await signIn()), cookieOf(await signIn())];
  cookies.push(cookieOf(await refresh(cookies[0]!)), tokenOf(cookies[1]!));
  const failures = [
    await refresh(cookies[1]!, COOKIE_MODE, tokenOf(cookies[1]!)),
    await refresh(cookies[1]!, { ...COOKIE_MODE, 'content-type': 'text/plain' }),
    await send(`${server.url}/graphql`, { headers: { cookie: cookies[1]! } }),
    await send(`${server.url}/${tokenOf(cookies[1]!)}`, { headers: { cookie: cookies[1]! } }),
    await server.nobody.ask('{ me { id } }', {}, { ...COOKIE_MODE, cookie: cookies[1]! }),
    await server.nobody.ask('{ broken', {}, { ...COOKIE_MODE, cookie: cookies[1]! }),
  ];
  for (const { headers } of failures) await server.linesOf(headers.get('x-request-id') ?? '');
  expect(server.log()).toContain('refreshSession');
  for (const cookie of cookies) expect(server.log()).not.toContain(tokenOf(cookie).split('.')[1]);
});
