/** Every request has an id and one line in the log. A reward stores the id of the request that it was paid for. */
import http from 'node:http';
import net from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { RewardModel } from '../../src/storage/models/reward.js';
import { begun, type LogLine, posted, send, useServer } from '../support/client.js';
import { createSchool, newEmail, PASSWORD, type Person, type School } from './school.js';

const server = useServer({ env: { CORS_ORIGINS: 'https://app.example' } });

let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the id of a request', () => {
  test.each(['7', 'trace-0af7651916cd43dd.01:a_B', 'x'.repeat(128)])(
    'is the one that the client sent: %.40s',
    async (id) => {
      const { headers } = await send(`${server.url}/health/live`, { headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id')).toBe(id);
      expect(await server.linesOf(id)).toHaveLength(1);
    },
  );

  test.each([
    ['longer than 128 characters', 'x'.repeat(129)],
    ['empty', ''],
    ['with a space', 'two words'],
    ['with a tab', 'two\twords'],
    ['with a letter outside ASCII', 'ä'],
    ['JSON', '{"requestId":"canary"}'],
    ['a MongoDB operator', '$ne'],
    ['two headers', ['first', 'second']],
  ])('is a new one if the id of the client is not valid: %s', async (_, id) => {
    const assigned = await requestWith({ 'x-request-id': id });
    expect(assigned).toMatch(UUID);
    expect(await server.linesOf(assigned)).toHaveLength(1);
  });

  test('is a different one for each request without an id', async () => {
    const [one, two] = await Promise.all([requestWith({}), requestWith({})]);
    expect(one).toMatch(UUID);
    expect(two).not.toBe(one);
  });
});

/** Uses http, because fetch sends no repeated and no unusual headers. @returns the request id in the answer */
function requestWith(headers: http.OutgoingHttpHeaders): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(`${server.url}/health/live`, { headers }, (answer) => {
        answer.resume();
        resolve(String(answer.headers['x-request-id']));
      })
      .on('error', reject);
  });
}

describe('every answer has the id of its request, and so has the one line in the log', () => {
  const query = (text: string, more: Record<string, string> = {}) =>
    ['/graphql', posted({ query: text }, more)] as const;
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };

  test.each<[string, readonly [string, RequestInit?], number, string, string]>([
    ['data', query('{ badges { id } }'), 200, 'query badges', 'ok'],
    ['an error', query('{ me { id } }'), 200, 'query me', 'UNAUTHENTICATED'],
    ['an invalid query', query('{'), 400, 'POST /graphql', 'BAD_USER_INPUT'],
    ['an unknown field', query('{ nothing }'), 400, 'POST /graphql', 'BAD_USER_INPUT'],
    [
      'an unknown field, as 200',
      query('{ nothing }', { accept: 'application/json' }),
      200,
      'POST /graphql',
      'BAD_USER_INPUT',
    ],
    ['an invalid body', ['/graphql', posted('{')], 400, 'POST /graphql', 'BAD_USER_INPUT'],
    ['another method', ['/graphql'], 405, 'GET /graphql', 'BAD_USER_INPUT'],
    [
      'another content type',
      ['/graphql', posted('x', { 'content-type': 'text/plain' })],
      415,
      'POST /graphql',
      'BAD_USER_INPUT',
    ],
    ['a body that is too large', ['/graphql', posted('x'.repeat(1_048_577))], 413, 'POST /graphql', 'BAD_USER_INPUT'],
    ['an unknown address', ['/nothing?password=canary'], 404, 'GET unknown', 'NOT_FOUND'],
    ['an address that cannot be decoded', ['/%zz'], 400, 'GET unknown', 'BAD_USER_INPUT'],
    ['live', ['/health/live'], 200, 'GET /health/live', 'ok'],
    ['ready', ['/health/ready'], 200, 'GET /health/ready', 'ok'],
    ['a redirect', ['/graphiql'], 302, 'GET /graphiql', 'ok'],
    ['a preflight', ['/graphql', { method: 'OPTIONS', headers: preflight }], 204, 'OPTIONS /graphql', 'ok'],
  ])('%s', async (_, [path, init = {}], status, operation, outcome) => {
    const requestId = `request-${Math.random()}`;
    const startedAt = performance.now();
    const answer = await send(`${server.url}${path}`, {
      ...init,
      headers: { ...init.headers, 'x-request-id': requestId },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).toBe(requestId);
    for (const { extensions } of answer.errors) expect(extensions.requestId).toBe(requestId);
    const lines = await server.linesOf(requestId);
    const measuredMs = performance.now() - startedAt;
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        pid: process.pid,
        hostname: expect.any(String),
        requestId,
        operation,
        outcome,
        status,
        durationMs: expect.any(Number),
      },
    ]);
    // A part of what the client waited for.
    expect((lines[0] as LogLine & { durationMs: number }).durationMs).toBeLessThanOrEqual(measuredMs);
  });

  test('a page of an allowed origin may read the request id', async () => {
    const { headers } = await send(`${server.url}/health/live`, { headers: { origin: 'https://app.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  test('a page of any other origin is not allowed to read anything', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await send(`${server.url}/graphql`, { method: 'OPTIONS', headers });
    expect(answer.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
    expect(answer.headers.get('access-control-allow-origin')).not.toBe('*');
  });
});

describe('the line of a request', () => {
  const lineOf = async (query: string, variables: object = {}, more: object = {}) => {
    const answer = await send(
      `${server.url}/graphql`,
      posted({ query, variables, ...more }, { authorization: `Bearer ${student.token}` }),
    );
    const [line] = await server.linesOf(answer.headers.get('x-request-id') ?? '');
    return line;
  };

  test.each([
    ['every root field once', '{ badges { id } me { id } again: me { id } }', 'query badges,me'],
    ['without the name of the operation', 'query canary { badges { id } }', 'query badges'],
    ['without aliases', 'mutation { canary: signOut }', 'mutation signOut'],
    ['without names of fragments', '{ ...canary } fragment canary on Query { badges { id } }', 'query ...'],
  ])('names the operation by its fields in the schema: %s', async (_, query, operation) => {
    student = await school.student(school.course);
    expect(await lineOf(query)).toMatchObject({ operation });
    expect(server.log()).not.toContain('canary');
  });

  test.each([
    ['a refusal', 'joinCourse', { joinCode: 'NONE' }, 'INVALID_JOIN_CODE'],
    ['an invalid input', 'joinCourse', { joinCode: '' }, 'BAD_USER_INPUT'],
    ['a mutation that the account may not use', 'createCourse', { name: 'x' }, 'FORBIDDEN'],
  ])('names the outcome: %s', async (_, mutation, input, outcome) => {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
    const line = await lineOf(`mutation ($input: ${type}) { ${mutation}(input: $input) { __typename } }`, { input });
    expect(line).toMatchObject({ operation: `mutation ${mutation}`, outcome });
  });

  test('is written for a client that disconnected, and has the outcome of the request', async () => {
    const input = { assignmentId: await school.assignment(), content: 'gone' };
    const query = 'mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) { __typename } }';
    const { off } = await server.database.failCommand({
      failCommands: ['commitTransaction'],
      blockConnection: true,
      blockTimeMS: 500,
    });
    const requestId = `gone-${Math.random()}`;
    const headers = { authorization: `Bearer ${student.token}`, 'x-request-id': requestId };
    const client = new AbortController();
    const committing = begun('commitTransaction');
    const body = posted({ query, variables: { input } }, headers);
    const answer = send(`${server.url}/graphql`, { ...body, signal: client.signal });
    await committing;
    client.abort();
    await expect(answer).rejects.toThrow();
    expect(await server.linesOf(requestId)).toEqual([
      expect.objectContaining({ operation: 'mutation submitAssignment', outcome: 'ok', clientGone: true }),
    ]);
    expect(await off()).toBe(1);
    expect(await RewardModel.countDocuments({ requestId })).toBe(1);
  });
});

test('a request that breaks off halfway has a line in the log', async () => {
  const { hostname, port } = new URL(server.url);
  const requestId = `half-${Math.random()}`;
  const socket = net.connect(Number(port), hostname);
  const head = ['POST /graphql HTTP/1.1', 'host: x', `x-request-id: ${requestId}`, 'content-type: application/json'];
  socket.end(`${[...head, 'content-length: 100'].join('\r\n')}\r\n\r\n{"password": "canary`);
  expect(await server.linesOf(requestId)).toEqual([
    expect.objectContaining({ operation: 'POST /graphql', outcome: 'BAD_USER_INPUT', status: 400 }),
  ]);
});

test('the log contains no input: no addresses, passwords, names, texts, keys or tokens', async () => {
  const email = newEmail();
  const texts = ['canary-password', 'Canary Name', 'canary-content', 'canary-key', 'canary-device', 'canary-course'];
  const [password, displayName, content, idempotencyKey, device, name] = texts;
  const { accessToken, refreshToken } = await server.nobody.mutate(
    'signUp',
    { email, password, displayName },
    'accessToken refreshToken',
  );
  const own = server.as(accessToken);
  await server.nobody.mutate('signIn', { email, password }, 'accessToken');
  await server.nobody.mutate('signIn', { email, password: PASSWORD }, 'accessToken');
  await own.mutate('joinCourse', { joinCode: school.course.joinCode });
  await own.mutate('updateProfile', { displayName });
  const input = { assignmentId: await school.assignment(), content, idempotencyKey };
  for (let n = 0; n < 2; n += 1) await own.mutate('submitAssignment', input);
  await own.mutate('startPomodoro', { device });
  await school.teacher.mutate('createCourse', { name });
  await server.nobody.must('mutation ($t: String!) { refreshSession(refreshToken: $t) { __typename } }', {
    t: refreshToken,
  });
  for (const text of [...texts, email, accessToken, refreshToken, school.course.joinCode]) {
    expect(server.log()).not.toContain(text);
  }
});

describe('a reward', () => {
  const submit = async (input: object, requestId: string) => {
    const { data } = await student.ask(
      `mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) {
        ... on SubmitAssignmentPayload { replayed reward { id } } } }`,
      { input },
      { 'x-request-id': requestId },
    );
    return data.submitAssignment;
  };

  test('has the id of the request that it was paid for, and a replay has its own line in the log', async () => {
    const input = { assignmentId: await school.assignment(), content: 'x' };
    const [first, second] = [`paid-${Math.random()}`, `replayed-${Math.random()}`];
    const paid = await submit(input, first);
    const replayed = await submit(input, second);
    expect({ paid: paid.replayed, replayed: replayed.replayed, same: replayed.reward.id === paid.reward.id }).toEqual({
      paid: false,
      replayed: true,
      same: true,
    });
    const stored = await RewardModel.findById(new Types.ObjectId(paid.reward.id)).lean();
    expect(stored).toMatchObject({ requestId: first, actorId: new Types.ObjectId(student.id) });
    for (const requestId of [first, second]) {
      expect(await server.linesOf(requestId)).toEqual([
        expect.objectContaining({ operation: 'mutation submitAssignment', outcome: 'ok' }),
      ]);
    }
  });
});
