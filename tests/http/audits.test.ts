/** The audits of graphql-http for the GraphQL over HTTP specification. */
import { expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { mutationOf, useServer } from '../support/client.js';
import { makeKnown } from '../support/known.js';
import { newEmail, PASSWORD } from './school.js';

const server = useServer();

/** All three are about GET, which this server refuses because a mere link can send it. */
const NOT_OFFERED = ['5A70', '6A70', 'D6D5'];

/** Sends a request with a document that the server knows, if it has one: then Apollo does not execute it. */
async function fetchKnown(url: string, init: RequestInit = {}): Promise<Response> {
  if (typeof init.body === 'string') await makeKnown(server.url, queryIn(init.body));
  return fetch(url, init);
}

function queryIn(body: string): string {
  try {
    return String(JSON.parse(body).query);
  } catch {
    return '';
  }
}

test.each([
  ['with new documents', fetch],
  ['with known documents', fetchKnown],
])('every audit passes except those of optional features: %s', async (_, fetchFn) => {
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn });
  const failed: Record<string, string> = {};
  for (const { id, name, fn } of audits) {
    const { status } = await fn();
    if (status !== 'ok') failed[id] = `${status}: ${name}`;
  }
  expect(audits.length).toBeGreaterThan(60);
  expect(Object.keys(failed).sort()).toEqual(NOT_OFFERED);
  for (const reason of Object.values(failed)) expect(reason).toMatch(/^notice: MAY .+GET/);
});

test('a client that accepts no supported media type gets JSON, because its request has been executed by then', async () => {
  const input = { email: newEmail(), password: PASSWORD, displayName: 'Ada' };
  const answer = await server.nobody.ask(mutationOf('signUp'), { input }, { accept: 'text/html' });
  expect(answer).toMatchObject({ status: 200, data: { signUp: { __typename: 'Session' } } });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
});
