import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { useDatabase } from '../support/database.js';

const real = await import('@node-rs/argon2');
const argon2 = { hash: jest.fn(real.hash), verify: jest.fn(real.verify) };
jest.unstable_mockModule('@node-rs/argon2', () => argon2);
const { signIn } = await import('../../src/actions/sign-in.js');
const { RateLimited } = await import('../../src/auth/sign-in-limits.js');
const { SignInModel } = await import('../../src/storage/models/sign-in.js');
const { createServer, here, minute, newInput, password, signInIdOf, sessionOf, signUpSomebody } = await import(
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
    ['as it was given', (email: string) => email],
    ['in upper case', (email: string) => email.toUpperCase()],
  ])('with the right password, the address %s', async (_, variant) => {
    const { input, session: signedUp } = await signUpSomebody(server);
    const session = sessionOf(await signIn(server, { email: variant(input.email), password }, here));
    expect(session).toMatchObject({ accountId: signedUp.accountId, role: 'STUDENT' });
    expect(await server.tokens.verifyAccess(session.accessToken)).toEqual({
      accountId: session.accountId,
      role: 'STUDENT',
      signInId: signInIdOf(session.refreshToken),
    });
  });

  test('beside the other sign-ins of the account', async () => {
    const { input, session: first } = await signUpSomebody(server);
    const second = sessionOf(await signIn(server, input, here));
    expect(signInIdOf(second.refreshToken)).not.toBe(signInIdOf(first.refreshToken));
    expect(await server.tokens.verifyAccess(first.accessToken)).not.toBeNull();
  });
});

describe('refused-INVALID_CREDENTIALS', () => {
  test('a wrong password and an unknown account: one answer, after the same work', async () => {
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

  test.each([`${password} `, password.toUpperCase(), ''])('a password that is nearly right: %p', async (nearly) => {
    const { input } = await signUpSomebody(server);
    expect(await signIn(server, { email: input.email, password: nearly }, here)).toMatchObject({ kind: 'refused' });
  });
});

describe('limited', () => {
  const failTenTimes = async (email: string) => {
    for (let n = 0; n < 10; n += 1) await signIn(server, wrong(n % 2 ? email : email.toUpperCase()), here);
  };

  test.each(['known', 'unknown'])(
    'after ten failures, however the address is written: an account that is %s',
    async (which) => {
      const email = which === 'known' ? (await signUpSomebody(server)).input.email : newInput().email;
      await failTenTimes(email);
      argon2.verify.mockClear();
      const refusal = signIn(server, { email, password }, { clientAddress: '198.51.100.7' });
      await expect(refusal).rejects.toEqual(new RateLimited(900));
      expect(argon2.verify).not.toHaveBeenCalled();
      server.clock.advance(15 * minute);
      expect((await signIn(server, { email, password }, here)).kind).toBe(which === 'known' ? 'session' : 'refused');
    },
  );

  test('thirty guesses at once: ten answers, and none for the right password behind them', async () => {
    const { input } = await signUpSomebody(server);
    const guesses = Array.from({ length: 30 }, (_, n) => (n === 25 ? input : wrong(input.email)));
    const outcomes = await Promise.allSettled(guesses.map((guess) => signIn(server, guess, here)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(10);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RateLimited);
    }
    expect(outcomes[25]?.status).toBe('rejected');
  });

  test('fifty failures from one address, whatever the accounts, and its successes do not count', async () => {
    const { input } = await signUpSomebody(server);
    for (let n = 0; n < 50; n += 1) {
      await signIn(server, wrong(newInput().email), here);
      if (n % 10 === 0) await signIn(server, input, here);
    }
    await expect(signIn(server, input, here)).rejects.toBeInstanceOf(RateLimited);
    expect((await signIn(server, input, { clientAddress: '198.51.100.7' })).kind).toBe('session');
  });

  test('a success wipes out what the account has failed before', async () => {
    const { input } = await signUpSomebody(server);
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 9; n += 1) await signIn(server, wrong(input.email), here);
      expect((await signIn(server, input, here)).kind).toBe('session');
    }
  });
});

test.each([{ $ne: null }, { $gt: '' }, ['a'], 1, null])(
  'an e-mail address that is no text finds nobody: %j',
  async (email) => {
    await signUpSomebody(server);
    await expect(signIn(server, { email: email as unknown as string, password }, here)).rejects.toBeInstanceOf(
      TypeError,
    );
  },
);
