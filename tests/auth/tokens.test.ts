import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { JWTPayload } from 'jose';
import type { Identity, Tokens } from '../../src/auth/tokens.js';

const jose = await import('jose');
const jwtVerify = jest.fn(jose.jwtVerify);
jest.unstable_mockModule('jose', () => ({ ...jose, jwtVerify }));
const { SignJWT } = jose;
const { createTokens, newRefreshToken, parseRefreshToken } = await import('../../src/auth/tokens.js');
const { createTestClock, testSecret } = await import('./harness.js');

const identity: Identity = { accountId: 'a'.repeat(24), role: 'TEACHER', signInId: randomUUID() };

let clock: ReturnType<typeof createTestClock>;
let ended: Set<string>;
let tokens: Tokens;

beforeEach(() => {
  clock = createTestClock();
  ended = new Set();
  tokens = createTokens(testSecret, clock, ended);
});

describe('an access token', () => {
  test('identifies its account; its signature is checked only once', async () => {
    const { token } = await tokens.issueAccess(identity);
    jwtVerify.mockClear();
    expect(await tokens.verifyAccess(token)).toEqual(identity);
    expect(await tokens.verifyAccess(token)).toEqual(identity);
    expect(jwtVerify).toHaveBeenCalledTimes(1);
  });

  test('contains only the necessary claims', async () => {
    const { token, expiresAt } = await tokens.issueAccess(identity);
    const iat = Math.floor(clock().getTime() / 1000);
    expect(claimsOf(token)).toEqual({
      iss: 'auraledger',
      aud: 'auraledger-api',
      sub: identity.accountId,
      role: identity.role,
      sid: identity.signInId,
      iat,
      exp: iat + 900,
    });
    expect(expiresAt.getTime()).toBe((iat + 900) * 1000);
  });

  test.each(['cached', 'not cached'])('expires after 15 minutes (%s)', async (how) => {
    const { token, expiresAt } = await tokens.issueAccess(identity);
    if (how === 'cached') await tokens.verifyAccess(token);
    clock.advance(expiresAt.getTime() - clock().getTime() - 1);
    expect(await tokens.verifyAccess(token)).toEqual(identity);
    clock.advance(1);
    expect(await tokens.verifyAccess(token)).toBeNull();
    expect(await createTokens(testSecret, clock, ended).verifyAccess(token)).toBeNull();
  });

  test.each(['cached', 'not cached'])('is refused as soon as its sign-in has ended (%s)', async (how) => {
    const { token } = await tokens.issueAccess(identity);
    if (how === 'cached') await tokens.verifyAccess(token);
    ended.add(identity.signInId);
    expect(await tokens.verifyAccess(token)).toBeNull();
  });

  test('is checked again after ten thousand other tokens were verified', async () => {
    const verifyNew = async () => {
      const { token } = await tokens.issueAccess({ ...identity, signInId: randomUUID() });
      expect(await tokens.verifyAccess(token)).not.toBeNull();
      return token;
    };
    const first = await verifyNew();
    const second = await verifyNew();
    for (let n = 2; n <= 10_000; n += 1) await verifyNew();
    jwtVerify.mockClear();
    expect(await tokens.verifyAccess(second)).not.toBeNull();
    expect(jwtVerify).not.toHaveBeenCalled();
    expect(await tokens.verifyAccess(first)).not.toBeNull();
    expect(jwtVerify).toHaveBeenCalledTimes(1);
  });
});

describe('an access token is refused:', () => {
  const secret = new TextEncoder().encode(testSecret);
  const now = () => Math.floor(clock().getTime() / 1000);
  const claims = (): JWTPayload => ({
    iss: 'auraledger',
    aud: 'auraledger-api',
    sub: identity.accountId,
    role: identity.role,
    sid: identity.signInId,
    iat: now(),
    exp: now() + 900,
  });
  const sign = (payload: JWTPayload, alg = 'HS256', key: Uint8Array | KeyObject = secret) =>
    new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
  const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([claim]) => claim !== name));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

  test('(control: the unchanged token is accepted)', async () => {
    expect(await tokens.verifyAccess(await sign(claims()))).toEqual(identity);
  });

  const forgeries: Record<string, () => string | Promise<string>> = {
    'an empty text': () => '',
    'a text that is not a token': () => 'not.a.token',
    'a refresh token': () => newRefreshToken(randomUUID()).token,
    'algorithm none': () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
    'algorithm none, with a signature': async () => {
      const [, , signature] = (await sign(claims())).split('.');
      return `${encode({ alg: 'none' })}.${encode(claims())}.${signature}`;
    },
    'another HMAC with the right secret': () => sign(claims(), 'HS512'),
    'an RSA signature': () => sign(claims(), 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    'another secret': () => sign(claims(), 'HS256', new TextEncoder().encode(`${testSecret}!`)),
    'another issuer': () => sign({ ...claims(), iss: 'somebody else' }),
    'another audience': () => sign({ ...claims(), aud: 'something else' }),
    ...Object.fromEntries(
      ['iss', 'aud', 'sub', 'role', 'sid', 'exp'].map((claim) => [`no ${claim}`, () => sign(without(claim))]),
    ),
    'an expiry that is not a number': () => signUnchecked({ ...claims(), exp: 'tomorrow' }),
    'a role that does not exist': () => sign({ ...claims(), role: 'OWNER' }),
    'a role that is a list': () => sign({ ...claims(), role: ['ADMIN'] }),
    'a sign-in that is an object': () => sign({ ...claims(), sid: { $ne: null } }),
    expired: () => sign({ ...claims(), iat: now() - 901, exp: now() - 1 }),
    'not valid yet': () => sign({ ...claims(), nbf: now() + 60 }),
    'a role raised without the secret': async () => {
      const [header, , signature] = (await sign(claims())).split('.');
      return `${header}.${encode({ ...claims(), role: 'ADMIN' })}.${signature}`;
    },
    'a signature with one bit changed': async () => {
      const [header, payload, signature] = (await sign(claims())).split('.');
      const bytes = Buffer.from(signature!, 'base64url');
      bytes[0]! ^= 1;
      return `${header}.${payload}.${bytes.toString('base64url')}`;
    },
    'a signature cut off': async () => (await sign(claims())).split('.').slice(0, 2).join('.'),
    'an unknown critical header': () => signUnchecked(claims(), { alg: 'HS256', crit: ['x'], x: 1 }),
  };

  /** Returns a valid signature over claims and a header that jose refuses to sign. */
  function signUnchecked(payload: object, header: object = { alg: 'HS256' }): string {
    const signed = `${encode(header)}.${encode(payload)}`;
    return `${signed}.${createHmac('sha256', testSecret).update(signed).digest('base64url')}`;
  }

  test.each(Object.entries(forgeries))('%s', async (_, forge) => {
    const token = await forge();
    expect(await tokens.verifyAccess(token)).toBeNull();
    expect(await tokens.verifyAccess(token)).toBeNull();
  });

  test('(control: the hand-made signature of these tests is valid)', async () => {
    expect(await tokens.verifyAccess(signUnchecked(claims()))).toEqual(identity);
  });

  test('any other text, without an error', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        expect(await tokens.verifyAccess(parts.join('.'))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

describe('a refresh token', () => {
  test('names its sign-in and is stored as a hash only', () => {
    const signInId = randomUUID();
    const { token, tokenHash } = newRefreshToken(signInId);
    expect(parseRefreshToken(token)).toEqual({ signInId, tokenHash });
    expect(token).not.toContain(tokenHash);
    expect(newRefreshToken(signInId).token).not.toBe(token);
  });

  test('has the same successor in every version, so a new server gives a client what the old one gave', () => {
    const signInId = '0c5b6ea4-9e2f-4c1b-8f64-2f9d6f3c7a10';
    const { token, tokenHash } = tokens.successorOf(signInId, `${signInId}.${'A'.repeat(43)}`);
    expect(token).toBe(`${signInId}.1x8J9qWsuFfKzdmLnEUbrpfM1wKSIzKAE6QhD_zEQSI`);
    expect(parseRefreshToken(token)).toEqual({ signInId, tokenHash });
  });

  test.each([
    ['empty', ''],
    ['the sign-in alone', randomUUID()],
    ['no secret', `${randomUUID()}.`],
    ['a short secret', `${randomUUID()}.abc`],
    ['a longer secret', `${newRefreshToken(randomUUID()).token}A`],
    ['a line break after it', `${newRefreshToken(randomUUID()).token}\n`],
    ['upper case', newRefreshToken(randomUUID().toUpperCase()).token],
    ['an operator', '{"$ne":null}'],
  ])('that is malformed is rejected: %s', (_, token) => {
    expect(parseRefreshToken(token)).toBeNull();
  });
});

function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
}
