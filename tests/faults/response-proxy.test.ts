import { once } from 'node:events';
import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { project } from '../architecture/project-copy.js';
import { useDatabase } from '../support/database.js';
import { givenClassAt } from './given-class-at.js';
import { type ProductServer, startProductServer } from './product-server.js';
import { type ResponseProxy, startResponseProxy } from './response-proxy.js';

let proxy: ResponseProxy;

afterEach(() => proxy.close());

describe('a response proxy in front of the product', () => {
  let server: ProductServer;
  // This hook is declared before the database: hooks run in order, so the database is closed last.
  afterAll(() => server.kill());
  const database = useDatabase();
  beforeAll(async () => {
    server = await startProductServer({ root: project, uri: database.uri });
  });

  test('it passes a response on unchanged', async () => {
    proxy = await startResponseProxy(server.url);
    const { handIn, rewards } = await givenClassAt(proxy.url);
    const response = await handIn();
    const [reward] = await rewards();
    expect(response.data.submitAssignment).toMatchObject({
      replayed: false,
      reward: { id: reward?._id.toHexString() },
    });
    expect(response.headers.get('x-request-id')).toMatch(/./);
    expect(proxy.counts()).toEqual({ delivered: 1, dropped: 0, unanswered: 0, truncated: 0 });
  });

  test('it drops a response only after the server sent it: the reward exists, and a retry replays it', async () => {
    proxy = await startResponseProxy(server.url);
    const { handIn, rewards } = await givenClassAt(proxy.url);
    proxy.dropResponses(1);
    await expect(handIn()).rejects.toThrow('fetch failed');
    const [reward, ...more] = await rewards();
    expect(more).toEqual([]);
    const repeated = await handIn();
    expect(repeated.data.submitAssignment).toMatchObject({ replayed: true, reward: { id: reward?._id.toHexString() } });
    expect(proxy.dropped()).toBe(1);
    expect(proxy.counts()).toEqual({ delivered: 1, dropped: 1, unanswered: 0, truncated: 0 });
  });

  test('a predicate selects responses by their request and response', async () => {
    proxy = await startResponseProxy(server.url);
    const { handIn } = await givenClassAt(proxy.url);
    proxy.dropResponses(
      ({ path, requestBody, status, responseBody }) =>
        path === '/graphql' && /An essay/.test(requestBody) && status === 200 && /"replayed":false/.test(responseBody),
    );
    await expect(handIn()).rejects.toThrow('fetch failed');
    expect((await handIn()).data.submitAssignment.replayed).toBe(true);
    proxy.dropResponses(0);
    expect((await handIn()).data.submitAssignment.replayed).toBe(true);
    expect(proxy.counts()).toMatchObject({ delivered: 2, dropped: 1 });
  });
});

describe('when the server fails', () => {
  async function serverThatSends(bytes: string): Promise<net.Server> {
    const server = net.createServer((socket) => socket.once('data', () => socket.end(bytes)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  test.each([
    ['before it sends anything', '', 'unanswered'],
    ['in the middle of the head', 'HTTP/1.1 200 OK\r\nContent-Le', 'truncated'],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'truncated'],
  ] as const)('%s, the proxy counts it as such and the client gets no response', async (_, bytes, kind) => {
    const server = await serverThatSends(bytes);
    proxy = await startResponseProxy(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    await expect(fetch(`${proxy.url}/health/live`)).rejects.toThrow('fetch failed');
    server.close();
    expect(proxy.counts()).toEqual({ delivered: 0, dropped: 0, unanswered: 0, truncated: 0, [kind]: 1 });
  });

  test('because it is not running, the request counts as unanswered', async () => {
    proxy = await startResponseProxy('http://127.0.0.1:1');
    await expect(fetch(`${proxy.url}/health/live`)).rejects.toThrow('fetch failed');
    expect(proxy.counts()).toMatchObject({ unanswered: 1 });
  });
});
