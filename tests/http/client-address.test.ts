/** The address of a client behind proxies: a client can neither choose it nor have several. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { readConfig } from '../../src/config.js';
import { forwardedAddresses, normalizeForwardedFor, trustProxyOption } from '../../src/http/client-address.js';
import { clientOf, mutationOf, useServer } from '../support/client.js';
import { startServer } from '../support/server.js';
import { newEmail } from './school.js';

describe('an entry of X-Forwarded-For', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:5678', '203.0.113.7'],
    ['203.0.113.7:0', '203.0.113.7'],
    ['  203.0.113.7\t', '203.0.113.7'],
    ['"203.0.113.7:5678"', '203.0.113.7'],
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:5678"', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:1234', '2001:db8::1'],
    ['for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['[::1]:1234', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['::ffff:198.51.100.234', '198.51.100.234'],
    ['[::ffff:203.0.113.7]:80', '203.0.113.7'],
  ])('%s is an address', (entry, address) => {
    expect(forwardedAddresses(entry)).toEqual([address]);
  });

  test.each([
    'unknown',
    '_hidden',
    'for=_hidden',
    '203.0.113',
    '203.0.113.007',
    '203.0.113.7:port',
    '203.0.113.7:123456',
    '203.0.113.7:1:2',
    '203.0.113.7/32',
    '203.0.113.7 8',
    '[203.0.113.7]',
    '[2001:db8::1',
    '2001:db8::1]:80',
    '[]:80',
    ':80',
    '"203.0.113.7',
    'http://203.0.113.7',
    '3405803783',
    '0xcb.0.113.7',
    'for=203.0.113.7;proto=https',
    "'; drop table",
    'ä',
  ])('%s is not an address', (entry) => {
    expect(forwardedAddresses(entry)).toEqual([]);
  });

  test('that is empty is ignored', () => {
    expect(forwardedAddresses('')).toEqual([]);
    expect(forwardedAddresses(' , ')).toEqual([]);
    expect(forwardedAddresses('203.0.113.7,, 203.0.113.8,')).toEqual(['203.0.113.7', '203.0.113.8']);
  });

  test('that is not an address hides the entries before it: only those after it come from a proxy that knows addresses', () => {
    expect(forwardedAddresses('203.0.113.1, unknown, 203.0.113.2:80, 203.0.113.3')).toEqual([
      '203.0.113.2',
      '203.0.113.3',
    ]);
    expect(forwardedAddresses('203.0.113.1, unknown')).toEqual([]);
  });
});

describe('the address of a request', () => {
  /** As Fastify tells it, behind as many proxies as TRUST_PROXY says. */
  async function addressOf(trustProxy: string, forwarded: string | string[]): Promise<string> {
    const config = readConfig({ TRUST_PROXY: trustProxy });
    const app = Fastify({ trustProxy: trustProxyOption(config.trustProxy) });
    normalizeForwardedFor(app);
    app.get('/', async ({ ip }) => ip);
    const { body } = await app.inject({ url: '/', headers: { 'x-forwarded-for': forwarded } });
    await app.close();
    return body;
  }

  // The connection itself comes from 127.0.0.1.
  test.each<[string, string, string | string[], string]>([
    ['of a client that has another port', '1', '203.0.113.7:5678', '203.0.113.7'],
    ['behind one proxy, whatever the client says', '1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['behind two', '2', '198.51.100.1, 203.0.113.7:5, 10.0.0.2:6', '203.0.113.7'],
    ['behind two, in two headers', '2', ['198.51.100.1, 203.0.113.7', '10.0.0.2'], '203.0.113.7'],
    ['by the proxies with their ports', 'loopback, 10.0.0.0/8', '203.0.113.7:5, 10.0.0.2:6', '203.0.113.7'],
    ['by proxies in IPv6', 'loopback, 10.0.0.0/8', '203.0.113.7, ::ffff:10.0.0.2', '203.0.113.7'],
    ['that is none is the proxy', '1', '198.51.100.1, unknown', '127.0.0.1'],
    ['that is none is the outer proxy', '2', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['that is nothing is the proxy', '1', '', '127.0.0.1'],
    ['without any proxy is the connection', 'false', '203.0.113.7', '127.0.0.1'],
  ])('%s', async (_, trustProxy, forwarded, address) => {
    expect(await addressOf(trustProxy, forwarded)).toBe(address);
  });
});

describe('failed sign-ins count for the address', () => {
  const server = useServer();
  let behind: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    behind = await startServer({ demonstration: false, clock: server.clock, env: { TRUST_PROXY: '1' } });
  });
  afterAll(() => behind.close());

  const guess = (forwarded: string) =>
    clientOf(behind.url).ask(
      mutationOf('signIn'),
      { input: { email: newEmail(), password: 'a wrong password' } },
      { 'x-forwarded-for': forwarded },
    );

  /** @returns how many are answered before one is refused */
  async function guesses(forwarded: (n: number) => string): Promise<number> {
    for (let count = 0; count < 400; count += 1) {
      const { code } = await guess(forwarded(count));
      if (code === 'RATE_LIMITED') return count;
    }
    return Number.POSITIVE_INFINITY;
  }

  test('and neither a port nor a word makes it a new address', async () => {
    const most = await guesses(() => '203.0.113.1');
    expect(most).toBeLessThan(400);
    expect(await guesses((n) => `203.0.113.2:${1_000 + n}`)).toBe(most);
    expect(await guesses((n) => `198.51.100.${n % 250}, garbage-${n}`)).toBe(most);
  });
});
