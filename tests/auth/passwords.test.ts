import { describe, expect, jest, test } from '@jest/globals';

const real = await import('@node-rs/argon2');
const argon2 = { hash: jest.fn(real.hash), verify: jest.fn(real.verify) };
jest.unstable_mockModule('@node-rs/argon2', () => argon2);
const { hashPassword, PasswordsOverloaded, verifyPassword } = await import('../../src/auth/passwords.js');

const parameters = '$argon2id$v=19$m=19456,t=2,p=1$';

describe('hashing', () => {
  test('uses argon2id with the parameters of OWASP and a new salt each time', async () => {
    const [first, again] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(first.startsWith(parameters)).toBe(true);
    expect(again).not.toBe(first);
  });

  test('matches the password that was hashed and no other', async () => {
    const stored = await hashPassword(' pass\u00e9 \u{1f511} ');
    expect(await verifyPassword(' pass\u00e9 \u{1f511} ', stored)).toBe(true);
    expect(await verifyPassword('pass\u00e9 \u{1f511}', stored)).toBe(false);
    expect(await verifyPassword(' passe \u{1f511} ', stored)).toBe(false);
  });

  test('treats composed and decomposed letters alike, whichever was hashed', async () => {
    const [composed, decomposed] = ['pass\u00e9-\uAC01', 'passe\u0301-\u1100\u1161\u11A8'] as const;
    for (const chosen of [composed, decomposed]) {
      const stored = await hashPassword(chosen);
      expect(await verifyPassword(composed, stored)).toBe(true);
      expect(await verifyPassword(decomposed, stored)).toBe(true);
    }
  });

  test('of an older version, without NFC, still matches a password typed in the same form', async () => {
    const typed = 'passe\u0301-passe\u0301';
    const stored = await real.hash(typed, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    expect(await verifyPassword(typed, stored)).toBe(true);
    expect(await verifyPassword('passe-passe', stored)).toBe(false);
  });

  test('costs the same for a decomposed password whether the account exists or not', async () => {
    const stored = await hashPassword('correct horse');
    const costOf = async (hash: string | null) => {
      argon2.verify.mockClear();
      expect(await verifyPassword('wrong passe\u0301', hash)).toBe(false);
      return argon2.verify.mock.calls.length;
    };
    expect(await costOf(null)).toBe(await costOf(stored));
  });

  test('without an account, verifies against a hash of the same form and parameters', async () => {
    const stored = await hashPassword('correct horse');
    argon2.verify.mockClear();
    expect(await verifyPassword('correct horse', null)).toBe(false);
    const [standIn] = argon2.verify.mock.calls[0]!;
    expect(standIn.toString().startsWith(parameters)).toBe(true);
    expect(standIn.length).toBe(stored.length);
  });

  test('fails for a corrupt stored hash, instead of reporting a wrong password', async () => {
    await expect(verifyPassword('correct horse', 'damaged')).rejects.toThrow();
  });
});

describe('the queue', () => {
  /** Makes each computation wait until its function in the returned list is called. */
  function holdComputations() {
    const held: (() => void)[] = [];
    argon2.verify.mockImplementation(() => new Promise((resolve) => held.push(() => resolve(true))));
    return held;
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test('runs two at a time, in the order of arrival', async () => {
    const held = holdComputations();
    const order: number[] = [];
    const all = [0, 1, 2, 3, 4].map((n) => verifyPassword('', null).then(() => order.push(n)));
    await settle();
    expect(held.length).toBe(2);
    for (let done = 0; done < 5; done += 1) {
      held[done]!();
      await settle();
      expect(held.length).toBe(Math.min(5, done + 3));
    }
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('refuses immediately when it is full, and accepts again when it is empty', async () => {
    const held = holdComputations();
    const accepted = Array.from({ length: 502 }, () => verifyPassword('', null));
    await expect(verifyPassword('', null)).rejects.toBeInstanceOf(PasswordsOverloaded);
    await expect(hashPassword('')).rejects.toBeInstanceOf(PasswordsOverloaded);
    for (let done = 0; done < accepted.length; done += 1) {
      held[done]!();
      await settle();
    }
    await Promise.all(accepted);
    argon2.verify.mockImplementation(real.verify);
    expect(await verifyPassword('', null)).toBe(false);
  });

  test('passes the slot of a failed computation to the next', async () => {
    argon2.verify.mockRejectedValueOnce(new Error('out of memory')).mockRejectedValueOnce(new Error('out of memory'));
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => verifyPassword('', null)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['rejected', 'rejected'],
      ...Array.from({ length: 4 }, () => 'fulfilled'),
    ]);
  });
});
