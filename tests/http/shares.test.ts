/** How a limited amount is divided: nobody may hold more than is then left for all others. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Shares } from '../../src/http/shares.js';

const { signal } = new AbortController();
const LONG = 60_000;

describe('a share', () => {
  test('of one party alone is half', () => {
    const shares = new Shares(100);
    expect(shares.tryAcquire('a', 50)).toBe(true);
    expect(shares.tryAcquire('a', 1)).toBe(false);
  });

  test('of one party is no more than one may have', () => {
    const shares = new Shares(100, 10);
    expect(shares.tryAcquire('a', 10)).toBe(true);
    expect(shares.tryAcquire('a', 1)).toBe(false);
    expect(shares.tryAcquire('b', 10)).toBe(true);
  });

  test('is there for whoever asks for little, however many greedy ones there are', () => {
    const shares = new Shares(1_000);
    for (const greedy of 'abcde') while (shares.tryAcquire(greedy, 1));
    expect('abcde'.split('').map((greedy) => shares.usedBy(greedy))).toEqual([500, 250, 125, 62, 31]);
    expect(shares.tryAcquire('somebody else', 16)).toBe(true);
  });

  test('is counted as no more than a party can ever have', () => {
    const shares = new Shares(100, 30);
    expect([shares.cap(29), shares.cap(31)]).toEqual([29, 30]);
    expect(shares.tryAcquire('a', shares.cap(1_000))).toBe(true);
  });

  test('is there again when it has been given back', () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    shares.release('a', 50);
    expect([shares.inUse, shares.usedBy('a')]).toEqual([0, 0]);
    expect(shares.tryAcquire('b', 50)).toBe(true);
  });
});

describe('who waits', () => {
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

  test('does not keep others waiting whose amount fits', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 40);
    const large = shares.acquire('a', 20, LONG, signal);
    const small = shares.acquire('a', 10, LONG, signal);
    expect(await small).toBe(true);
    shares.release('a', 40);
    expect(await large).toBe(true);
  });

  test('leaves when it is given up, and takes nothing', async () => {
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

  test('leaves when its time has passed, and takes nothing', async () => {
    const shares = new Shares(100);
    shares.tryAcquire('a', 50);
    expect(await shares.acquire('a', 10, 1, signal)).toBe(false);
    shares.release('a', 50);
    expect([shares.inUse, shares.waiting]).toEqual([0, 0]);
  });
});

test('whatever is taken and given back, no share is larger than what is left, and all of it comes back', () => {
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
