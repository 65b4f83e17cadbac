import { beforeEach, describe, expect, test } from '@jest/globals';
import { createSignInLimits, RateLimited, type SignInLimits } from '../../src/auth/sign-in-limits.js';
import { createTestClock, hour, minute, second } from './harness.js';

let clock: ReturnType<typeof createTestClock>;
let limits: SignInLimits;

beforeEach(() => {
  clock = createTestClock();
  limits = createSignInLimits(clock);
});

const ada = { email: 'ada@test.example', clientAddress: '192.0.2.1' };

function fail(attempt: { email: string; clientAddress: string }, times: number): void {
  for (let n = 0; n < times; n += 1) {
    limits.checkSignIn(attempt);
    limits.settleSignIn(attempt, 'failed');
  }
}

/** How long the attempt has to wait, in seconds; null where it may go on. */
function waitOf(attempt: () => void): number | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof RateLimited) return error.retryAfterSeconds;
    throw error;
  }
}

describe('an account', () => {
  test('bears ten failures in a quarter of an hour, from wherever they come', () => {
    for (let n = 0; n < 10; n += 1) fail({ ...ada, clientAddress: `192.0.2.${n}` }, 1);
    expect(waitOf(() => limits.checkSignIn({ ...ada, clientAddress: '198.51.100.1' }))).toBe(900);
    expect(waitOf(() => limits.checkSignIn({ ...ada, email: 'grace@test.example' }))).toBeNull();
  });

  test('is open again when the window that the first failure opened has closed', () => {
    fail(ada, 1);
    clock.advance(10 * minute);
    fail(ada, 9);
    expect(waitOf(() => limits.checkSignIn(ada))).toBe(300);
    clock.advance(5 * minute - 1);
    expect(waitOf(() => limits.checkSignIn(ada))).toBe(1);
    clock.advance(1);
    fail(ada, 10);
    expect(waitOf(() => limits.checkSignIn(ada))).toBe(900);
  });

  test('has a clean slate after a success', () => {
    fail(ada, 9);
    limits.settleSignIn(ada, 'succeeded');
    fail(ada, 10);
    expect(waitOf(() => limits.checkSignIn(ada))).toBe(900);
  });

  test('that is guessed at many times at once answers ten times, then not even for the right password', () => {
    const attempts = Array.from({ length: 40 }, () => ada);
    for (const attempt of attempts) limits.checkSignIn(attempt);
    const waits = attempts.map((attempt, n) =>
      waitOf(() => limits.settleSignIn(attempt, n === 20 ? 'succeeded' : 'failed')),
    );
    expect(waits.map((wait) => wait === null)).toEqual(attempts.map((_, n) => n < 10));
  });

  test('lets many right passwords in at once', () => {
    const attempts = Array.from({ length: 200 }, (_, n) => ({ ...ada, email: `student-${n}@test.example` }));
    for (const attempt of attempts) limits.checkSignIn(attempt);
    for (const attempt of attempts) limits.settleSignIn(attempt, 'succeeded');
  });
});

describe('an address', () => {
  const from = (clientAddress: string, n = 0) => ({ email: `somebody-${n}@test.example`, clientAddress });
  const failFrom = (clientAddress: (n: number) => string) => {
    for (let n = 0; n < 50; n += 1) fail(from(clientAddress(n), n), 1);
  };
  const isLimited = (clientAddress: string) => waitOf(() => limits.checkSignIn(from(clientAddress, 99))) !== null;

  test('bears fifty failures in a quarter of an hour, whatever the accounts', () => {
    failFrom(() => '192.0.2.1');
    expect(isLimited('192.0.2.1')).toBe(true);
    expect(isLimited('192.0.2.2')).toBe(false);
    clock.advance(15 * minute);
    expect(isLimited('192.0.2.1')).toBe(false);
  });

  test('keeps its count when one of its accounts succeeds', () => {
    failFrom((n) => {
      limits.settleSignIn({ ...ada, clientAddress: '192.0.2.1' }, 'succeeded');
      return n % 2 ? '192.0.2.1' : '::ffff:192.0.2.1';
    });
    expect(isLimited('192.0.2.1')).toBe(true);
  });

  test('of IPv6 counts as its /64, however it is written', () => {
    failFrom((n) => (n % 2 ? `2001:db8:0:7::${n.toString(16)}` : `2001:0DB8::7:a:b:c:${n.toString(16)}`));
    expect(isLimited('2001:db8:0:7:ffff:ffff:ffff:ffff')).toBe(true);
    expect(isLimited('2001:db8:0:8::1')).toBe(false);
  });

  test.each(['::1', '::', 'fe80::1%eth0', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:8', '::ffff:c000:201', '', 'unix socket'])(
    'in any form is counted: %p',
    (address) => {
      failFrom(() => address);
      expect(isLimited(address)).toBe(true);
    },
  );
});

describe('sign-ups', () => {
  test('a thousand an hour for each address', () => {
    for (let n = 0; n < 1_000; n += 1) limits.countSignUp('192.0.2.1');
    clock.advance(30 * second);
    expect(waitOf(() => limits.countSignUp('192.0.2.1'))).toBe(3_570);
    expect(waitOf(() => limits.countSignUp('192.0.2.2'))).toBeNull();
    clock.advance(hour);
    expect(waitOf(() => limits.countSignUp('192.0.2.1'))).toBeNull();
  });
});

test('the memory is bounded: the oldest window makes room, the newer ones stay', () => {
  const [most, windowSeconds] = [1, 60];
  const limit = { most, windowSeconds };
  limits = createSignInLimits(clock, {
    failuresPerAccount: limit,
    failuresPerAddress: limit,
    signUpsPerAddress: limit,
  });
  for (let n = 0; n <= 200_000; n += 1) limits.countSignUp(`address ${n}`);
  expect(waitOf(() => limits.countSignUp('address 1'))).toBe(60);
  expect(waitOf(() => limits.countSignUp('address 0'))).toBeNull();
});
