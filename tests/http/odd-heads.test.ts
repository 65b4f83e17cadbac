/** Unusual request heads: the server answers or refuses them, and never fails. */
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { CourseModel } from '../../src/storage/models/course.js';
import { useServer } from '../support/client.js';
import { type RawRequest, rawRequest, sendBytes } from '../support/raw-request.js';
import { untilIdle } from '../support/until.js';
import { createSchool } from './school.js';

const server = useServer();

const ask = (request: RawRequest) => sendBytes(server.url, rawRequest(request));

/** In our form: one error, with the field that is wrong, and nothing of it is told as a mistake of ours. */
async function expectRefused(request: RawRequest, status: number, path: string): Promise<void> {
  const logged = server.log().length;
  const answer = await ask(request);
  expect({ status: answer.status, errors: answer.errors }).toEqual({
    status,
    errors: [
      {
        message: expect.stringMatching(/^[A-Z].+\.$/),
        extensions: {
          code: 'BAD_USER_INPUT',
          fields: [{ path, message: answer.errors[0]?.message }],
          requestId: answer.headers.get('x-request-id'),
        },
      },
    ],
  });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(server.log().slice(logged)).not.toMatch(/"stack"|INTERNAL_SERVER_ERROR/);
}

async function expectAnswered(request: RawRequest): Promise<void> {
  const answer = await ask(request);
  expect({ status: answer.status, errors: answer.errors }).toEqual({ status: 200, errors: [] });
  expect(answer.data.badges.length).toBeGreaterThan(0);
}

describe('a Host', () => {
  test.each([
    ['that is absent', []],
    ['that is absent, of HTTP/1.0', [], '1.0'],
    ['that is empty', ['host:']],
    ['of spaces', ['host:   ']],
    ['of two words', ['host: a b']],
    ['with half a bracket', ['host: [']],
    ['with a bad address', ['host: [::zz]']],
    ['with bad escapes', ['host: %zz']],
    ['with a port that is none', ['host: x:99999']],
    ['with a port that is a word', ['host: x:http']],
    ['with a path', ['host: x/graphql']],
    ['with a user', ['host: user@x']],
    ['with a query', ['host: x?y']],
    ['with a backslash', ['host: x\\y']],
    ['that is a list', ['host: a, b']],
    ['with letters of another code', ['host: \u0080\u00ff<>']],
    ['that is sent twice', ['host: a', 'host: a']],
    ['that is an address with scheme', ['host: http://x']],
  ])('%s is refused', (_, host, version = '1.1') => expectRefused({ host, version }, 400, 'host'));

  test.each(['x', 'localhost:4000', '127.0.0.1', '[::1]:4000', 'api_1.school.example:443', 'school.example.', 'X'])(
    'like %s is good',
    (host) => expectAnswered({ host: [`host: ${host}`] }),
  );

  test('is accepted in HTTP/1.0', () => expectAnswered({ version: '1.0' }));

  test('is not required for a health check in HTTP/1.0', async () => {
    const probe = { method: 'GET', version: '1.0', host: [], headers: ['content-length: 0'], body: '' };
    expect(await ask({ ...probe, target: '/health/live' })).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await ask({ ...probe, target: '/health/ready' })).toMatchObject({ status: 200 });
    expect(await ask({ ...probe, target: '/nothing' })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });
});

describe('a target', () => {
  test.each([
    ['of the whole address', 'http://x/graphql'],
    ['of another host', 'http://other.example/graphql'],
  ])('%s means the same as its path', (_, target) => expectAnswered({ target }));

  test.each([
    ['an address that cannot be decoded', '/%zz', 400, 'url'],
    ['half a character', '/%E0%A4%A', 400, 'url'],
  ])('%s', (_, target, status, path) => expectRefused({ target }, status, path));

  test('that is well-formed, with a star, is only unknown', async () => {
    expect(await ask({ target: '/*' })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  test.each([
    ['*', 'OPTIONS'],
    ['*', 'POST'],
    ['//graphql', 'POST'],
    ['/graphql/../graphql', 'POST'],
    ['http://[/graphql', 'POST'],
    ['http://x:99999999/nothing', 'POST'],
    ['/%00', 'POST'],
    [`/${'a'.repeat(10_000)}`, 'POST'],
    [`/${'%41/'.repeat(3_000)}`, 'POST'],
  ])('%.30s of %s is a mistake of the client', async (target, method) => {
    const answer = await ask({ method, target });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.code).toMatch(/^(BAD_USER_INPUT|NOT_FOUND)$/);
  });
});

describe('a method', () => {
  const others = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'PURGE', 'LINK'];
  test.each(others)('%s is not allowed', async (method) => {
    await expectRefused({ method }, 405, 'method');
    expect((await ask({ method })).headers.get('allow')).toBe('POST');
  });

  test('HEAD is not allowed, and says so without a body', async () => {
    const answer = await ask({ method: 'HEAD' });
    expect(answer).toMatchObject({ status: 405, text: '' });
    expect(answer.headers.get('allow')).toBe('POST');
  });

  test('that is refused never reads a body', () =>
    expectRefused({ method: 'PUT', headers: ['content-type: text/plain'], body: '\xff' }, 405, 'method'));

  test.each(['x:443', '/graphql'])('CONNECT %s is refused', (target) =>
    expectRefused({ method: 'CONNECT', target }, 400, 'request'),
  );

  test('CONNECT from a client that disconnects immediately ends only its connection', async () => {
    const { hostname, port } = new URL(server.url);
    const gone = Array.from({ length: 50 }, async () => {
      const socket = net.connect(Number(port), hostname, () => {
        socket.write('CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n', () => socket.resetAndDestroy());
      });
      await once(socket, 'close');
    });
    await Promise.all(gone);
    // A socket without an error listener would end the process in one of the next turns of the event loop.
    for (let turn = 0; turn < 20; turn += 1) await expectAnswered({});
  });

  test('unknown to HTTP is refused', () => expectRefused({ method: 'FOO' }, 400, 'request'));
});

describe('what a client expects', () => {
  test('may be 100-continue', () => expectAnswered({ headers: ['expect: 100-continue'] }));
  test.each(['200-ok', '100-continue, x', 'x'])('%s is refused', (expect) =>
    expectRefused({ headers: [`expect: ${expect}`] }, 417, 'expect'),
  );
});

describe('an upgrade', () => {
  test('to HTTP/2 is ignored, and the request is answered', () =>
    expectAnswered({ headers: ['upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'] }));

  test('to a web socket is refused like any GET', () =>
    expectRefused(
      { method: 'GET', headers: ['upgrade: websocket', 'sec-websocket-version: 13', 'content-length: 0'], body: '' },
      405,
      'method',
    ));
});

describe('headers', () => {
  test.each(['authorization', 'content-type'])('a repeated %s is refused', (name) =>
    expectRefused({ headers: [`${name}: application/json`, `${name}: application/json`] }, 400, name),
  );

  test('three thousand of them are all read', async () => {
    const requestId = 'the-last-of-them';
    const answer = await ask({ headers: [...Array(3_000).fill('a:'), `x-request-id: ${requestId}`] });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toBe(requestId);
  });

  test.each([
    ['a line that is folded', ['x-a: b', ' c']],
    ['a space before the colon', ['x-a : b']],
    ['a NUL', ['x-a: \0']],
    ['no name', [': b']],
    ['a length below zero', ['content-length: -1']],
    ['a length that is a list', ['content-length: 29, 29']],
    ['a length and chunks', ['content-length: 29', 'transfer-encoding: chunked']],
    ['chunks that are none', ['transfer-encoding: chunked']],
    ['a coding that is not the last', ['transfer-encoding: chunked, gzip']],
    ['a coding alone', ['transfer-encoding: gzip']],
  ])('%s is not HTTP', (_, headers) => expectRefused({ headers }, 400, 'request'));

  test('that are too large get 431', () => expectRefused({ headers: [`x-a: ${'b'.repeat(20_000)}`] }, 431, 'request'));
});

describe('a body', () => {
  const chunked = '1d\r\n{"query":"{ badges { id } }"}\r\n0\r\n\r\n';
  const compressed = async (headers: string[], body = '{"query":"{ badges { id } }"}') => {
    await expectRefused({ headers, body }, 415, 'body');
    expect((await ask({ headers, body })).headers.get('accept-encoding')).toBe('identity');
  };
  test.each(['gzip', 'br', 'deflate', 'zstd', 'x-gzip', 'GZIP', 'gzip, identity', 'nonsense'])(
    'in %s is refused',
    (encoding) => compressed([`content-encoding: ${encoding}`]),
  );
  test('in compressed chunks is refused', () => compressed(['transfer-encoding: gzip, chunked'], chunked));
  test('with the encoding identity is read', () => expectAnswered({ headers: ['content-encoding: identity'] }));
  test('in chunks is read', () => expectAnswered({ headers: ['transfer-encoding: chunked'], body: chunked }));

  test.each(['utf-16', 'latin1', 'iso-8859-1', 'us-ascii', 'x', '"utf-16le"', '""'])('in %s is refused', (charset) =>
    expectRefused({ headers: [`content-type: application/json; charset=${charset}`] }, 415, 'body'),
  );
  test.each([
    'application/json; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json; x=y',
    'APPLICATION/JSON',
  ])('of %s is read', (type) => expectAnswered({ headers: [`content-type: ${type}`] }));
  test.each(['application/json, application/json', 'application', 'text/json', 'application/graphql'])(
    'of %s is refused',
    (type) => expectRefused({ headers: [`content-type: ${type}`] }, 415, 'body'),
  );
});

describe('a head that does not arrive in time', () => {
  test('is not executed if its rest arrives after the answer', async () => {
    const { teacher } = await createSchool(server);
    const body = JSON.stringify({ query: 'mutation { createCourse(input: { name: "Late" }) { __typename } }' });
    const whole = rawRequest({ headers: [`authorization: Bearer ${teacher.token}`], body }).toString('latin1');
    const half = whole.indexOf('content-length');
    const { hostname, port } = new URL(server.url);
    const socket = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.write(whole.slice(0, half));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
    socket.end(whole.slice(half));
    await once(socket, 'close');
    await untilIdle(server);
    expect(await CourseModel.countDocuments({ name: 'Late' })).toBe(0);
  });

  test('is answered with a request to send it again, because the client may only be slow', async () => {
    const whole = rawRequest().toString('latin1');
    const answer = await sendBytes(server.url, whole.slice(0, whole.indexOf('content-length')));
    expect({ status: answer.status, code: answer.code }).toEqual({ status: 408, code: 'UNAVAILABLE' });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.errors[0]?.message).toBe('The request did not arrive in time. Try again in a few seconds.');
  });
});
