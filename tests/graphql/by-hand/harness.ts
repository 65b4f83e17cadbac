/** What the tests of acts by hand share: their mutations, and the check that a refusal writes nothing. */
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { Types } from 'mongoose';
import { AccountModel, type Role } from '../../../src/storage/models/account.js';
import type { Person } from '../../http/school.js';
import { signedInAgain } from '../../http/school.js';
import { type Client, type Data, mutationOf, type TestServer } from '../../support/client.js';

/** A row as the tests compare it. */
export const ROW = `id sequence reason xp auraPoints worth note leveledUp
  lines { rule text points } by { __typename id displayName } corrects { id }
  before { level xp lifetimeXp auraPoints } after { level xp lifetimeXp auraPoints }`;
/** What every act answers. */
export const ACT = `replayed level leveledUp leveledDown newBadges { id } lostBadges { id } badges { badge { id } }
  student { id level xp lifetimeXp auraPoints submissionCount streak { days } } reward { ${ROW} }`;

export const newKey = (): string => randomUUID();
/** An id that is valid and names nothing. */
export const nobodyId = (): string => new Types.ObjectId().toHexString();

/** Sends an act, with a new key unless the input has one. @returns the payload or the refusal */
export async function act(by: Client, mutation: string, input: object, selection = ACT): Promise<Data> {
  const data = await by.must(mutationOf(mutation, selection), { input: { idempotencyKey: newKey(), ...input } });
  return data[mutation];
}

/** Expects a refusal with this code, and that nothing was written anywhere. @returns its message */
export async function expectRefused(
  server: TestServer,
  code: string,
  request: () => Promise<Data>,
  message = /^[A-Z].{10,}\.$/s,
): Promise<void> {
  const before = await server.database.snapshot();
  expect(await request()).toMatchObject({ __typename: 'Refusal', code, message: expect.stringMatching(message) });
  expect(await server.database.snapshot()).toEqual(before);
}

/** Expects FORBIDDEN, and that nothing was written anywhere. */
export async function expectForbidden(server: TestServer, by: Client, mutation: string, input: object): Promise<void> {
  const before = await server.database.snapshot();
  const { code } = await by.ask(mutationOf(mutation, '__typename'), { input: { idempotencyKey: newKey(), ...input } });
  expect(code).toBe('FORBIDDEN');
  expect(await server.database.snapshot()).toEqual(before);
}

/** Makes a teacher or an admin of an account that has a ledger of its own: the API has no way to do that. */
export async function promoted(server: TestServer, { id, email }: Person, role: Role): Promise<Person> {
  await AccountModel.updateOne({ _id: new Types.ObjectId(id) }, { $set: { role } });
  return signedInAgain(server, { email });
}

export const SUBMITTED = 'replayed reward { id xp sequence } submission { id late content discardedAt reward { id } }';

/** Hands in. @returns the payload or the refusal */
export const handIn = (student: Client, assignmentId: string, content = 'My essay.', idempotencyKey?: string) =>
  student.mutate('submitAssignment', { assignmentId, content, ...(idempotencyKey && { idempotencyKey }) }, SUBMITTED);

/** @returns the row of a completed session of 5 minutes. An access token is valid for three of them. */
export async function focusFor5Minutes(server: TestServer, student: Person): Promise<{ readonly id: string }> {
  const { session } = await student.mutate('startPomodoro', { plannedMinutes: 5 }, 'session { id }');
  server.clock.advance(5 * 60_000);
  return (await student.mutate('endPomodoro', { sessionId: session.id }, 'reward { id }')).reward;
}

/** The whole ledger of the student, newest row first. */
export async function ledgerOf(by: Client, studentId: string, selection = ROW): Promise<Data[]> {
  const query = `query ($id: ID!) { student(id: $id) { rewards(first: 100) { edges { node { ${selection} } } } } }`;
  const { student } = await by.must(query, { id: studentId });
  return student.rewards.edges.map(({ node }: Data) => node);
}
