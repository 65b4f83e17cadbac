import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  createSignInLimits,
  defaultSignInLimits,
  RateLimited,
  type SignInAttempt,
  type SignInLimits,
} from '../../src/auth/sign-in-limits.js';
import { createTestClock, minute, second, testSecret } from './harness.js';

let clock: ReturnType<typeof createTestClock>;
let limits: SignInLimits;

beforeEach(() => {
  clock = createTestClock();
  limits = createSignInLimits(clock, testSecret);
});

const ada: SignInAttempt = { email: 'ada@test.example', clientAddress: '192.0.2.1', isKnownPlace: false };
const adaAtHome: SignInAttempt = { ...ada, isKnownPlace: true };
const ELSEWHERE = '198.51.100.1';
const somebody = (n: number, clientAddress = '192.0.2.1'): SignInAttempt => ({
  email: `somebody-${n}@test.example`,
  clientAddress,
  isKnownPlace: false,
});

/** Returns how many seconds the attempt has to wait; null if it is allowed. */
function waitOf(attempt: () => void): number | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof RateLimited) return error.retryAfterSeconds;
    throw error;
  }
}

const waitToSignIn = (attempt: SignInAttempt) => waitOf(() => limits.checkSignIn(attempt));

/** Makes failing attempts, one after the other. @returns how many were answered */
function fail(attempts: readonly SignInAttempt[]): number {
  return attempts.filter(
    (attempt) =>
      waitOf(() => {
        limits.checkSignIn(attempt);
        limits.settleSignIn(attempt, 'failed');
      }) === null,
  ).length;
}

const times = (count: number, attempt: (n: number) => SignInAttempt) =>
  Array.from({ length: count }, (_, n) => attempt(n));

/** Returns a different network for each number. */
const addressOf = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

describe('an attacker who guesses at one account from one address', () => {
  test.each([true, false])('gets ten answers in 15 minutes (known place: %p)', (isKnownPlace) => {
    const attempt = { ...ada, isKnownPlace };
    expect(fail(times(1_000, () => attempt))).toBe(10);
    expect(waitToSignIn(attempt)).toBe(900);
    clock.advance(15 * minute);
    expect(fail(times(1_000, () => attempt))).toBe(10);
  });

  test('waits until the window that the first failure opened has closed', () => {
    fail([ada]);
    clock.advance(10 * minute);
    fail(times(9, () => ada));
    expect(waitToSignIn(ada)).toBe(300);
    clock.advance(5 * minute - 1);
    expect(waitToSignIn(ada)).toBe(1);
    clock.advance(1);
    expect(waitToSignIn(ada)).toBeNull();
  });

  test('gets no more answers from concurrent guesses, not even for the right password', () => {
    const attempts = times(40, () => ada);
    for (const attempt of attempts) limits.checkSignIn(attempt);
    const waits = attempts.map((attempt, n) =>
      waitOf(() => limits.settleSignIn(attempt, n === 20 ? 'succeeded' : 'failed')),
    );
    expect(waits.map((wait) => wait === null)).toEqual(attempts.map((_, n) => n < 10));
  });

  test('can fail ten times again in this place after a success', () => {
    fail(times(9, () => adaAtHome));
    limits.settleSignIn(adaAtHome, 'succeeded');
    expect(fail(times(20, () => adaAtHome))).toBe(10);
  });
});

describe('an account that is attacked from many addresses', () => {
  const attackers = (count: number) => times(count, (n) => ({ ...ada, clientAddress: addressOf(n) }));

  test('gives ten answers in 15 minutes in all', () => {
    expect(fail(attackers(5_000))).toBe(10);
    clock.advance(15 * minute);
    expect(fail(attackers(5_000))).toBe(10);
  });

  test('gives no more answers to concurrent guesses', () => {
    const attempts = attackers(100);
    for (const attempt of attempts) limits.checkSignIn(attempt);
    expect(fail(attempts)).toBe(10);
  });

  test('lets its owner sign in immediately in a known place', () => {
    fail(attackers(5_000));
    expect(waitToSignIn(adaAtHome)).toBeNull();
    limits.settleSignIn(adaAtHome, 'succeeded');
  });

  test('lets its owner sign in elsewhere after 15 minutes at most, however many attempts others make', () => {
    const travelling = { ...ada, clientAddress: ELSEWHERE };
    fail(attackers(10));
    for (let passed = 0; passed < 15; passed += 1) {
      expect(waitToSignIn(travelling)).toBe((15 - passed) * 60);
      // A refused attempt is not counted, so it does not make anybody wait longer.
      fail(attackers(1_000));
      clock.advance(minute);
    }
    expect(waitToSignIn(travelling)).toBeNull();
    limits.settleSignIn(travelling, 'succeeded');
  });

  test('gives attackers no further attempts when its owner signs in', () => {
    fail(attackers(5_000));
    limits.settleSignIn(adaAtHome, 'succeeded');
    expect(fail(attackers(5_000))).toBe(0);
  });

  test('is not delayed elsewhere by failures of its owner at home', () => {
    fail(times(10, () => adaAtHome));
    expect(waitToSignIn({ ...ada, clientAddress: ELSEWHERE })).toBeNull();
  });
});

describe('a network from which many accounts are tried', () => {
  test('gets fifty answers in 15 minutes', () => {
    expect(fail(times(2_000, (n) => somebody(n)))).toBe(50);
    clock.advance(15 * minute);
    expect(fail(times(2_000, (n) => somebody(n)))).toBe(50);
  });

  test('lets known accounts sign in immediately, and the others after 15 minutes at most', () => {
    fail(times(2_000, (n) => somebody(n)));
    expect(waitToSignIn(adaAtHome)).toBeNull();
    limits.settleSignIn(adaAtHome, 'succeeded');
    expect(waitToSignIn(ada)).toBe(900);
    clock.advance(15 * minute);
    expect(waitToSignIn(ada)).toBeNull();
  });

  test('does not delay sign-ins from other networks', () => {
    fail(times(2_000, (n) => somebody(n)));
    expect(waitToSignIn({ ...ada, clientAddress: ELSEWHERE })).toBeNull();
  });

  test('does not delay newcomers because of failures of known accounts', () => {
    for (let n = 0; n < 500; n += 1) fail([{ ...somebody(n), isKnownPlace: true }]);
    expect(waitToSignIn(ada)).toBeNull();
  });

  test('is an IPv6 /64 or an IPv4 address, in any notation', () => {
    const last = (n: number) => n.toString(16);
    fail(times(50, (n) => somebody(n, n % 2 ? `2001:db8:0:7::${last(n)}` : `2001:0DB8::7:a:b:c:${last(n)}`)));
    expect(waitToSignIn(somebody(99, '2001:db8:0:7:ffff:ffff:ffff:ffff'))).toBe(900);
    expect(waitToSignIn(somebody(99, '2001:db8:0:8::1'))).toBeNull();
    fail(times(50, (n) => somebody(n, ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201'][n % 3])));
    expect(waitToSignIn(somebody(99, '192.0.2.1'))).toBe(900);
    expect(waitToSignIn(somebody(99, '::ffff:192.0.2.2'))).toBeNull();
  });

  test.each(['::1', '::', 'fe80::1%eth0', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:8', '', 'unix socket', '192.0.2.1:80'])(
    'is counted in any notation: %p',
    (address) => {
      expect(fail(times(60, (n) => somebody(n, address)))).toBe(50);
    },
  );

  test('is the same for all invalid addresses', () => {
    expect(fail(times(60, (n) => somebody(n, `made up ${n}`)))).toBe(50);
  });
});

describe('right passwords', () => {
  test('of a class of 1,000 behind one address all succeed at the same time', () => {
    const attempts = times(1_000, (n) => somebody(n));
    for (const attempt of attempts) limits.checkSignIn(attempt);
    for (const attempt of attempts) limits.settleSignIn(attempt, 'succeeded');
  });

  test.each([true, false])(
    'of one account succeed three hundred times in 15 minutes (known place: %p)',
    (isKnownPlace) => {
      const attempt = { ...ada, isKnownPlace };
      const signIn = () => {
        limits.checkSignIn(attempt);
        limits.settleSignIn(attempt, 'succeeded');
      };
      for (let n = 0; n < 300; n += 1) expect(waitOf(signIn)).toBeNull();
      expect(waitOf(signIn)).toBe(900);
      // In an unknown place, nobody learns that the account exists before the password is right.
      expect(waitToSignIn(attempt)).toBe(isKnownPlace ? 900 : null);
      clock.advance(15 * minute);
      expect(waitOf(signIn)).toBeNull();
    },
  );

  test('from one network succeed ten thousand times, even concurrently', () => {
    const attempts = times(10_100, (n) => somebody(n));
    for (const attempt of attempts) limits.checkSignIn(attempt);
    const waits = attempts.map((attempt) => waitOf(() => limits.settleSignIn(attempt, 'succeeded')));
    expect(waits.filter((wait) => wait === null)).toHaveLength(10_000);
    expect(waitToSignIn(somebody(19_999))).toBe(900);
    expect(waitToSignIn(somebody(19_999, ELSEWHERE))).toBeNull();
  });
});

describe('sign-ups', () => {
  test('are limited to five thousand in 15 minutes for each network', () => {
    for (let n = 0; n < 5_000; n += 1) limits.countSignUp('192.0.2.1');
    clock.advance(30 * second);
    expect(waitOf(() => limits.countSignUp('192.0.2.1'))).toBe(870);
    expect(waitOf(() => limits.countSignUp('192.0.2.2'))).toBeNull();
    clock.advance(15 * minute);
    expect(waitOf(() => limits.countSignUp('192.0.2.1'))).toBeNull();
  });
});

describe('join codes', () => {
  const send = (account: number, clientAddress = '192.0.2.1', outcome: 'right' | 'wrong' = 'wrong') =>
    waitOf(() => {
      limits.checkJoin({ accountId: `account ${account}`, clientAddress });
      limits.settleJoin({ accountId: `account ${account}`, clientAddress }, outcome);
    });

  test('may be wrong sixty times in 15 minutes for each account, from all networks together', () => {
    for (let n = 0; n < 60; n += 1) expect(send(1, addressOf(n))).toBeNull();
    expect(send(1, ELSEWHERE)).toBe(900);
    expect(send(1, ELSEWHERE, 'right')).toBe(900);
    expect(send(2, ELSEWHERE)).toBeNull();
    clock.advance(15 * minute);
    expect(send(1)).toBeNull();
  });

  test('may be wrong five thousand times for each network', () => {
    for (let n = 0; n < 5_000; n += 1) expect(send(n)).toBeNull();
    expect(send(5_000)).toBe(900);
    expect(send(5_000, ELSEWHERE)).toBeNull();
  });

  test('may be right any number of times', () => {
    for (let n = 0; n < 6_000; n += 1) expect(send(1, '192.0.2.1', 'right')).toBeNull();
  });

  test('of concurrent ones, no more than sixty wrong ones are answered, and right ones do not hold up each other', () => {
    const joining = { accountId: 'account', clientAddress: '192.0.2.1' };
    const settle = (outcome: 'right' | 'wrong') => waitOf(() => limits.settleJoin(joining, outcome));
    const all = Array.from({ length: 200 });
    for (const _ of all) limits.checkJoin(joining);
    expect(all.filter(() => settle('right') === null)).toHaveLength(200);
    for (const _ of all) limits.checkJoin(joining);
    expect(all.filter(() => settle('wrong') === null)).toHaveLength(60);
    expect(settle('right')).toBe(900);
  });
});

describe('the hash of a place', () => {
  const placeOf = (changes: Partial<SignInAttempt> = {}, secret = testSecret) =>
    createSignInLimits(clock, secret).placeOf({ ...ada, ...changes });

  test('is the same for the same account and network, in every process with the secret', () => {
    expect(placeOf()).toBe(limits.placeOf(ada));
    expect(placeOf({ clientAddress: '::ffff:192.0.2.1' })).toBe(placeOf());
  });

  test('differs for another account, network or secret, and reveals none of them', () => {
    const places = [
      placeOf(),
      placeOf({ email: 'grace@test.example' }),
      placeOf({ clientAddress: ELSEWHERE }),
      placeOf({}, `${testSecret}!`),
    ];
    expect(new Set(places).size).toBe(4);
    for (const place of places) expect(place).toMatch(/^[\w-]{43}$/);
  });
});

test('memory is bounded: the oldest window is discarded, newer ones stay', () => {
  limits = createSignInLimits(clock, testSecret, {
    ...defaultSignInLimits,
    signUpsPerNetwork: { max: 1, windowSeconds: 60 },
  });
  for (let n = 0; n <= 200_000; n += 1) limits.countSignUp(addressOf(n));
  expect(waitOf(() => limits.countSignUp(addressOf(1)))).toBe(60);
  expect(waitOf(() => limits.countSignUp(addressOf(0)))).toBeNull();
});
