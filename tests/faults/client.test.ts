import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../support/until.js';
import { Clients } from './client.js';
import type { LogicalRequest } from './record.js';

/** The ids of requests as they arrived. */
let arrived: string[];
/** How many requests are held. Later ones are answered at once. */
let heldCount: number;
let answerHeld: () => void;
let server: http.Server;
let clients: Clients;

const ANSWER = JSON.stringify({ data: { submitAssignment: { __typename: 'Refusal', code: 'NOT_FOUND' } } });

beforeEach(async () => {
  arrived = [];
  heldCount = 1;
  const held: http.ServerResponse[] = [];
  answerHeld = () => {
    for (const response of held) response.end(ANSWER);
  };
  server = http.createServer(({ headers }, response) => {
    arrived.push(String(headers['x-request-id']).split('.')[0]!);
    if (arrived.length <= heldCount) held.push(response);
    else response.end(ANSWER);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  clients = new Clients({ targets: [{ url }], retryForMs: 60_000 });
});

afterEach(async () => {
  clients.close();
  server.closeAllConnections();
  server.close();
});

const request = (id: string, more: Partial<LogicalRequest> = {}): LogicalRequest => ({
  ...{ id, studentId: '64b000000000000000000001', operation: 'submitAssignment', subjectId: 'none' },
  ...{ idempotencyKey: null, content: 'An essay' },
  ...more,
});

test('given a request to be sent after one of an earlier call that was not sent yet, it waits for it', async () => {
  const earlier = clients.retryAllUntilResolved([request('held'), request('before')], 1);
  await until(() => arrived.length === 1);
  const later = clients.retryAllUntilResolved([request('after', { sendAfter: 'before' }), request('other')], 2);
  await until(() => arrived.length === 2);
  expect(arrived).toEqual(['held', 'other']);
  answerHeld();
  await Promise.all([earlier, later]);
  expect(arrived).toEqual(['held', 'other', 'before', 'after']);
});

test('given clients that are stopped, no request waits for one that is never sent', async () => {
  const earlier = clients.retryAllUntilResolved([request('held'), request('before')], 1);
  await until(() => arrived.length === 1);
  const later = clients.retryAllUntilResolved([request('after', { sendAfter: 'before' })], 1);
  clients.stop();
  answerHeld();
  await Promise.all([earlier, later]);
  expect(arrived).toEqual(['held']);
});

test('however many requests wait for their answers, the next one is sent at once: its time runs', async () => {
  heldCount = 300;
  const requests = Array.from({ length: heldCount }, (_, number) => request(`r-${number}`));
  const resolved = clients.retryAllUntilResolved(requests, heldCount);
  await until(() => arrived.length === heldCount);
  answerHeld();
  await resolved;
});
