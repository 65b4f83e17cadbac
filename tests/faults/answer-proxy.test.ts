import { once } from 'node:events';
import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { project } from '../architecture/project-copy.js';
import { useDatabase } from '../support/database.js';
import { type AnswerProxy, startAnswerProxy } from './answer-proxy.js';
import { givenClassAt } from './given-class-at.js';
import { type ProductServer, startProductServer } from './product-server.js';

let proxy: AnswerProxy;

afterEach(() => proxy.close());

describe('in front of the product', () => {
  let server: ProductServer;
  // Declared before the database, which goes last.
  afterAll(() => server.kill());
  const database = useDatabase();
  beforeAll(async () => {
    server = await startProductServer({ root: project, uri: database.uri });
  });

  test('an answer is passed on as it is', async () => {
    proxy = await startAnswerProxy(server.url);
    const { handIn, rewards } = await givenClassAt(proxy.url);
    const answer = await handIn();
    const [reward] = await rewards();
    expect(answer.data.submitAssignment).toMatchObject({ replayed: false, reward: { id: reward?._id.toHexString() } });
    expect(answer.headers.get('x-request-id')).toMatch(/./);
    expect(proxy.counts()).toEqual({ answered: 1, dropped: 0, unanswered: 0, truncated: 0 });
  });

  test('an answer that is dropped was given: the reward is there, and a repeat replays it', async () => {
    proxy = await startAnswerProxy(server.url);
    const { handIn, rewards } = await givenClassAt(proxy.url);
    proxy.dropAnswers(1);
    await expect(handIn()).rejects.toThrow('fetch failed');
    const [reward, ...more] = await rewards();
    expect(more).toEqual([]);
    const repeated = await handIn();
    expect(repeated.data.submitAssignment).toMatchObject({ replayed: true, reward: { id: reward?._id.toHexString() } });
    expect(proxy.dropped()).toBe(1);
    expect(proxy.counts()).toEqual({ answered: 1, dropped: 1, unanswered: 0, truncated: 0 });
  });

  test('a predicate sees request and answer, and chooses', async () => {
    proxy = await startAnswerProxy(server.url);
    const { handIn } = await givenClassAt(proxy.url);
    proxy.dropAnswers(
      ({ path, requestBody, status, answerBody }) =>
        path === '/graphql' && /An essay/.test(requestBody) && status === 200 && /"replayed":false/.test(answerBody),
    );
    await expect(handIn()).rejects.toThrow('fetch failed');
    expect((await handIn()).data.submitAssignment.replayed).toBe(true);
    proxy.dropAnswers(0);
    expect((await handIn()).data.submitAssignment.replayed).toBe(true);
    expect(proxy.counts()).toMatchObject({ answered: 2, dropped: 1 });
  });
});

describe('a server that fails', () => {
  async function serverThat(answers: string): Promise<net.Server> {
    const server = net.createServer((socket) => socket.once('data', () => socket.end(answers)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  test.each([
    ['without a word', '', 'unanswered'],
    ['in the middle of the head', 'HTTP/1.1 200 OK\r\nContent-Le', 'truncated'],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'truncated'],
  ] as const)('%s is told from the others, and leaves its client without an answer', async (_, answers, kind) => {
    const server = await serverThat(answers);
    proxy = await startAnswerProxy(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    await expect(fetch(`${proxy.url}/health/live`)).rejects.toThrow('fetch failed');
    server.close();
    expect(proxy.counts()).toEqual({ answered: 0, dropped: 0, unanswered: 0, truncated: 0, [kind]: 1 });
  });

  test('by not being there is unanswered', async () => {
    proxy = await startAnswerProxy('http://127.0.0.1:1');
    await expect(fetch(`${proxy.url}/health/live`)).rejects.toThrow('fetch failed');
    expect(proxy.counts()).toMatchObject({ unanswered: 1 });
  });
});
