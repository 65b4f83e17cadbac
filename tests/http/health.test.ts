/** Readiness, and how the server stops: it answers running requests and waits for nothing else. */
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { GRACE_PERIOD_MS } from '../../src/http/drain.js';
import { connect, disconnect } from '../../src/storage/connect.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { begun, clientOf, mutationOf, send, useServer } from '../support/client.js';
import { type RunningServer, startServer } from '../support/server.js';
import { until } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

const health = (which: 'live' | 'ready', url = server.url) => send(`${url}/health/${which}`);

describe('ready', () => {
  test('while the database answers', async () => {
    expect(await health('ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
  });

  test.each([
    ['refuses', { errorCode: 8_000 }],
    ['hangs up', { closeConnection: true }],
    ['does not answer', { blockConnection: true, blockTimeMS: 1_500 }],
  ])('not while the database %s; liveness is unaffected', async (_, failure) => {
    const { off } = await server.database.failCommand({ failCommands: ['ping'], mode: 'alwaysOn', ...failure });
    const answer = await health('ready');
    expect(answer).toMatchObject({ status: 503, text: '{"status":"not ready"}' });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await server.linesOf(answer.headers.get('x-request-id') ?? '')).toMatchObject([
      { outcome: 'UNAVAILABLE', status: 503 },
    ]);
    expect(await health('live')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await off()).toBeGreaterThan(0);
    expect((await health('ready')).status).toBe(200);
  });

  test('while every connection of the pool is busy', async () => {
    const { token } = await (await createSchool(server)).student();
    const { off } = await server.database.failCommand({
      ...{ failCommands: ['find'], mode: 'alwaysOn' },
      ...{ blockConnection: true, blockTimeMS: 3_000 },
    });
    let queries = 0;
    const answers = Promise.all(
      Array.from({ length: 60 }, () =>
        clientOf(server.url, token)
          .ask('{ me { id } }')
          .finally(() => {
            queries += 1;
          }),
      ),
    );
    await until(() => server.resourceUsage().running >= 60);
    expect((await health('ready')).status).toBe(200);
    expect(queries).toBe(0);
    await off();
    await answers;
  });

  test('not after it has announced that it will stop; it still answers all requests', async () => {
    const leaving = await startServer({ demonstration: false, clock: server.clock });
    try {
      leaving.failReadiness();
      expect((await health('ready', leaving.url)).status).toBe(503);
      expect((await health('live', leaving.url)).status).toBe(200);
      expect(await clientOf(leaving.url).ask('{ badges { id } }')).toMatchObject({ status: 200, errors: [] });
    } finally {
      await leaving.close();
    }
  });

  test('not without a connection', async () => {
    await disconnect();
    expect((await health('ready')).status).toBe(503);
    expect((await health('live')).status).toBe(200);
    await connect(`${server.database.uri}&monitorCommands=true`, { appName: server.database.name });
    expect((await health('ready')).status).toBe(200);
  });
});

describe('while the server stops', () => {
  let school: School;
  let student: Person;
  let stopping: RunningServer;

  beforeAll(async () => {
    school = await createSchool(server);
    student = await school.student(school.course);
  });
  beforeEach(async () => {
    stopping = await startServer({ demonstration: false, clock: server.clock });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stopping.close();
  });

  /** A submission whose commit takes a while; resolves when that has begun. */
  async function submitSlowly(assignmentId: string, send: (body: string) => unknown): Promise<void> {
    await server.database.failCommand({
      failCommands: ['commitTransaction'],
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    const committing = begun('commitTransaction');
    send(
      JSON.stringify({ query: mutationOf('submitAssignment'), variables: { input: { assignmentId, content: 'x' } } }),
    );
    await committing;
  }

  const rewardsOf = (assignmentId: string) =>
    RewardModel.countDocuments({ 'subject.id': new mongoose.Types.ObjectId(assignmentId) });

  test('running requests are answered in full, and new ones are refused', async () => {
    const assignmentId = await school.assignment();
    let running: Promise<Response> | undefined;
    await submitSlowly(assignmentId, (body) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${student.token}` };
      running = fetch(`${stopping.url}/graphql`, { method: 'POST', headers, body });
    });
    const closed = stopping.close();
    await expect(health('ready', stopping.url)).rejects.toThrow();
    await expect(clientOf(stopping.url).ask('{ badges { id } }')).rejects.toThrow();
    const answer = await running;
    expect(answer?.status).toBe(200);
    expect(answer?.headers.get('connection')).toBe('close');
    expect(await answer?.json()).toEqual({ data: { submitAssignment: { __typename: 'SubmitAssignmentPayload' } } });
    await closed;
    expect(await rewardsOf(assignmentId)).toBe(1);
    // None of the handles of the socket listens any longer.
    await expect(health('live', stopping.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('a request pipelined behind a running one is refused and not executed', async () => {
    const [first, second] = [await school.assignment(), await school.assignment()];
    const connection = await openConnection(stopping.url);
    await submitSlowly(first, (body) => connection.write(requestOf(body, student.token)));
    const closed = stopping.close();
    const input = { assignmentId: second, content: 'x' };
    connection.write(
      requestOf(JSON.stringify({ query: mutationOf('submitAssignment'), variables: { input } }), student.token),
    );
    expect(await connection.received()).toContain('SubmitAssignmentPayload');
    await closed;
    expect([await rewardsOf(first), await rewardsOf(second)]).toEqual([1, 0]);
  });

  test.each([
    ['on which nothing was sent', ''],
    ['on which half a head was sent', 'POST /graphql HTTP/1.1\r\nhost: x\r\nconte'],
    ['that is kept alive', 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('the server does not wait for a connection %s', async (_, bytes) => {
    const connection = await openConnection(stopping.url);
    if (bytes) connection.write(bytes);
    if (bytes.endsWith('\r\n\r\n')) await connection.firstBytes();
    const cutOff = jest.spyOn(http.Server.prototype, 'closeAllConnections');
    await stopping.close();
    await connection.received();
    expect(cutOff).not.toHaveBeenCalled();
  });

  test('a request that never ends is cut off after the grace period', async () => {
    const connection = await openConnection(stopping.url);
    connection.write(requestOf('{').slice(0, -1));
    // The answer to another one tells that the server has read the head.
    await health('live', stopping.url);
    const wait = setTimeout;
    const soon = (act: () => void, ms?: number) => wait(act, ms === GRACE_PERIOD_MS ? 0 : ms);
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(soon as never);
    await stopping.close();
    expect(await connection.received()).toBe('');
  });

  test('a request whose body is still arriving is answered', async () => {
    const connection = await openConnection(stopping.url);
    const request = requestOf(JSON.stringify({ query: '{ badges { id } }' }));
    connection.write(request.slice(0, -10));
    // The answer to another one tells that the server has read the head.
    await health('live', stopping.url);
    const closed = stopping.close();
    connection.write(request.slice(-10));
    expect(await connection.received()).toContain('"submissions-1"');
    await closed;
  });

  test('a second stop is harmless', async () => {
    await Promise.all([stopping.close(), stopping.close()]);
  });
});

function requestOf(body: string, token = ''): string {
  const head = [
    'POST /graphql HTTP/1.1',
    'host: x',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${[...head, `authorization: Bearer ${token}`].join('\r\n')}\r\n\r\n${body}`;
}

/** A raw connection, without an HTTP client that opens, keeps and retries connections on its own. */
async function openConnection(url: string) {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes;
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const firstBytes = new Promise((resolve) => socket.once('data', resolve));
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    write: (bytes: string) => socket.write(bytes),
    firstBytes: () => firstBytes,
    /** Everything until the server ends the connection. */
    async received() {
      await closed;
      return received;
    },
  };
}
