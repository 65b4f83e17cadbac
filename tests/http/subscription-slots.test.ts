/** However a connection with subscriptions ends, its slot is free again: nothing is used up by clients that come and go. */
import assert from 'node:assert';
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type Access, type Connections, createConnections } from '../../src/http/subscriptions/connections.js';

/** More connections than one network may have. */
const TIMES = 6_100;
/** The most connections of one account. */
const PER_ACCOUNT = 32;

function given(): { connections: Connections; observed: string[] } {
  const observed: string[] = [];
  const observer = {
    connected: () => observed.push('connected'),
    disconnected: (_transport: string, reason: string) => observed.push(reason),
    subscribed: () => () => {},
  };
  const connections = createConnections(() => new Date(0), { has: () => false }, observer as never);
  return { connections, observed };
}

const accessOf = (accountId = new Types.ObjectId()): Access => ({
  viewer: { accountId, role: 'STUDENT', signInId: 'x' },
  expiresAt: 1,
});

const network = '203.0.113.7';

describe('a slot is free again after a connection that', () => {
  const one = accessOf();
  const full = accessOf();

  test.each<[string, (connections: Connections) => void]>([
    ['never sent its token', (connections) => connections.open(network)!.release()],
    [
      'was signed in',
      (connections) => {
        const slot = connections.open(network)!;
        assert(slot.signIn(one));
        slot.release();
      },
    ],
    [
      'closed twice',
      (connections) => {
        const slot = connections.open(network)!;
        assert(slot.signIn(one));
        slot.release();
        slot.release();
      },
    ],
    [
      'closed before its token was checked',
      (connections) => {
        const slot = connections.open(network)!;
        slot.release();
        assert(!slot.signIn(one));
      },
    ],
    [
      'was refused because its account has too many',
      (connections) => {
        const slot = connections.open(network)!;
        assert(!slot.signIn(full));
        slot.release();
      },
    ],
  ])('%s', (_, comeAndGo) => {
    const { connections } = given();
    const held = Array.from({ length: PER_ACCOUNT }, () => connections.open('198.51.100.1')!);
    for (const slot of held) expect(slot.signIn(full)).toBe(true);
    for (let time = 0; time < TIMES; time += 1) comeAndGo(connections);
    expect(connections.usage().connections).toBe(PER_ACCOUNT);
    for (const slot of held) slot.release();
    expect(connections.usage().connections).toBe(0);
    const again = Array.from({ length: PER_ACCOUNT }, () => connections.open(network)!);
    for (const slot of again) expect(slot.signIn(full)).toBe(true);
    expect(connections.open(network)!.signIn(full)).toBe(false);
    connections.shutDown();
  });
});

test('a connection that closes twice is counted once, and no other takes the place of one that is open', () => {
  const { connections, observed } = given();
  const [first, second] = [connections.open(network)!, connections.open(network)!];
  first.attach({ transport: 'sse', closeReason: null, close: () => {}, ping: () => {} });
  first.release();
  first.release();
  expect(observed).toEqual(['connected', 'ok']);
  expect(connections.usage().connections).toBe(1);
  second.release();
  connections.shutDown();
  expect(connections.open(network)).toBeNull();
});

test('subscriptions are counted until they end', () => {
  const { connections } = given();
  const ends = [1, 2, 3].map(() => connections.countSubscription('rewardGranted', 'websocket'));
  expect(connections.usage().subscriptions).toBe(3);
  for (const end of ends) end();
  expect(connections.usage().subscriptions).toBe(0);
  connections.shutDown();
});
