import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ConnectionPool, HttpConnection } from '../../bench/load/http-connection.js';
import { type LoadJob, maxRequests, variablesOf } from '../../bench/load/load-job.js';

const job = (sequence: LoadJob['sequence']): LoadJob => ({
  urls: [],
  tokens: ['ada', 'grace'],
  query: '',
  sequence,
  devices: 1,
  expectedText: '',
  onUnexpected: 'fail',
  warmUpSeconds: 0,
  shape: { kind: 'loops', clients: 1, seconds: 1 },
});

describe('a load', () => {
  test('of submissions has each student submit the first assignment, then the second, and then ends', () => {
    const submissions = job({ kind: 'submissions', assignments: ['one', 'other'] });
    const asked = [0, 1, 2, 3].map((number) => variablesOf(submissions, number));
    const ids = asked.map((variables) => (variables as { input: { assignmentId: string } }).input.assignmentId);
    expect(ids).toEqual(['one', 'one', 'other', 'other']);
    expect(maxRequests(submissions)).toBe(4);
  });

  test('of replays repeats the same request without end, with one key for each student', () => {
    const replays = job({ kind: 'the same submission', assignment: 'one' });
    expect(variablesOf(replays, 100)).toEqual(variablesOf(replays, 0));
    expect(variablesOf(replays, 1)).not.toEqual(variablesOf(replays, 0));
    expect(maxRequests(replays)).toBe(Number.POSITIVE_INFINITY);
  });

  test('of replays uses the key of the first submission', () => {
    const first = variablesOf(job({ kind: 'submissions', assignments: ['one'] }), 1);
    expect(variablesOf(job({ kind: 'the same submission', assignment: 'one' }), 1)).toEqual(first);
  });

  test('of ends has each session end once', () => {
    const ends = job({ kind: 'ends', sessions: ['first', 'second'] });
    expect(variablesOf(ends, 1)).toMatchObject({ input: { sessionId: 'second' } });
    expect(maxRequests(ends)).toBe(2);
  });
});

describe('a connection', () => {
  let server: Server;
  const sockets: Socket[] = [];
  afterEach(() => {
    server.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** Starts a server that responds to each request with the next list of pieces, one after the other. */
  async function serverThatSends(
    ...responses: (readonly (string | Buffer)[])[]
  ): Promise<{ url: string; opened(): number }> {
    let opened = 0;
    let asked = 0;
    server = createServer((socket) => {
      opened += 1;
      sockets.push(socket);
      socket.setNoDelay(true).on('error', () => {});
      socket.on('data', async () => {
        for (const piece of responses[asked++ % responses.length]!) {
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: () => opened };
  }

  const headOf = (body: Buffer) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
  const zoe = Buffer.from('{"name":"Zoë"}');

  test('assembles a response from pieces cut anywhere, and can be reused', async () => {
    const cut = zoe.indexOf('ë') + 1;
    const head = headOf(zoe);
    const other = Buffer.from('{"name":"Ada Lovelace"}');
    const { url } = await serverThatSends(
      [head.slice(0, 20), head.slice(20), zoe.subarray(0, cut), zoe.subarray(cut)],
      [headOf(other), other],
    );
    const connection = new HttpConnection(url);
    expect(await connection.post('token', '{}')).toBe(zoe.toString());
    expect(await connection.post('token', '{}')).toBe(other.toString());
    connection.close();
  });

  test('given a response without a content-length, it fails', async () => {
    const { url } = await serverThatSends(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n']);
    const connection = new HttpConnection(url);
    await expect(connection.post('token', '{}')).rejects.toThrow('a response without a content-length');
    connection.close();
  });

  test('given a connection closed before the response, it fails', async () => {
    server = createServer((socket) => void socket.on('data', () => socket.destroy()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(new HttpConnection(`http://127.0.0.1:${port}`).post('token', '{}')).rejects.toThrow();
  });

  test('given that the server closed an idle connection, the pool opens another one', async () => {
    const { url, opened } = await serverThatSends([headOf(zoe), zoe]);
    const connections = new ConnectionPool(url, 1);
    await connections.post('token', '{}');
    for (const socket of sockets) socket.destroy();
    // The client learns of it in a later turn of its event loop.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await connections.post('token', '{}')).toBe(zoe.toString());
    expect(opened()).toBe(2);
  });

  test('given that all connections of the pool are busy, a request waits for one', async () => {
    const { url, opened } = await serverThatSends([headOf(zoe), zoe]);
    const connections = new ConnectionPool(url, 2);
    const bodies = await Promise.all(Array.from({ length: 6 }, () => connections.post('token', '{}')));
    expect(bodies).toHaveLength(6);
    expect(opened()).toBe(2);
  });
});
