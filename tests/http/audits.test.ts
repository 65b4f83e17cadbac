/** GraphQL over HTTP, as graphql-http audits it. */
import { expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { useServer } from '../support/client.js';

const server = useServer();

/** All three are about GET, which a mere link can send: there is none here. */
const NOT_OFFERED = ['5A70', '6A70', 'D6D5'];

test('every audit passes but those of what need not be offered', async () => {
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch });
  const failed: Record<string, string> = {};
  for (const { id, name, fn } of audits) {
    const { status } = await fn();
    if (status !== 'ok') failed[id] = `${status}: ${name}`;
  }
  expect(audits.length).toBeGreaterThan(60);
  expect(Object.keys(failed).sort()).toEqual(NOT_OFFERED);
  for (const reason of Object.values(failed)) expect(reason).toMatch(/^notice: MAY .+GET/);
});
