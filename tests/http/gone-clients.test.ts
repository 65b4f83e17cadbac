/** Connections that are cut, or on which the client reads or writes nothing, do not affect other clients. */
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { Types } from 'mongoose';
import { SEND_TIMEOUT_MS } from '../../src/http/reservation.js';
import { AssignmentModel } from '../../src/storage/models/assignment.js';
import { mutationOf, useServer } from '../support/client.js';
import { type Connection, headOf, openConnection, requestOf } from '../support/connection.js';
import { shorten } from '../support/timers.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, PASSWORD, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

const connections: Connection[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const { cut } of connections.splice(0)) cut();
});

async function open(): Promise<Connection> {
  const connection = await openConnection(server.url);
  connections.push(connection);
  return connection;
}

const openMany = (count: number) => Promise.all(Array.from({ length: count }, open));

async function expectServed(): Promise<void> {
  expect(await student.ask('{ me { id } }')).toMatchObject({ status: 200, errors: [] });
  expect(await server.nobody.ask('{ badges { id } }')).toMatchObject({ status: 200, errors: [] });
}

const introspection = { query: getIntrospectionQuery() };

/**
 * A well-formed token with a wrong signature: to refuse it takes a check of the signature, and a turn of the event
 * loop.
 */
const madeUpToken = () =>
  [{ alg: 'HS256' }, { sub: randomUUID() }, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

test('1,100 connections with made-up tokens, each cut at once', async () => {
  const lines = () => server.log().split('durationMs').length - 1;
  const before = lines();
  // All of them together: the later ones are gone by the time at which their token is looked at.
  for (const { write, cut } of await openMany(1_100)) {
    write(requestOf({ query: '{ me { id } }' }, { token: madeUpToken() }));
    cut();
  }
  await until(() => lines() - before === 1_100, 'a line for each of them');
  await expectServed();
  await untilIdle(server);
});

describe('pipelined requests', () => {
  test('300 introspections on each of eight connections, whose answers are not read', async () => {
    const eight = await openMany(8);
    for (const connection of eight) {
      connection.pause();
      connection.write(requestOf(introspection).repeat(300));
    }
    await expectServed();
    for (const { cut } of eight) cut();
    await untilIdle(server);
    await expectServed();
  });

  test('beyond the limit of one connection: it is closed, and the running ones finish', async () => {
    await server.database.failCommand({
      failCommands: ['commitTransaction'],
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    const rename = { query: 'mutation { updateProfile(input: { displayName: "Grace" }) { id } }' };
    const connection = await open();
    connection.write(requestOf(rename, { token: student.token }).repeat(33));
    expect(await connection.ended).toBe('');
    await untilIdle(server);
    expect(await student.must('{ me { displayName } }')).toEqual({ me: { displayName: 'Grace' } });
  });

  test('each has its log line when the client leaves before the first is answered', async () => {
    const slow = { query: 'mutation { updateProfile(input: { displayName: "Grace" }) { id } }' };
    const quick = { query: '{ badges { id } }' };
    const [first, ...others] = ['first', 'second', 'third'].map((position) => `pipelined-${position}-${randomUUID()}`);
    const blocked = await server.database.failCommand({
      failCommands: ['commitTransaction'],
      blockConnection: true,
      blockTimeMS: 500,
      mode: 'alwaysOn',
    });
    const connection = await open();
    const { token } = student;
    for (const [position, requestId] of [first!, ...others].entries()) {
      connection.write(requestOf(position === 1 ? quick : slow, { token, requestId }));
    }
    await until(() => server.resourceUsage().running >= 2, 'requests that run');
    connection.cut();
    for (const requestId of [first!, ...others]) {
      expect(await server.linesOf(requestId)).toMatchObject([{ requestId, outcome: 'ok', clientGone: true }]);
    }
    await blocked.off();
    await untilIdle(server);
  });

  test('up to the limit of one connection are all answered', async () => {
    const connection = await open();
    connection.write(requestOf({ query: '{ badges { id } }' }).repeat(31));
    connection.write(requestOf({ query: '{ badges { id } }' }).replace('host: x', 'host: x\r\nconnection: close'));
    expect((await connection.ended).match(/HTTP\/1.1 200 OK/g)).toHaveLength(32);
    await untilIdle(server);
  });
});

describe('an answer of several megabytes that is not read', () => {
  const large = {
    query: '{ courses(first: 1) { edges { node { assignments(first: 100) { edges { node { instructions } } } } } } }',
  };

  beforeAll(async () => {
    const { courseId, ...any } = (await AssignmentModel.findById(await school.assignment()).lean())!;
    await AssignmentModel.insertMany(
      Array.from({ length: 100 }, () => ({
        ...any,
        ...{ _id: new Types.ObjectId(), courseId, instructions: '\u{1F600}'.repeat(20_000) },
      })),
      { lean: true },
    );
  });

  /** Five who ask for it, as soon as they hold nothing but their answers. */
  async function fiveAnswered(): Promise<Connection[]> {
    const five = await openMany(5);
    for (const connection of five) {
      connection.write(requestOf(large, { token: student.token }));
      await connection.begun;
      connection.pause();
    }
    await until(() => server.resourceUsage().running === 0);
    return five;
  }

  test('by five clients: all others are served, and nothing stays reserved when they have disconnected', async () => {
    const five = await fiveAnswered();
    expect(server.resourceUsage().answers).toBeGreaterThan(5 * 1_000_000);
    await expectServed();
    for (const { cut } of five) cut();
    await untilIdle(server);
  });

  test('for too long: its connection is closed', async () => {
    shorten(SEND_TIMEOUT_MS, 200);
    await fiveAnswered();
    await untilIdle(server);
  });
});

describe('half a body', () => {
  const half = (token?: string) => `${headOf({ length: 200, ...(token !== undefined && { token }) })}{"query":`;

  test('on a thousand connections: all others are served, and nothing stays reserved when they have disconnected', async () => {
    const thousand = await openMany(1_000);
    thousand.forEach((connection, position) => {
      connection.write(half(position % 2 === 0 ? student.token : undefined));
    });
    await until(() => server.resourceUsage().requests >= 1_000 * 8_192);
    expect(server.resourceUsage().running).toBe(0);
    await expectServed();
    for (const { cut } of thousand) cut();
    await untilIdle(server);
  });

  test('of 1 MB, on a hundred connections of one account: other clients are not affected', async () => {
    const hot = await school.student();
    const hundred = await openMany(100);
    for (const { write } of hundred) write(`${headOf({ length: 1_000_000, token: hot.token })}{"query":`);
    // As many as are let in: all others are refused.
    await until(() => server.resourceUsage().requests >= 8 * 4_000_000);
    await expectServed();
    expect(server.resourceUsage().requests).toBeLessThan(34 * 1_048_576);
    for (const { cut } of hundred) cut();
    await untilIdle(server);
  });

  test('and then nothing for too long: the connection is closed', async () => {
    const listen = jest.spyOn(net.Server.prototype, 'listen');
    const { startServer } = await import('../support/server.js');
    const other = await startServer({ demonstration: false, clock: server.clock });
    try {
      const [httpServer] = listen.mock.contexts as { timeout: number }[];
      expect(httpServer?.timeout).toBe(30_000);
      httpServer!.timeout = 200;
      const connection = await openConnection(other.url);
      connection.write(half());
      await connection.ended;
      await until(() => other.resourceUsage().requests === 0);
    } finally {
      await other.close();
    }
  });
});

test('thousands of clients disconnect at every stage, and nothing stays reserved', async () => {
  const random = createRandom(20_261_125);
  const among = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  const cheap = [
    { query: '{ me { id displayName } courses { edges { node { assignments { edges { node { id } } } } } } }' },
    { query: 'mutation { updateProfile(input: { displayName: "Ada" }) { id } }' },
    { query: '{ __schema { types { name fields { name description } } } }' },
    { query: '{ nothing }' },
    { query: '{ badges { id } }' },
  ];
  const signIn = { query: mutationOf('signIn'), variables: { input: { email: student.email, password: PASSWORD } } };
  const tokens = [student.token, undefined, madeUpToken()];

  async function hangUp(): Promise<void> {
    const connection = await openConnection(server.url);
    const token = among(tokens);
    // A password takes some of the processor's time.
    const request = requestOf(random() < 0.03 ? signIn : among(cheap), token === undefined ? {} : { token });
    const body = request.indexOf('\r\n\r\n') + 4;
    switch (among(['in the head', 'after the head', 'in the body', 'while it runs', 'in the answer', 'in a row'])) {
      case 'in the head':
        connection.write(request.slice(0, Math.floor(random() * body)));
        break;
      case 'after the head':
        connection.write(request.slice(0, body));
        break;
      case 'in the body':
        connection.write(request.slice(0, body + Math.floor(random() * (request.length - body))));
        break;
      case 'while it runs':
        connection.write(request);
        break;
      case 'in the answer':
        connection.write(request);
        await connection.begun;
        break;
      default:
        connection.write(request.repeat(1 + Math.floor(random() * 5)));
    }
    if (random() < 0.7) await sleep(Math.floor(random() * 20));
    connection.cut();
    await connection.ended;
  }

  await Promise.all(
    Array.from({ length: 50 }, async () => {
      for (let count = 0; count < 40; count += 1) await hangUp();
    }),
  );
  await untilIdle(server);
  expect(Object.values(server.resourceUsage()).filter((amount) => amount !== 0)).toEqual([]);
  await expectServed();
});

/** The same numbers from 0 to 1 for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
