/** What connections with subscriptions may hold, and that it is given back. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MessageType } from 'graphql-ws';
import { Types } from 'mongoose';
import WebSocket from 'ws';
import { SEND_TIMEOUT_MS } from '../../src/http/reservation.js';
import { createConnections, type Slot } from '../../src/http/subscriptions/connections.js';
import { INIT_TIMEOUT_MS } from '../../src/http/subscriptions/websocket.js';
import { Listeners } from '../../src/live/listeners.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { useServer } from '../support/client.js';
import { rawRequest, sendBytes } from '../support/raw-request.js';
import { leaveAll, subscribeBy, TRANSPORTS, type Transport } from '../support/subscription-client.js';
import { shorten } from '../support/timers.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer({ env: { CORS_ORIGINS: 'https://app.example' } });

let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

const sockets = new Set<WebSocket>();
afterEach(async () => {
  jest.restoreAllMocks();
  leaveAll();
  for (const socket of sockets) socket.terminate();
  sockets.clear();
  await untilIdle(server);
});

const POMODORO = { query: 'subscription { pomodoroChanged { status } }' };
const subscribed = (count: number) =>
  until(() => server.resourceUsage().subscriptions === count, 'so many subscriptions');

interface Opened {
  readonly socket: WebSocket;
  /** Parsed, in order. */
  readonly messages: { readonly type: string; readonly id?: string; readonly payload?: never }[];
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  send(message: object): void;
}

async function open(headers: Record<string, string> = {}): Promise<Opened> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  sockets.add(socket);
  const messages: Opened['messages'] = [];
  socket.on('message', (data) => messages.push(JSON.parse(`${data}`)));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code]) => code as number);
  await Promise.race([once(socket, 'open'), closed]);
  return { socket, messages, closed, send: (message) => socket.send(JSON.stringify(message)) };
}

async function openAs(person: Person): Promise<Opened> {
  const opened = await open();
  opened.send({ type: MessageType.ConnectionInit, payload: { authorization: `Bearer ${person.token}` } });
  await until(() => opened.messages.length === 1 || opened.socket.readyState !== WebSocket.OPEN);
  return opened;
}

const subscribe = (id: string, payload: object = POMODORO) => ({ id, type: MessageType.Subscribe, payload });

describe('a WebSocket', () => {
  test('has three seconds to say who it is', async () => {
    shorten(INIT_TIMEOUT_MS, 50);
    const { closed } = await open();
    expect(await closed).toBe(4408);
  });

  test.each<[string, unknown, number]>([
    ['no token', undefined, 4401],
    ['no text', { authorization: 7 }, 4401],
    ['a token that is none', { authorization: 'Bearer x' }, 4403],
    ['no Bearer', { authorization: 'Basic x' }, 4403],
  ])('is closed when it says so with %s', async (_, payload, code) => {
    const { closed, messages, send } = await open();
    send({ type: MessageType.ConnectionInit, payload });
    expect(await closed).toBe(code);
    expect(messages).toEqual([]);
  });

  test.each<[string, (token: string) => { headers?: Record<string, string>; payload?: unknown }]>([
    ['in capitals', (token) => ({ payload: { Authorization: `Bearer ${token}` } })],
    ['in the upgrade only', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
    [
      'in the upgrade, beside other parameters',
      (token) => ({ headers: { authorization: `Bearer ${token}` }, payload: {} }),
    ],
    [
      'in the upgrade, and another one in the payload, which counts',
      (token) => ({ headers: { authorization: 'Bearer x' }, payload: { authorization: `Bearer ${token}` } }),
    ],
  ])('takes a token %s', async (_, tokenIn) => {
    const { headers, payload } = tokenIn(student.token);
    const { messages, send, socket } = await open(headers);
    send({ type: MessageType.ConnectionInit, payload });
    await until(() => messages.length === 1 || socket.readyState !== WebSocket.OPEN);
    expect(messages).toEqual([{ type: MessageType.ConnectionAck }]);
  });

  test('has one line in the log when it has closed, with the code and the reason', async () => {
    const requestId = 'socket-of-this-test';
    const { closed, send } = await open({ 'x-request-id': requestId });
    send({ type: MessageType.ConnectionInit });
    await closed;
    await untilIdle(server);
    const lines = server
      .log()
      .split('\n')
      .filter((line) => line.includes(requestId));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        requestId,
        operation: 'GET /graphql',
        outcome: 'no token',
        transport: 'websocket',
        closeCode: 4401,
        durationMs: expect.any(Number),
      }),
    ]);
  });

  test('is closed when it subscribes before', async () => {
    const { closed, send } = await open();
    send(subscribe('1'));
    expect(await closed).toBe(4401);
  });

  test('sends messages of 64 KiB at most', async () => {
    const within = await openAs(student);
    const padded = (bytes: number) => ({ ...POMODORO, extensions: { x: 'x'.repeat(bytes) } });
    within.send(subscribe('1', padded(65_000)));
    await subscribed(1);
    within.send(subscribe('2', padded(65_536)));
    expect(await within.closed).toBe(1009);
  });

  test.each<[string, string]>([
    ['no JSON', '{'],
    ['another message', '{"type":"start"}'],
  ])('is closed after %s', async (_, message) => {
    const { socket, closed } = await openAs(student);
    socket.send(message);
    expect(await closed).toBe(4400);
  });

  test('has one subscription of an id, however long the id is', async () => {
    const twice = await openAs(student);
    twice.send(subscribe('x'.repeat(128)));
    await until(() => twice.messages.length > 1 || server.resourceUsage().subscriptions === 1);
    expect(twice.messages.slice(1)).toEqual([]);
    twice.send(subscribe('x'.repeat(128)));
    expect(await twice.closed).toBe(4409);
    const long = await openAs(student);
    long.send(subscribe('x'.repeat(129)));
    await until(() => long.messages.length === 2);
    expect(long.messages[1]).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('has 32 subscriptions at most, those included that are about to start', async () => {
    const { send, messages } = await openAs(student);
    for (let id = 0; id < 40; id += 1) send(subscribe(`${id}`));
    await until(() => messages.length === 1 + 8);
    expect(messages.slice(1).every(({ type }) => type === 'error')).toBe(true);
    await subscribed(32);
    send({ id: '0', type: MessageType.Complete });
    await subscribed(31);
    send(subscribe('again'));
    await subscribed(32);
  });

  test('cannot start more than that by completing what it has just sent', async () => {
    const { send, messages } = await openAs(student);
    for (let id = 0; id < 200; id += 1) {
      send(subscribe(`${id}`));
      send({ id: `${id}`, type: MessageType.Complete });
    }
    send({ type: MessageType.Ping });
    await until(() => messages.some(({ type }) => type === MessageType.Pong));
    await untilOnlyConnectionsAreLeft();
    send(subscribe('last'));
    await subscribed(1);
  });

  test('that asks and never reads is closed', async () => {
    const { socket, closed } = await openAs(student);
    socket.pause();
    const payload = { x: 'x'.repeat(60_000) };
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    for (let sent = 0; sent < 2_000 && server.resourceUsage().connections === 1; sent += 1) {
      socket.send(JSON.stringify({ type: MessageType.Ping, payload }));
      if (sent % 20 === 0) await sleep(1);
    }
    await until(() => server.resourceUsage().connections === 0);
    socket.resume();
    expect([4408, 1006]).toContain(await closed);
    expect(isClosed).toBe(true);
  });

  test('whose client has gone without a word is closed after two pings', async () => {
    const pings: number[] = [];
    const opened = await openAs(student);
    opened.socket.on('ping', () => pings.push(1));
    // A dead client answers nothing.
    opened.socket.pong = () => {};
    (opened.socket as unknown as { _autoPong: boolean })._autoPong = false;
    await until(() => server.resourceUsage().connections === 0);
    expect(pings).toHaveLength(1);
    expect(await opened.closed).toBe(1006);
  });
});

async function untilOnlyConnectionsAreLeft(): Promise<void> {
  await until(() => {
    const { connections: _, ...held } = server.resourceUsage();
    return Object.values(held).every((each) => each === 0);
  });
}

describe('an upgrade', () => {
  const upgrade = (headers: string[], target = '/graphql') =>
    sendBytes(
      server.url,
      rawRequest({ method: 'GET', target, headers: ['connection: upgrade', ...headers], body: '' }),
    );
  const KEY = `sec-websocket-key: ${randomBytes(16).toString('base64')}`;

  test.each<[string, string[], number, string]>([
    ['of a page of another origin', ['origin: https://evil.example'], 403, 'FORBIDDEN'],
    ['of a page without an origin', ['origin: null'], 403, 'FORBIDDEN'],
    ['without a key', [], 400, 'BAD_USER_INPUT'],
    ['of another version', [KEY, 'sec-websocket-version: 12'], 400, 'BAD_USER_INPUT'],
  ])('%s is refused in the form of all refusals', async (_, headers, status, code) => {
    const answer = await upgrade(['upgrade: websocket', ...headers]);
    expect(answer).toMatchObject({ status, code });
    expect(answer.errors[0]?.extensions.requestId).toBe(answer.headers.get('x-request-id'));
    expect(server.resourceUsage().connections).toBe(0);
  });

  test('of an allowed page, and of our own, is none of others', async () => {
    for (const origin of ['https://app.example', server.url]) {
      const { socket } = await open({ origin });
      expect(socket.readyState).toBe(WebSocket.OPEN);
    }
  });

  test('to HTTP/2, or somewhere else, is an ordinary request', async () => {
    const h2c = ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    expect(await sendBytes(server.url, rawRequest({ headers: h2c }))).toMatchObject({ status: 200, errors: [] });
    expect((await upgrade(['upgrade: websocket', KEY], '/nothing')).status).toBe(404);
    expect((await upgrade(['upgrade: h2c'])).status).toBe(405);
  });

  test('is closed where its client speaks another protocol', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-ws');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => server.resourceUsage().connections === 0);
  });
});

describe.each<Transport>(TRANSPORTS)('over %s', (transport) => {
  test('an account has 32 connections at most, and others have theirs', async () => {
    const other = await school.student(school.course);
    const of = (person: Person) =>
      subscribeBy(transport, server.url, POMODORO, () => person.token, { retryAttempts: 0 });
    for (let count = 0; count < 32; count += 1) of(student);
    await subscribed(32);
    const refused = of(student);
    const error = await refused.ended;
    if (transport === 'websocket') expect(refused.closeCodes).toEqual([1013]);
    else expect(error).toMatchObject({ response: { status: 503 } });
    const others = of(other);
    await subscribed(33);
    expect(others.isEnded).toBe(false);
  });

  test('50 that come and go leave no listener', async () => {
    const inboxes: { ended: boolean }[] = [];
    const add = Listeners.prototype.add;
    jest.spyOn(Listeners.prototype, 'add').mockImplementation(function (this: never, id, onEnd) {
      const inbox = { ended: false };
      inboxes.push(inbox);
      return add.call(this, id, () => {
        inbox.ended = true;
        onEnd();
      }) as never;
    });
    for (let round = 0; round < 5; round += 1) {
      const subscribers = Array.from({ length: 10 }, () =>
        subscribeBy(transport, server.url, POMODORO, () => student.token),
      );
      await subscribed(10);
      for (const subscriber of subscribers) subscriber.leave();
      await untilIdle(server);
    }
    expect(inboxes.map(({ ended }) => ended)).toEqual(Array.from({ length: 50 }, () => true));
  });

  test('three hundred may connect at once', async () => {
    const persons = [student, ...(await Promise.all(Array.from({ length: 9 }, () => school.student(school.course))))];
    const subscribers = persons.flatMap((person) =>
      Array.from({ length: 30 }, () =>
        subscribeBy(transport, server.url, POMODORO, () => person.token, { retryAttempts: 0 }),
      ),
    );
    await subscribed(300);
    await student.mutate('startPomodoro', { plannedMinutes: 5, device: 'x' });
    await until(() => subscribers.filter(({ answers }) => answers.length === 1).length === 30);
    expect(subscribers.some(({ isEnded }) => isEnded)).toBe(false);
  });
});

describe('a client that does not read', () => {
  /** An event of a megabyte, so that some fill what the system keeps for a connection. */
  async function withLongText(): Promise<{ person: Person; query: string; another: () => Promise<void> }> {
    const person = await school.student(school.course);
    const another = async () => {
      const assignmentId = await school.assignment();
      await person.mutate('submitAssignment', { assignmentId, content: 'é'.repeat(20_000) });
    };
    const texts = Array.from({ length: 40 }, (_, n) => `a${n}: content`).join(' ');
    return { person, query: `subscription { rewardGranted(afterSequence: 0) { submission { ${texts} } } }`, another };
  }

  /** Subscribes on a connection that nobody reads. */
  async function subscribeUnread(transport: Transport, person: Person, query: string) {
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    const body = JSON.stringify({ query });
    if (transport === 'sse') {
      const headers = [`authorization: Bearer ${person.token}`, 'accept: text/event-stream'];
      socket.write(rawRequest({ target: '/graphql/stream', headers, body }));
    } else {
      socket.write(
        `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
          `sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      );
      await once(socket, 'data');
      socket.write(frame({ type: 'connection_init', payload: { authorization: `Bearer ${person.token}` } }));
      socket.write(frame({ type: 'subscribe', id: '1', payload: { query } }));
    }
    socket.pause();
    return { socket, closed };
  }

  test('of an event stream does not keep its connection after a sign-out', async () => {
    const { person, query, another } = await withLongText();
    for (let count = 0; count < 12; count += 1) await another();
    shorten(SEND_TIMEOUT_MS, 1_000_000);
    const { socket } = await subscribeUnread('sse', person, query);
    await subscribed(1);
    // An event that waits all that time: the systems of both sides have taken all that they take.
    let waiting = 0;
    await until(() => {
      waiting = server.resourceUsage().subscriptionAnswers > 0 ? waiting + 1 : 0;
      return waiting === 100;
    });
    await person.must('mutation { signOut }');
    await until(() => server.resourceUsage().connections === 0);
    socket.destroy();
  });

  const MIB = 1_048_576;

  test.each<Transport>(TRANSPORTS)('over %s keeps one answer, and is closed', async (transport) => {
    shorten(SEND_TIMEOUT_MS, 3_000);
    const { person, query, another } = await withLongText();
    for (let count = 0; count < 12; count += 1) await another();
    const { socket, closed } = await subscribeUnread(transport, person, query);
    await subscribed(1);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.resourceUsage().subscriptionAnswers);
    }, 5);
    await until(() => server.resourceUsage().subscriptions === 0);
    clearInterval(watch);
    // No more than one event is executed beyond what the system keeps for a connection; each has 1.6 MB.
    expect(most).toBeLessThanOrEqual(16 * MIB);
    const { events } = JSON.parse(
      server
        .log()
        .trim()
        .split('\n')
        .findLast((line) => line.includes('"events":'))!,
    );
    expect(events).toBeGreaterThan(0);
    expect(events).toBeLessThan(12);
    socket.destroy();
    await closed;
  });
});

test.each<Transport>(TRANSPORTS)(
  'over %s a subscriber that falls 256 events behind is closed, and may resume',
  async (transport) => {
    const person = await school.student(school.course);
    const assignmentId = await school.assignment();
    const query = 'subscription ($after: Int) { rewardGranted(afterSequence: $after) { sequence submission { id } } }';
    const requestId = `slow-${transport}-of-this-test`;
    const options = { headers: { 'x-request-id': requestId }, retryAttempts: 0 };
    const slow = subscribeBy(transport, server.url, { query }, () => person.token, options);
    await subscribed(1);
    // Each event waits for the database, and all others come at once.
    await server.database.failCommand({
      failCommands: ['find'],
      namespace: `${server.database.name}.submissions`,
      mode: 'alwaysOn',
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    await person.mutate('submitAssignment', { assignmentId, content: 'x' });
    const row = await RewardModel.collection.findOne({ studentId: new Types.ObjectId(person.id) });
    const rows = Array.from({ length: 300 }, (_, n) => ({
      ...row!,
      _id: new Types.ObjectId(),
      sequence: n + 2,
      subject: { ...row!.subject, id: new Types.ObjectId() },
    }));
    await RewardModel.collection.insertMany(rows);
    expect(await slow.ended).toBeDefined();
    expect(slow.closeCodes).toEqual(transport === 'websocket' ? [4408] : []);
    const lines = await server.linesOf(transport === 'sse' ? requestId : `${requestId}.1`);
    expect(lines.filter(({ failure }) => failure)).toEqual([]);
  },
);

/** One frame of a client. */
function frame(message: object): Buffer {
  const data = Buffer.from(JSON.stringify(message));
  const length = Buffer.from([0x81, 0x80 | 126, data.length >> 8, data.length & 255]);
  // A mask of zeros changes nothing.
  return Buffer.concat([length, Buffer.alloc(4), data]);
}

describe('places', () => {
  const access = (accountId = new Types.ObjectId()) => ({
    viewer: { accountId, role: 'STUDENT' as const, signInId: 'x' },
    expiresAt: Number.POSITIVE_INFINITY,
  });
  const unobserved = { connected() {}, disconnected() {}, subscribed: () => () => {} };
  const created = () => createConnections(() => new Date(), { has: () => false }, unobserved);
  const enterAll = (enter: () => Slot | null) => {
    const places: Slot[] = [];
    for (let place = enter(); place; place = enter()) places.push(place);
    return places;
  };

  test('of those who have not signed in are for half of them one network at most, and come back', () => {
    const connections = created();
    const places = enterAll(() => connections.open('192.0.2.1'));
    expect(places).toHaveLength(2_000);
    expect(connections.open('192.0.2.2')).not.toBeNull();
    for (const place of places) place.release();
    places[0]?.release();
    expect(connections.usage().connections).toBe(1);
    expect(enterAll(() => connections.open('192.0.2.1'))).toHaveLength(1_999);
    connections.shutDown();
  });

  test('of one network are half of all, of one account 32, and all come back', () => {
    const connections = created();
    const enter = (network: string, account?: Types.ObjectId) => {
      const place = connections.open(network);
      if (place?.signIn(access(account))) return place;
      place?.release();
      return null;
    };
    const account = new Types.ObjectId();
    const ofAccount = enterAll(() => enter('192.0.2.1', account));
    expect(ofAccount).toHaveLength(32);
    const ofNetwork = enterAll(() => enter('192.0.2.1'));
    expect(ofNetwork).toHaveLength(6_000 - 32);
    expect(enter('192.0.2.2')).not.toBeNull();
    for (const place of [...ofAccount, ...ofNetwork]) place.release();
    expect(connections.usage().connections).toBe(1);
    expect(enterAll(() => enter('192.0.2.1', account))).toHaveLength(32);
    connections.shutDown();
  });
});
