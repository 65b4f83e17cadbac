import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Connections, HttpConnection } from '../../bench/load/http-connection.js';
import { type LoadJob, mostRequests, variablesOf } from '../../bench/load/load-job.js';

const job = (asked: LoadJob['asked']): LoadJob => ({
  urls: [],
  tokens: ['ada', 'grace'],
  query: '',
  asked,
  devices: 1,
  expected: '',
  otherwise: 'fail',
  warmUpSeconds: 0,
  shape: { kind: 'loops', clients: 1, seconds: 1 },
});

describe('a load', () => {
  test('of submissions asks everybody for the first assignment, then everybody for the second, and ends', () => {
    const submissions = job({ kind: 'submissions', assignments: ['one', 'other'] });
    const asked = [0, 1, 2, 3].map((number) => variablesOf(submissions, number));
    const ids = asked.map((variables) => (variables as { input: { assignmentId: string } }).input.assignmentId);
    expect(ids).toEqual(['one', 'one', 'other', 'other']);
    expect(mostRequests(submissions)).toBe(4);
  });

  test('of replays is the same request for ever, under a key of each student', () => {
    const replays = job({ kind: 'the same submission', assignment: 'one' });
    expect(variablesOf(replays, 100)).toEqual(variablesOf(replays, 0));
    expect(variablesOf(replays, 1)).not.toEqual(variablesOf(replays, 0));
    expect(mostRequests(replays)).toBe(Number.POSITIVE_INFINITY);
  });

  test('repeats under the key under which the thing was first handed in', () => {
    const first = variablesOf(job({ kind: 'submissions', assignments: ['one'] }), 1);
    expect(variablesOf(job({ kind: 'the same submission', assignment: 'one' }), 1)).toEqual(first);
  });

  test('of ends asks for each session once', () => {
    const ends = job({ kind: 'ends', sessions: ['first', 'second'] });
    expect(variablesOf(ends, 1)).toMatchObject({ input: { sessionId: 'second' } });
    expect(mostRequests(ends)).toBe(2);
  });
});

describe('a connection', () => {
  let server: Server;
  const sockets: Socket[] = [];
  afterEach(() => {
    server.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** A server that sends these pieces, one after the other, for each of its requests. */
  async function answering(...answers: (readonly (string | Buffer)[])[]): Promise<{ url: string; opened(): number }> {
    let opened = 0;
    let asked = 0;
    server = createServer((socket) => {
      opened += 1;
      sockets.push(socket);
      socket.setNoDelay(true).on('error', () => {});
      socket.on('data', async () => {
        for (const piece of answers[asked++ % answers.length]!) {
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

  test('puts an answer together from its pieces, wherever they were cut, and is used again', async () => {
    const cut = zoe.indexOf('ë') + 1;
    const head = headOf(zoe);
    const other = Buffer.from('{"name":"Ada Lovelace"}');
    const { url } = await answering(
      [head.slice(0, 20), head.slice(20), zoe.subarray(0, cut), zoe.subarray(cut)],
      [headOf(other), other],
    );
    const connection = new HttpConnection(url);
    expect(await connection.post('token', '{}')).toBe(zoe.toString());
    expect(await connection.post('token', '{}')).toBe(other.toString());
    connection.close();
  });

  test('fails where the length of an answer is not told', async () => {
    const { url } = await answering(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n']);
    const connection = new HttpConnection(url);
    await expect(connection.post('token', '{}')).rejects.toThrow('without a content-length');
    connection.close();
  });

  test('fails where it is closed before the answer', async () => {
    server = createServer((socket) => void socket.on('data', () => socket.destroy()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(new HttpConnection(`http://127.0.0.1:${port}`).post('token', '{}')).rejects.toThrow();
  });

  test('is waited for where all that there may be are busy', async () => {
    const { url, opened } = await answering([headOf(zoe), zoe]);
    const connections = new Connections(url, 2);
    const answers = await Promise.all(Array.from({ length: 6 }, () => connections.post('token', '{}')));
    expect(answers).toHaveLength(6);
    expect(opened()).toBe(2);
  });
});
