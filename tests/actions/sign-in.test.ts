import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { useDatabase } from '../support/database.js';

const real = await import('@node-rs/argon2');
const argon2 = { hash: jest.fn(real.hash), verify: jest.fn(real.verify) };
jest.unstable_mockModule('@node-rs/argon2', () => argon2);
const { refreshSession } = await import('../../src/actions/refresh-session.js');
const { signIn } = await import('../../src/actions/sign-in.js');
const { signUp } = await import('../../src/actions/sign-up.js');
const { RateLimited } = await import('../../src/auth/sign-in-limits.js');
const { SignInModel } = await import('../../src/storage/models/sign-in.js');
const { createServer, day, here, minute, newInput, password, signInIdOf, sessionOf, signUpSomebody } = await import(
  '../auth/harness.js'
);

useDatabase();

let server: ReturnType<typeof createServer>;

beforeEach(() => {
  server = createServer();
});

const wrong = (email: string) => ({ email, password: 'wrong password' });

describe('opened', () => {
  test.each([
    ['as it was registered', (email: string) => email],
    ['in upper case', (email: string) => email.toUpperCase()],
  ])('with the right password, and the address %s', async (_, variant) => {
    const { input, session: signedUp } = await signUpSomebody(server);
    const session = sessionOf(await signIn(server, { email: variant(input.email), password }, here));
    expect(session).toMatchObject({ accountId: signedUp.accountId, role: 'STUDENT' });
    expect(await server.tokens.verifyAccess(session.accessToken)).toEqual({
      accountId: session.accountId,
      role: 'STUDENT',
      signInId: signInIdOf(session.refreshToken),
    });
  });

  test('without ending other sign-ins of the account', async () => {
    const { input, session: first } = await signUpSomebody(server);
    const second = sessionOf(await signIn(server, input, here));
    expect(signInIdOf(second.refreshToken)).not.toBe(signInIdOf(first.refreshToken));
    expect(await server.tokens.verifyAccess(first.accessToken)).not.toBeNull();
  });
});

describe('refused-INVALID_CREDENTIALS', () => {
  test('a wrong password and an unknown account: the same answer, after the same work', async () => {
    const { input } = await signUpSomebody(server);
    const signIns = await SignInModel.countDocuments();
    const answers = [];
    const work = [];
    for (const email of [input.email, newInput().email]) {
      argon2.verify.mockClear();
      answers.push(await signIn(server, wrong(email), here));
      work.push(argon2.verify.mock.calls.map(([hash]) => hash.toString().split('$').slice(0, 4)));
    }
    expect(answers[0]).toEqual({
      kind: 'refused',
      code: 'INVALID_CREDENTIALS',
      message: 'The e-mail address or the password is wrong. Check both and try again.',
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(work[0]).toEqual([['', 'argon2id', 'v=19', 'm=19456,t=2,p=1']]);
    expect(work[1]).toEqual(work[0]);
    expect(await SignInModel.countDocuments()).toBe(signIns);
  });

  test.each([`${password} `, password.toUpperCase(), ''])('an almost correct password: %p', async (nearly) => {
    const { input } = await signUpSomebody(server);
    expect(await signIn(server, { email: input.email, password: nearly }, here)).toMatchObject({ kind: 'refused' });
  });
});

const home = { clientAddress: '203.0.113.1' };
const elsewhere = { clientAddress: '198.51.100.7' };
/** A different network for each number. */
const networkNo = (n: number) => ({ clientAddress: `10.0.${n >> 8}.${n & 255}` });

type From = { readonly clientAddress: string };

/**
 * Sends wrong passwords, one after another.
 * @returns each outcome: its code, or the seconds to wait
 */
async function guess(count: number, target: (n: number) => [email: string, from: From]) {
  const outcomes: (string | number)[] = [];
  for (let n = 0; n < count; n += 1) outcomes.push(await outcomeOf(...target(n), 'wrong password'));
  return outcomes;
}

async function outcomeOf(email: string, from: From, typed = password): Promise<string | number> {
  try {
    const outcome = await signIn(server, { email, password: typed }, from);
    return outcome.kind === 'refused' ? outcome.code : outcome.kind;
  } catch (error) {
    if (error instanceof RateLimited) return error.retryAfterSeconds;
    throw error;
  }
}

const answeredIn = (outcomes: readonly (string | number)[]) =>
  outcomes.filter((each) => typeof each === 'string').length;

/** @returns the e-mail address of an account that signed up at this place */
async function signedUpAt(from: From): Promise<string> {
  const input = newInput();
  sessionOf(await signUp(server, input, from));
  return input.email;
}

describe('after failed sign-ins', () => {
  test('hundreds of failures from elsewhere do not delay the owner at home', async () => {
    const email = await signedUpAt(home);
    const outcomes = await guess(300, (n) => [email, networkNo(n)]);
    expect(answeredIn(outcomes)).toBe(10);
    expect(await outcomeOf(email, home)).toBe('session');
  });

  test('failures from elsewhere delay the owner at a new place by at most a quarter of an hour', async () => {
    const email = await signedUpAt(home);
    await guess(40, (n) => [email, networkNo(n)]);
    const wait = await outcomeOf(email, elsewhere);
    expect(wait).toBe(900);
    server.clock.advance(5 * minute);
    await guess(40, (n) => [email, networkNo(n)]);
    expect(await outcomeOf(email, elsewhere)).toBe(600);
    server.clock.advance(10 * minute);
    expect(await outcomeOf(email, elsewhere)).toBe('session');
    await guess(40, (n) => [email, networkNo(n)]);
    expect(await outcomeOf(email, elsewhere)).toBe('session');
  });

  test('a school behind one address: accounts known there are not delayed, other accounts wait a quarter of an hour', async () => {
    const pupils = [await signedUpAt(home), await signedUpAt(home)];
    const newcomer = await signedUpAt(elsewhere);
    const spray = await guess(70, () => [newInput().email, home]);
    expect(answeredIn(spray)).toBe(50);
    for (const email of pupils) expect(await outcomeOf(email, home)).toBe('session');
    expect(await outcomeOf(newcomer, home)).toBe(900);
    expect(await outcomeOf(newcomer, elsewhere)).toBe('session');
    server.clock.advance(15 * minute);
    expect(await outcomeOf(newcomer, home)).toBe('session');
    await guess(70, () => [newInput().email, home]);
    expect(await outcomeOf(newcomer, home)).toBe('session');
  });

  test('guesses from one address at one account are delayed after ten, known there or not', async () => {
    const email = await signedUpAt(home);
    for (const from of [home, elsewhere]) {
      const outcomes = await guess(15, () => [email, from]);
      expect(outcomes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(5).fill(900)]);
    }
    expect(await outcomeOf(email, home)).toBe(900);
  });

  test('an unknown account is delayed like an existing one, after as many failures', async () => {
    const outcomes = [];
    const work = [];
    for (const email of [await signedUpAt(home), newInput().email]) {
      argon2.verify.mockClear();
      outcomes.push(await guess(40, (n) => [email, n < 20 ? networkNo(n) : elsewhere]));
      work.push(argon2.verify.mock.calls.length);
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(work).toEqual([10, 10]);
  });

  test('thirty guesses at once get ten answers, and the right password among the rest gets none', async () => {
    const { input } = await signUpSomebody(server);
    const guesses = Array.from({ length: 30 }, (_, n) => (n === 25 ? input : wrong(input.email)));
    const outcomes = await Promise.allSettled(guesses.map((each) => signIn(server, each, here)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(10);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RateLimited);
    }
    expect(outcomes[25]?.status).toBe('rejected');
  });

  test('differently written e-mail addresses count as one account', async () => {
    const email = await signedUpAt(home);
    const variants = [email, email.toUpperCase(), email.normalize('NFD')];
    expect(answeredIn(await guess(20, (n) => [variants[n % 3]!, elsewhere]))).toBe(10);
  });

  test('a success resets the failures of this place', async () => {
    const { input } = await signUpSomebody(server);
    for (let round = 0; round < 2; round += 1) {
      await guess(9, () => [input.email, here]);
      expect(await outcomeOf(input.email, here)).toBe('session');
    }
  });
});

describe('a place is known to an account', () => {
  /** Whether the owner can sign in here while the account is under attack. */
  async function isKnown(email: string, from: From): Promise<boolean> {
    await guess(10, (n) => [email, networkNo(n)]);
    return (await outcomeOf(email, from)) === 'session';
  }

  test('after a sign-up, and after a sign-in', async () => {
    const email = await signedUpAt(home);
    sessionOf(await signIn(server, { email, password }, elsewhere));
    expect([await isKnown(email, home), await isKnown(email, elsewhere)]).toEqual([true, true]);
    expect(await isKnown(email, here)).toBe(false);
  });

  test('for the whole /64, and in other processes, including those that start later', async () => {
    const email = await signedUpAt({ clientAddress: '2001:db8:1:2::3' });
    server = createServer(server.clock);
    expect(await isKnown(email, { clientAddress: '2001:db8:1:2:ffff::1' })).toBe(true);
    expect(await isKnown(email, { clientAddress: '2001:db8:1:3::3' })).toBe(false);
  });

  test('for thirty days, signed out or not', async () => {
    const { input, session } = await signUpSomebody(server);
    await server.ended.end(session.signInId);
    server.clock.advance(30 * day);
    expect(await isKnown(input.email, here)).toBe(true);
  });

  test('but not longer', async () => {
    const email = await signedUpAt(home);
    server.clock.advance(30 * day + 1);
    expect(await isKnown(email, home)).toBe(false);
  });

  test('only after the right password, and only to this account', async () => {
    const email = await signedUpAt(home);
    await guess(1, () => [email, elsewhere]);
    await signedUpAt(elsewhere);
    expect(await isKnown(email, elsewhere)).toBe(false);
  });

  test('without storing an address in readable form', async () => {
    const email = await signedUpAt({ clientAddress: '203.0.113.77' });
    const stored = JSON.stringify(await SignInModel.find().lean());
    expect(stored).not.toContain('203.0.113');
    expect(stored).not.toContain(email);
  });

  test('but not by sign-ins of an older server, which stored no place', async () => {
    const email = await signedUpAt(home);
    await SignInModel.collection.updateMany({}, { $unset: { place: 1 } });
    expect(await isKnown(email, home)).toBe(false);
  });
});

test('failed sign-ins do not affect existing sessions', async () => {
  const { input, session } = await signUpSomebody(server);
  await guess(60, (n) => [n < 20 ? input.email : newInput().email, here]);
  const refreshed = sessionOf(await refreshSession(server, session));
  expect(await server.tokens.verifyAccess(refreshed.accessToken)).not.toBeNull();
});

test.each([{ $ne: null }, { $gt: '' }, ['a'], 1, null])(
  'an e-mail address that is not a string is rejected: %j',
  async (email) => {
    await signUpSomebody(server);
    await expect(signIn(server, { email: email as unknown as string, password }, here)).rejects.toBeInstanceOf(
      TypeError,
    );
  },
);
