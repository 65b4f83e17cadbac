/** A limited resource is shared: no party may use more than what is then left for all others. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Shares } from '../../src/http/shares.js';

const { signal } = new AbortController();
const LONG = 60_000;

describe('the share of a party', () => {
  test('is half of the capacity if the party is alone', () => {
    const shares = new Shares(100);
    expect(shares.tryAcquire('a', 50)).toBe(true);
    expect(shares.tryAcquire('a', 1)).toBe(false);
  });

  test('is at most maxPerParty', () => {
    const shares = new Shares(100, 10);
    expect(shares.tryAcquire('a', 10)).toBe(true);
    expect(shares.tryAcquire('a', 1)).toBe(false);
    expect(shares.tryAcquire('b', 10)).toBe(true);
  });

  test('has room for a party that needs little, however many greedy parties there are', () => {
    const shares = new Shares(1_000);
    for (const greedy of 'abcde') while (shares.tryAcquire(greedy, 1));
    expect('abcde'.split('').map((greedy) => shares.usedBy(greedy))).toEqual([500, 250, 125, 62, 31]);
    expect(shares.tryAcquire('a modest party', 16)).toBe(true);
  });

  test('caps an amount at what one party can ever get', () => {
    const shares = new Shares(100, 30);
    expect([shares.cap(29), shares.cap(31)]).toEqual([29, 30]);
    expect(shares.tryAcquire('a', shares.cap(1_000))).toBe(true);
  });

  test('is available again after its release', () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    shares.release('a', 50);
    expect([shares.inUse, shares.usedBy('a')]).toEqual([0, 0]);
    expect(shares.tryAcquire('b', 50)).toBe(true);
  });
});

describe('a queued request', () => {
  test('is admitted as soon as there is room, in the order of arrival', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    const order: string[] = [];
    const waiting = ['first', 'second'].map((name) =>
      shares.acquire('a', 50, LONG, signal).then((isAdmitted) => order.push(`${name} ${isAdmitted}`)),
    );
    expect(shares.waiting).toBe(2);
    shares.release('a', 50);
    await waiting[0];
    expect([order, shares.waiting, shares.usedBy('a')]).toEqual([['first true'], 1, 50]);
    shares.release('a', 50);
    await waiting[1];
    expect(order).toEqual(['first true', 'second true']);
  });

  test('that does not fit does not block smaller ones behind it', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 40);
    const large = shares.acquire('a', 20, LONG, signal);
    const small = shares.acquire('a', 10, LONG, signal);
    expect(await small).toBe(true);
    shares.release('a', 40);
    expect(await large).toBe(true);
  });

  test('leaves the queue when its signal is aborted, and acquires nothing', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    const client = new AbortController();
    const waiting = shares.acquire('a', 10, LONG, client.signal);
    client.abort();
    expect(await waiting).toBe(false);
    shares.release('a', 50);
    expect([shares.inUse, shares.waiting]).toEqual([0, 0]);
    expect(await shares.acquire('a', 10, LONG, client.signal)).toBe(false);
  });

  test('leaves the queue after its timeout, and acquires nothing', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    expect(await shares.acquire('a', 10, 1, signal)).toBe(false);
    shares.release('a', 50);
    expect([shares.inUse, shares.waiting]).toEqual([0, 0]);
  });
});

test('for any sequence of acquisitions and releases, no share exceeds what is left, and all of it is released', () => {
  const step = fc.record({
    party: fc.constantFrom('a', 'b', 'c'),
    amount: fc.integer({ min: 1, max: 60 }),
    gives: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const shares = new Shares(100, 45);
      const taken: { party: string; amount: number }[] = [];
      for (const { party, amount, gives } of steps) {
        if (gives) {
          const back = taken.shift();
          if (back) shares.release(back.party, back.amount);
        } else if (shares.tryAcquire(party, amount)) {
          taken.push({ party, amount });
          expect(shares.usedBy(party)).toBeLessThanOrEqual(Math.min(45, 100 - shares.inUse));
        }
        expect(shares.inUse).toBe(taken.reduce((sum, each) => sum + each.amount, 0));
      }
      for (const { party, amount } of taken) shares.release(party, amount);
      expect(['a', 'b', 'c'].map((party) => shares.usedBy(party))).toEqual([0, 0, 0]);
      expect(shares.inUse).toBe(0);
    }),
  );
});
