import { beforeEach, expect, test } from '@jest/globals';
import { refreshSession } from '../../src/actions/refresh-session.js';
import { signIn } from '../../src/actions/sign-in.js';
import { signOut } from '../../src/actions/sign-out.js';
import type { Drift } from '../../src/audit/drift.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import { createServer, day, here, minute, sessionOf, signUpSomebody } from '../auth/harness.js';
import { useDatabase } from '../support/database.js';

useDatabase();

let server: ReturnType<typeof createServer>;

beforeEach(() => {
  server = createServer();
});

test('ends the refresh token and every access token of the sign-in', async () => {
  const { session: first } = await signUpSomebody(server);
  const second = sessionOf(await refreshSession(server, first));
  const identity = await server.tokens.verifyAccess(second.accessToken);
  await signOut(server, identity!);
  expect((await refreshSession(server, second)).kind).toBe('refused');
  expect(await server.tokens.verifyAccess(first.accessToken)).toBeNull();
  expect(await server.tokens.verifyAccess(second.accessToken)).toBeNull();
});

test('ends them in other processes after their next poll', async () => {
  const other = createServer(server.clock);
  const { session } = await signUpSomebody(server);
  const identity = await other.tokens.verifyAccess(session.accessToken);
  await signOut(server, identity!);
  await other.ended.poll();
  expect(await other.tokens.verifyAccess(session.accessToken)).toBeNull();
});

test('does not affect the account and its other sign-ins', async () => {
  const { input, session: phone } = await signUpSomebody(server);
  const laptop = sessionOf(await signIn(server, input, here));
  await signOut(server, (await server.tokens.verifyAccess(phone.accessToken))!);
  expect(await server.tokens.verifyAccess(laptop.accessToken)).not.toBeNull();
  expect((await refreshSession(server, laptop)).kind).toBe('session');
  expect((await signIn(server, input, here)).kind).toBe('session');
});

test('may be repeated', async () => {
  const { session } = await signUpSomebody(server);
  const identity = await server.tokens.verifyAccess(session.accessToken);
  await signOut(server, identity!);
  server.clock.advance(minute);
  await signOut(server, identity!);
  expect(await server.tokens.verifyAccess(session.accessToken)).toBeNull();
});

test('after the clock went back, also by months, leaves no drift', async () => {
  const { session: first } = await signUpSomebody(server);
  const { session: other } = await signUpSomebody(server);
  server.clock.advance(minute);
  const rotated = sessionOf(await refreshSession(server, { ...other, isRepeatable: true }));
  server.clock.advance(-50 * day);
  const again = sessionOf(await refreshSession(server, { ...other, isRepeatable: true }));
  expect(again.refreshToken).toBe(rotated.refreshToken);
  await signOut(server, { signInId: first.signInId });
  const drifts: Drift[] = [];
  await verifyDatabase((drift) => drifts.push(drift));
  expect(drifts).toEqual([]);
  expect(server.ended.has(first.signInId)).toBe(true);
  await signOut(server, { signInId: again.signInId });
  expect((await refreshSession(server, again)).kind).toBe('refused');
});
