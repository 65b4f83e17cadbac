import { randomUUID } from 'node:crypto';
import { signUp } from '../../src/actions/sign-up.js';
import { createEndedSignIns } from '../../src/auth/ended-sign-ins.js';
import { createSignInLimits } from '../../src/auth/sign-in-limits.js';
import { createTokens } from '../../src/auth/tokens.js';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

export const testSecret = 'a secret of the tests, long enough for HS256';

/** A clock that moves only when advanced. It starts at the real time, so that the TTL index deletes nothing during a test. */
export function createTestClock() {
  let now = Date.now();
  const clock = () => new Date(now);
  clock.advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return clock;
}

/** The auth services of one server process. Several servers share the database, and the clock if it is passed. */
export function createServer(clock = createTestClock()) {
  const ended = createEndedSignIns(clock);
  return {
    clock,
    ended,
    tokens: createTokens(testSecret, clock, ended),
    limits: createSignInLimits(clock, testSecret),
  };
}

export const here = { clientAddress: '192.0.2.1' };

export const password = 'correct horse';

export function newInput() {
  const name = `Person ${randomUUID()}`;
  return { email: `${randomUUID()}@test.example`, password, displayName: name, timeZone: 'Europe/Berlin' };
}

/** Signs up a new student. */
export async function signUpSomebody(server: ReturnType<typeof createServer>) {
  const input = newInput();
  return { input, session: sessionOf(await signUp(server, input, here)) };
}

/** Returns the session of an outcome. @throws Error if it is a refusal */
export function sessionOf(outcome: Awaited<ReturnType<typeof signUp>>) {
  if (outcome.kind !== 'session') throw new Error(`refused: ${outcome.code}`);
  return outcome.session;
}

/** Returns the sign-in that a refresh token belongs to. */
export function signInIdOf(refreshToken: string): string {
  return refreshToken.split('.')[0]!;
}
