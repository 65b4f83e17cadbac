/** The number of connections is limited, and idle connections cannot keep a new one out. */
import type net from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { limitConnections } from '../../src/http/connections.js';
import { drainOnClose } from '../../src/http/drain.js';
import { type Connection, openConnection } from '../support/connection.js';
import { until } from '../support/until.js';

const LIMITS = { maxOpen: 4, maxPipelined: 3 };

let app: FastifyInstance;
let url: string;
let open: ReadonlyMap<net.Socket, number>;
let connections: Connection[];
let whileClosing: () => Promise<void>;

beforeEach(async () => {
  connections = [];
  whileClosing = async () => {};
  app = Fastify();
  open = drainOnClose(app).requestsByConnection;
  limitConnections(app, open, LIMITS);
  app.addHook('preClose', () => whileClosing());
  app.get('/', async () => 'here');
  app.get('/slow', () => new Promise(() => {}));
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});

afterEach(async () => {
  for (const { cut } of connections) cut();
  await app.close();
});

async function connect(bytes = ''): Promise<Connection> {
  const connection = await openConnection(url);
  connections.push(connection);
  connection.write(bytes);
  return connection;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

async function untilRunning(requests: number): Promise<void> {
  await until(() => [...open.values()].reduce((sum, each) => sum + each, 0) >= requests);
}

test('given as many connections as allowed, a new one replaces the oldest idle one', async () => {
  const busy = await connect(get('/slow'));
  await untilRunning(1);
  const oldest = await connect();
  const [second, third] = [await connect(get('/')), await connect('GET / HTTP/1.1\r\nhal')];
  await second.begun;
  const newcomer = await connect(get('/'));
  expect(await oldest.ended).toBe('');
  await newcomer.begun;
  await connect(get('/')).then(({ begun }) => begun);
  expect(await second.ended).toContain('here');
  for (const { write } of [third]) write('f: x\r\nhost: x\r\n\r\n');
  await third.begun;
  expect([...open.values()].filter((requests) => requests > 0)).toHaveLength(1);
  busy.cut();
});

test('given requests on all connections, a new connection is closed', async () => {
  for (let count = 1; count <= LIMITS.maxOpen; count += 1) await connect(get('/slow'));
  await untilRunning(LIMITS.maxOpen);
  const newcomer = await connect(get('/'));
  expect(await newcomer.ended).toBe('');
  expect(open.size).toBe(LIMITS.maxOpen);
});

test('a connection with the maximum of unanswered requests stays open, and one more request closes it', async () => {
  const connection = await connect(get('/slow').repeat(LIMITS.maxPipelined));
  await untilRunning(LIMITS.maxPipelined);
  connection.write(get('/slow'));
  expect(await connection.ended).toBe('');
});

test('a connection that arrives while the server closes is closed, because close() waits for every open one', async () => {
  const oldest = await connect();
  let newcomer: Connection | undefined;
  whileClosing = async () => {
    newcomer = await connect(get('/'));
  };
  await app.close();
  expect(await newcomer?.ended).toBe('');
  expect(await oldest.ended).toBe('');
  expect(open.size).toBe(0);
});
