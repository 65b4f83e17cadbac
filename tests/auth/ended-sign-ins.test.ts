import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { signOut } from '../../src/actions/sign-out.js';
import { createEndedSignIns } from '../../src/auth/ended-sign-ins.js';
import { SignInModel } from '../../src/storage/models/sign-in.js';
import { useDatabase } from '../support/database.js';
import { createServer, createTestClock, minute, second, signInIdOf, signUpSomebody } from './harness.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** Starts a sign-in and ends it on this server. */
async function endOne(server: ReturnType<typeof createServer>): Promise<string> {
  const { session } = await signUpSomebody(server);
  const signInId = signInIdOf(session.refreshToken);
  await signOut(server, { signInId });
  return signInId;
}

describe('a sign-in that ended', () => {
  test('is known immediately in its own process, and after a poll in others', async () => {
    const server = createServer();
    const other = createEndedSignIns(server.clock);
    await other.poll();
    const signInId = await endOne(server);
    expect(server.ended.has(signInId)).toBe(true);
    expect(other.has(signInId)).toBe(false);
    await other.poll();
    expect(other.has(signInId)).toBe(true);
  });

  test('is known to a process that starts later, while access tokens may be valid', async () => {
    const server = createServer();
    const signInId = await endOne(server);
    server.clock.advance(15 * minute);
    const later = createEndedSignIns(server.clock);
    await later.poll();
    expect(later.has(signInId)).toBe(true);
  });

  test('is found even if the clock of the process that ended it is 30 s behind', async () => {
    const behind = createServer();
    const clock = createTestClock();
    clock.advance(30 * second);
    const other = createEndedSignIns(clock);
    await other.poll();
    const signInId = await endOne(behind);
    await other.poll();
    expect(other.has(signInId)).toBe(true);
  });

  test('is forgotten once all its access tokens have expired, and not before', async () => {
    const server = createServer();
    const signInId = await endOne(server);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      server.clock.advance(minute);
      await server.ended.poll();
      expect(server.ended.has(signInId)).toBe(true);
    }
    server.clock.advance(2 * minute);
    await server.ended.poll();
    expect(server.ended.has(signInId)).toBe(false);
  });

  test('keeps its endedAt when it is ended again', async () => {
    const server = createServer();
    const signInId = await endOne(server);
    const before = await SignInModel.findById(signInId).lean();
    server.clock.advance(minute);
    await server.ended.end(signInId);
    expect(await SignInModel.findById(signInId).lean()).toEqual(before);
  });
});

describe('the poll', () => {
  test('runs every two seconds from start to stop', async () => {
    const server = createServer();
    const other = createEndedSignIns(server.clock);
    const before = await endOne(server);
    await other.start();
    expect(other.has(before)).toBe(true);
    const meanwhile = await endOne(server);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(other.has(meanwhile)).toBe(true);
    other.stop();
    const find = jest.spyOn(SignInModel, 'find');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(find).not.toHaveBeenCalled();
  });

  test('reports a failure, forgets nothing, and the next poll covers the time of the failed one', async () => {
    const failures: unknown[] = [];
    const server = createServer();
    const other = createEndedSignIns(server.clock, (error) => failures.push(error));
    const known = await endOne(server);
    await other.poll();
    const failure = await database.failCommand({ failCommands: ['find'], errorCode: 8_000, mode: 'alwaysOn' });
    await other.start();
    await failure.off();
    expect(failures).toEqual([expect.objectContaining({ code: 8_000 })]);
    expect(other.has(known)).toBe(true);
    const meanwhile = await endOne(server);
    server.clock.advance(10 * minute);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    other.stop();
    expect(other.has(meanwhile)).toBe(true);
  });

  test('in progress at the time of stop is the last', async () => {
    const { ended } = createServer();
    const find = jest.spyOn(SignInModel, 'find');
    const first = ended.start();
    ended.stop();
    await first;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(find).toHaveBeenCalledTimes(1);
  });

  test('reads the sign-ins that ended since one minute before the previous poll', async () => {
    const { ended, clock } = createServer();
    const find = jest.spyOn(SignInModel, 'find');
    const askedFor = () => (find.mock.lastCall![0] as unknown as { endedAt: { $gte: Date } }).endedAt.$gte.getTime();
    await ended.poll();
    expect(askedFor()).toBe(clock().getTime() - 16 * minute);
    clock.advance(2 * second);
    await ended.poll();
    expect(askedFor()).toBe(clock().getTime() - 2 * second - minute);
    clock.advance(90 * minute);
    await ended.poll();
    expect(askedFor()).toBe(clock().getTime() - 16 * minute);
  });

  test('uses the index on endedAt', async () => {
    const plan = await SignInModel.find({ endedAt: { $gte: new Date() } }).explain('queryPlanner');
    expect(JSON.stringify(plan)).toContain('"indexName":"endedAt_1"');
    expect(JSON.stringify(plan)).not.toContain('COLLSCAN');
  });
});

test('after a sign-out that failed in the database, the access token is still accepted, so the client can retry', async () => {
  const server = createServer();
  const { session } = await signUpSomebody(server);
  await database.failCommand({ failCommands: ['update'], errorCode: 8_000 });
  const signedOut = signOut(server, { signInId: signInIdOf(session.refreshToken) });
  await expect(signedOut).rejects.toMatchObject({ code: 8_000 });
  expect(await server.tokens.verifyAccess(session.accessToken)).not.toBeNull();
});
