import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { refreshSession } from '../../src/actions/refresh-session.js';
import { signOut } from '../../src/actions/sign-out.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { SignInModel } from '../../src/storage/models/sign-in.js';
import { createServer, day, minute, sessionOf, signInIdOf, signUpSomebody } from '../auth/harness.js';
import { useDatabase } from '../support/database.js';

const database = useDatabase();

let server: ReturnType<typeof createServer>;

beforeEach(() => {
  server = createServer();
});

const sessionIsOver = {
  kind: 'refused',
  code: 'INVALID_CREDENTIALS',
  message: 'This session is over. Sign in again with your e-mail address and password.',
};

const refresh = (by: ReturnType<typeof createServer>, refreshToken: string) => refreshSession(by, { refreshToken });

const stored = (refreshToken: string) => SignInModel.findById(signInIdOf(refreshToken)).lean();

describe('refreshed', () => {
  test('a new token of the same sign-in, valid for another thirty days', async () => {
    const { session: first } = await signUpSomebody(server);
    server.clock.advance(29 * day);
    const second = sessionOf(await refresh(server, first.refreshToken));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(signInIdOf(second.refreshToken)).toBe(signInIdOf(first.refreshToken));
    expect(second).toMatchObject({ accountId: first.accountId, role: 'STUDENT' });
    expect(await server.tokens.verifyAccess(second.accessToken)).toMatchObject({ accountId: first.accountId });
    expect((await stored(first.refreshToken))?.expiresAt).toEqual(new Date(server.clock().getTime() + 30 * day));

    server.clock.advance(29 * day);
    expect((await refresh(server, second.refreshToken)).kind).toBe('session');
  });

  test('with the current role of the account', async () => {
    const { session } = await signUpSomebody(server);
    await AccountModel.updateOne({ _id: session.accountId }, { $set: { role: 'TEACHER' } });
    expect(sessionOf(await refresh(server, session.refreshToken)).role).toBe('TEACHER');
  });

  test('by a process other than the one that signed in', async () => {
    const { session } = await signUpSomebody(server);
    expect((await refresh(createServer(server.clock), session.refreshToken)).kind).toBe('session');
  });
});

test('a refresh that fails does not use up the token', async () => {
  const { session } = await signUpSomebody(server);
  const issueAccess = () => Promise.reject(new Error('no token was signed'));
  const failing = { ...server, tokens: { ...server.tokens, issueAccess } };
  await expect(refresh(failing, session.refreshToken)).rejects.toThrow('no token was signed');
  expect((await refresh(server, session.refreshToken)).kind).toBe('session');
});

describe('used twice', () => {
  test('ends the sign-in, including the newer token and all access tokens', async () => {
    const { session: first } = await signUpSomebody(server);
    const second = sessionOf(await refresh(server, first.refreshToken));
    expect(await refresh(server, first.refreshToken)).toEqual(sessionIsOver);
    expect((await stored(first.refreshToken))?.endedAt).toEqual(server.clock());
    expect(await refresh(server, second.refreshToken)).toEqual(sessionIsOver);
    expect(await server.tokens.verifyAccess(first.accessToken)).toBeNull();
    expect(await server.tokens.verifyAccess(second.accessToken)).toBeNull();
  });

  test('is detected after many rotations too, and does not affect other sign-ins', async () => {
    const [{ session: first }, { session: other }] = [await signUpSomebody(server), await signUpSomebody(server)];
    let latest = first;
    for (let n = 0; n < 5; n += 1) latest = sessionOf(await refresh(server, latest.refreshToken));
    expect(await refresh(server, first.refreshToken)).toEqual(sessionIsOver);
    expect(await refresh(server, latest.refreshToken)).toEqual(sessionIsOver);
    expect((await refresh(server, other.refreshToken)).kind).toBe('session');
  });

  test('ends the access tokens in other processes after their next poll', async () => {
    const other = createServer(server.clock);
    const { session: first } = await signUpSomebody(server);
    const second = sessionOf(await refresh(other, first.refreshToken));
    expect(await other.tokens.verifyAccess(second.accessToken)).not.toBeNull();
    await refresh(server, first.refreshToken);
    expect(await server.tokens.verifyAccess(second.accessToken)).toBeNull();
    expect(await other.tokens.verifyAccess(second.accessToken)).not.toBeNull();
    await other.ended.poll();
    expect(await other.tokens.verifyAccess(second.accessToken)).toBeNull();
    expect(await other.tokens.verifyAccess(first.accessToken)).toBeNull();
  });

  test.each([2, 10])('%i at once: exactly one succeeds, and the sign-in ends', async (count) => {
    const { session: first } = await signUpSomebody(server);
    const outcomes = await Promise.all(Array.from({ length: count }, () => refresh(server, first.refreshToken)));
    const won = outcomes.filter(({ kind }) => kind === 'session').map(sessionOf);
    expect(won.length).toBe(1);
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toEqual(
      Array.from({ length: count - 1 }, () => sessionIsOver),
    );
    expect(await refresh(server, won[0]!.refreshToken)).toEqual(sessionIsOver);
    expect(await server.tokens.verifyAccess(won[0]!.accessToken)).toBeNull();
  });
});

describe('repeatable, as by cookie', () => {
  const repeatably = (by: ReturnType<typeof createServer>, refreshToken: string) =>
    refreshSession(by, { refreshToken, isRepeatable: true });

  test('the answer was lost: the same token gets the same new token, and a valid access token', async () => {
    const { session: first } = await signUpSomebody(server);
    const lost = sessionOf(await repeatably(server, first.refreshToken));
    server.clock.advance(minute);
    const again = sessionOf(await repeatably(server, first.refreshToken));
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(again.refreshToken).not.toBe(first.refreshToken);
    expect(await server.tokens.verifyAccess(again.accessToken)).toMatchObject({ accountId: first.accountId });
    expect((await repeatably(server, again.refreshToken)).kind).toBe('session');
  });

  test('also by another process', async () => {
    const { session: first } = await signUpSomebody(server);
    const lost = sessionOf(await repeatably(server, first.refreshToken));
    const again = sessionOf(await repeatably(createServer(server.clock), first.refreshToken));
    expect(again.refreshToken).toBe(lost.refreshToken);
  });

  test.each([2, 10])('%i tabs at once get the same new token', async (count) => {
    const { session: first } = await signUpSomebody(server);
    const outcomes = await Promise.all(Array.from({ length: count }, () => repeatably(server, first.refreshToken)));
    const [token, ...others] = new Set(outcomes.map((outcome) => sessionOf(outcome).refreshToken));
    expect(others).toEqual([]);
    expect((await repeatably(server, token!)).kind).toBe('session');
  });

  test('no longer after a minute: a stolen token that was used before ends the sign-in', async () => {
    const { session: first } = await signUpSomebody(server);
    const second = sessionOf(await repeatably(server, first.refreshToken));
    server.clock.advance(minute + 1);
    expect(await repeatably(server, first.refreshToken)).toEqual(sessionIsOver);
    expect(await repeatably(server, second.refreshToken)).toEqual(sessionIsOver);
    expect(await server.tokens.verifyAccess(second.accessToken)).toBeNull();
  });

  test('repeating it does not prolong the minute', async () => {
    const { session: first } = await signUpSomebody(server);
    await repeatably(server, first.refreshToken);
    server.clock.advance(40_000);
    expect((await repeatably(server, first.refreshToken)).kind).toBe('session');
    server.clock.advance(20_001);
    expect(await repeatably(server, first.refreshToken)).toEqual(sessionIsOver);
  });

  test('the token before the last one ends the sign-in, even within the minute', async () => {
    const { session: first } = await signUpSomebody(server);
    const second = sessionOf(await repeatably(server, first.refreshToken));
    const third = sessionOf(await repeatably(server, second.refreshToken));
    expect(await repeatably(server, first.refreshToken)).toEqual(sessionIsOver);
    expect(await repeatably(server, third.refreshToken)).toEqual(sessionIsOver);
    expect(await server.tokens.verifyAccess(third.accessToken)).toBeNull();
  });

  test.each([
    ['used by payload', false, true],
    ['repeated by payload', true, false],
  ])('not a token that was %s', async (_, firstTime, secondTime) => {
    const { session } = await signUpSomebody(server);
    const { refreshToken } = session;
    const next = sessionOf(await refreshSession(server, { refreshToken, isRepeatable: firstTime }));
    expect(await refreshSession(server, { refreshToken, isRepeatable: secondTime })).toEqual(sessionIsOver);
    expect(await repeatably(server, next.refreshToken)).toEqual(sessionIsOver);
  });

  test('not after a sign-out', async () => {
    const { session } = await signUpSomebody(server);
    await repeatably(server, session.refreshToken);
    await signOut(server, { signInId: signInIdOf(session.refreshToken) });
    expect(await repeatably(server, session.refreshToken)).toEqual(sessionIsOver);
  });

  test('a sign-in that an older server stored has no time of rotation, and goes on', async () => {
    const { session } = await signUpSomebody(server);
    expect(await stored(session.refreshToken)).not.toHaveProperty('rotatedAt');
    const next = sessionOf(await repeatably(server, session.refreshToken));
    expect(await stored(session.refreshToken)).toMatchObject({ rotatedAt: server.clock() });
    // An older server replaces the token and knows nothing of the time.
    const { refreshToken } = sessionOf(await refresh(server, next.refreshToken));
    await SignInModel.updateOne({ _id: signInIdOf(refreshToken) }, { $unset: { rotatedAt: 1 } });
    expect(sessionOf(await repeatably(server, refreshToken)).accountId).toBe(session.accountId);
  });

  test('what is stored does not give the new token away', async () => {
    const { session } = await signUpSomebody(server);
    const { refreshToken } = sessionOf(await repeatably(server, session.refreshToken));
    const text = JSON.stringify(await stored(session.refreshToken));
    for (const token of [session.refreshToken, refreshToken]) expect(text).not.toContain(token.split('.')[1]);
  });
});

describe('refused-INVALID_CREDENTIALS', () => {
  test('a wrong secret for an existing sign-in, which ends it', async () => {
    const { session } = await signUpSomebody(server);
    const guess = `${signInIdOf(session.refreshToken)}.${randomBytes(32).toString('base64url')}`;
    expect(await refresh(server, guess)).toEqual(sessionIsOver);
    expect(await refresh(server, session.refreshToken)).toEqual(sessionIsOver);
  });

  test('an expired token, thirty days after the last use', async () => {
    const { session } = await signUpSomebody(server);
    server.clock.advance(30 * day);
    expect(await refresh(server, session.refreshToken)).toEqual(sessionIsOver);
  });

  test('a token that a sign-out ended', async () => {
    const { session } = await signUpSomebody(server);
    await signOut(server, { signInId: signInIdOf(session.refreshToken) });
    expect(await refresh(server, session.refreshToken)).toEqual(sessionIsOver);
  });

  test('an unknown token, of which nothing is stored', async () => {
    const signInId = randomUUID();
    expect(await refresh(server, `${signInId}.${'A'.repeat(43)}`)).toEqual(sessionIsOver);
    expect(server.ended.has(signInId)).toBe(false);
  });

  test('a token of a deleted account', async () => {
    const { session } = await signUpSomebody(server);
    await AccountModel.deleteOne({ _id: session.accountId });
    expect(await refresh(server, session.refreshToken)).toEqual(sessionIsOver);
  });

  test.each(['', '.', 'abc', `${randomUUID()}.short`, '{"$ne":null}', '\0', 'x'.repeat(100_000)])(
    'a malformed token, without a query: %.40p',
    async (token) => {
      const findById = jest.spyOn(SignInModel, 'findById');
      expect(await refresh(server, token)).toEqual(sessionIsOver);
      expect(findById).not.toHaveBeenCalled();
      findById.mockRestore();
    },
  );
});

describe('interrupted', () => {
  test('before the rotation: the token is still valid', async () => {
    const { session } = await signUpSomebody(server);
    const failure = await database.failCommand({ failCommands: ['find'], errorCode: 8_000, mode: { skip: 1 } });
    await expect(refresh(server, session.refreshToken)).rejects.toMatchObject({ code: 8_000 });
    await failure.off();
    expect((await refresh(server, session.refreshToken)).kind).toBe('session');
  });

  test.each([
    ['was not executed', { closeConnection: true }],
    ['was executed but not answered', { writeConcernError: { code: 91, errmsg: 'shutdown in progress' } }],
  ])('at a rotation that %s: the retry of the driver is not a second use', async (_, fault) => {
    const { session } = await signUpSomebody(server);
    const failure = await database.failCommand({ failCommands: ['findAndModify'], ...fault });
    const refreshed = sessionOf(await refresh(server, session.refreshToken));
    expect(await failure.off()).toBe(1);
    expect((await refresh(server, refreshed.refreshToken)).kind).toBe('session');
  });
});
