import { describe, expect, test } from '@jest/globals';
import { createConnection } from '../../web/app/api/connection';
import { failureFrom, failureOf } from '../../web/app/api/failure';
import { createPost, hasCode, Unreachable } from '../../web/app/api/post';
import { createServerClock } from '../../web/app/api/server-clock';

/** A device whose requests are answered by `answer`. */
function device(answer: (init: RequestInit) => Promise<Response> | Response) {
  const connection = createConnection();
  const clock = createServerClock({ deviceNow: () => 0 });
  const post = createPost({
    clock,
    connection,
    deviceNow: () => 0,
    fetch: async (_input, init = {}) => answer(init),
  });
  return { post, connection, clock };
}

const json = (body: unknown, init?: ResponseInit) => new Response(JSON.stringify(body), init);
const QUERY = { query: '{ me { id } }' };

describe('a request', () => {
  test('has the token, the further headers and the variables', async () => {
    let sent: RequestInit = {};
    const { post } = device((init) => {
      sent = init;
      return json({ data: { me: null } });
    });
    await post({ ...QUERY, variables: { id: 1 }, accessToken: 'abc', headers: { 'x-session': 'cookie' } });
    expect(sent.headers).toMatchObject({ authorization: 'Bearer abc', 'x-session': 'cookie' });
    expect(JSON.parse(String(sent.body))).toEqual({ ...QUERY, variables: { id: 1 } });
  });

  test('without a token has no header for it', async () => {
    let sent: RequestInit = {};
    const { post } = device((init) => {
      sent = init;
      return json({ data: {} });
    });
    await post(QUERY);
    expect(sent.headers).not.toHaveProperty('authorization');
  });

  test('that the caller gives up is not held against the connection', async () => {
    const { post, connection } = device((init) => {
      init.signal?.throwIfAborted();
      return json({ data: {} });
    });
    await expect(post({ ...QUERY, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(connection.isLost()).toBe(false);
  });
});

describe('an answer', () => {
  test('may be a refusal, which is an answer all the same, and says when to come again', async () => {
    const error = { message: 'Busy.', extensions: { code: 'UNAVAILABLE', requestId: 'r1' } };
    const { post, connection } = device(() =>
      json({ errors: [error] }, { status: 503, headers: { 'retry-after': '3' } }),
    );
    const answer = await post(QUERY);
    expect(answer).toEqual({ data: null, errors: [error], status: 503, retryAfterMs: 3_000 });
    expect(hasCode(answer, 'UNAVAILABLE')).toBe(true);
    expect(connection.isLost()).toBe(false);
  });

  test('sets the clock', async () => {
    const { post, clock } = device(() => json({ data: {} }, { headers: { date: 'Mon, 03 Mar 2025 12:00:00 GMT' } }));
    await post(QUERY);
    expect(Math.abs(clock.now() - Date.UTC(2025, 2, 3, 12))).toBeLessThanOrEqual(1_000);
  });

  test.each([
    ['no connection', () => Promise.reject(new TypeError('failed to fetch'))],
    ["a proxy's page", () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['JSON of something else', () => json({ status: 'ok' })],
  ])('%s is none', async (_, answer) => {
    const { post, connection } = device(answer);
    await expect(post(QUERY)).rejects.toThrow(Unreachable);
    expect(connection.isLost()).toBe(true);
  });

  test('brings the connection back', async () => {
    let isUp = false;
    const { post, connection } = device(() => (isUp ? json({ data: {} }) : Promise.reject(new TypeError('down'))));
    const states: boolean[] = [];
    connection.subscribe(() => states.push(connection.isLost()));
    await post(QUERY).catch(() => {});
    await post(QUERY).catch(() => {});
    isUp = true;
    await post(QUERY);
    expect(states).toEqual([true, false]);
  });
});

describe('a failure', () => {
  test('has the first error, its request, and the problems by the name of the field', () => {
    const fields = [{ path: 'input.email', message: 'is no e-mail address' }];
    const extensions = { code: 'BAD_USER_INPUT', requestId: 'r1', fields } as const;
    expect(failureOf([{ message: 'Check the input.', extensions }])).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'Check the input.',
      requestId: 'r1',
      fields: { email: 'is no e-mail address' },
    });
    expect(failureOf([])).toBeNull();
  });

  test('without an answer is offline; a mistake of the page is none', () => {
    expect(failureFrom(new Unreachable()).code).toBe('OFFLINE');
    expect(() => failureFrom(new RangeError('a bug'))).toThrow('a bug');
  });
});
