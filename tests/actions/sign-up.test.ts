import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { ensureAccount } from '../../src/actions/create-account.js';
import { signIn } from '../../src/actions/sign-in.js';
import { signUp } from '../../src/actions/sign-up.js';
import { RateLimited } from '../../src/auth/sign-in-limits.js';
import { findAccountByEmail, findAccountsByIds } from '../../src/storage/account-store.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { SignInModel } from '../../src/storage/models/sign-in.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { createServer, day, here, newInput, sessionOf } from '../auth/harness.js';
import { useDatabase } from '../support/database.js';

const database = useDatabase();

let server: ReturnType<typeof createServer>;

beforeEach(() => {
  server = createServer();
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('created', () => {
  test('an account, its student and a session', async () => {
    const input = newInput();
    const session = sessionOf(await signUp(server, input, here));

    const account = await AccountModel.findOne({ email: input.email }).lean();
    expect(account).toEqual({
      _id: new mongoose.Types.ObjectId(session.accountId),
      email: input.email,
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      role: 'STUDENT',
      displayName: null,
      createdAt: server.clock(),
    });
    expect(await StudentModel.findById(session.accountId).lean()).toMatchObject({
      displayName: input.displayName,
      timeZone: input.timeZone,
      createdAt: server.clock(),
      revision: 0,
    });
    expect(session.role).toBe('STUDENT');
    expect(await server.tokens.verifyAccess(session.accessToken)).toMatchObject({ accountId: session.accountId });
  });

  test('a sign-in, whose tokens are not stored', async () => {
    const input = newInput();
    const session = sessionOf(await signUp(server, input, here));
    const [signInId, secret] = session.refreshToken.split('.') as [string, string];
    const stored = await SignInModel.findById(signInId).lean();
    expect(stored).toEqual({
      _id: signInId,
      accountId: new mongoose.Types.ObjectId(session.accountId),
      place: server.limits.placeOf({ email: input.email, ...here }),
      tokenHash: expect.stringMatching(/^[\w-]{43}$/),
      createdAt: server.clock(),
      expiresAt: new Date(server.clock().getTime() + 30 * day),
    });
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  test('with the address in lower case, ignoring unknown input fields', async () => {
    const input = { ...newInput(), role: 'ADMIN', _id: new mongoose.Types.ObjectId(), courseIds: ['x'] };
    const session = sessionOf(await signUp(server, { ...input, email: input.email.toUpperCase() }, here));
    expect(session.role).toBe('STUDENT');
    expect(session.accountId).not.toBe(input._id.toHexString());
    expect(await findAccountByEmail(input.email)).toMatchObject({ id: session.accountId, email: input.email });
    expect((await StudentModel.findById(session.accountId).lean())?.courseIds).toEqual([]);
  });
});

describe('refused-EMAIL_TAKEN', () => {
  test.each([
    ['as it is', (email: string) => email],
    ['in upper case', (email: string) => email.toUpperCase()],
    ['in mixed case', (email: string) => email.replace('test', 'TeSt')],
  ])('the address %s: nothing is written', async (_, variant) => {
    const first = newInput();
    await signUp(server, first, here);
    const before = await database.snapshot();
    const insertStudent = jest.spyOn(StudentModel.collection, 'insertOne');
    const again = { ...newInput(), email: variant(first.email), password: 'another password' };
    expect(await signUp(server, again, here)).toEqual({
      kind: 'refused',
      code: 'EMAIL_TAKEN',
      message: expect.stringContaining('Sign in'),
    });
    expect(insertStudent).not.toHaveBeenCalled();
    expect(await database.snapshot()).toEqual(before);
    expect((await signIn(server, first, here)).kind).toBe('session');
  });
});

describe('raced', () => {
  test.each([2, 8])('%i at once with one address: one account, and no student without an account', async (count) => {
    const input = newInput();
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        signUp(server, { ...input, email: n % 2 ? input.email : input.email.toUpperCase() }, here),
      ),
    );
    const opened = outcomes.filter(({ kind }) => kind === 'session').map(sessionOf);
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused' && outcome.code === 'EMAIL_TAKEN');
    expect([opened.length, refused.length]).toEqual([1, count - 1]);
    expect(await AccountModel.countDocuments({ email: input.email })).toBe(1);
    const students = await StudentModel.find({ displayName: input.displayName }).lean();
    expect(students.map(({ _id }) => _id.toHexString())).toEqual([opened[0]!.accountId]);
    expect(await SignInModel.countDocuments({ accountId: students[0]!._id })).toBe(1);
  });
});

describe('interrupted', () => {
  /** An error that the driver does not retry. */
  const failing = { failCommands: ['insert'], errorCode: 8_000 };

  test('before the account is written: an unreachable student remains, and the same sign-up succeeds later', async () => {
    const input = newInput();
    const failure = await database.failCommand({ ...failing, mode: { skip: 1 } });
    await expect(signUp(server, input, here)).rejects.toMatchObject({ code: 8_000 });
    expect(await failure.off()).toBeGreaterThan(0);
    expect(await findAccountByEmail(input.email)).toBeNull();
    expect(await StudentModel.countDocuments({ displayName: input.displayName })).toBe(1);
    expect((await signUp(server, input, here)).kind).toBe('session');
  });

  test('before the student is written: nothing is written', async () => {
    const input = newInput();
    const before = await database.snapshot();
    await database.failCommand(failing);
    await expect(signUp(server, input, here)).rejects.toMatchObject({ code: 8_000 });
    expect(await database.snapshot()).toEqual(before);
  });

  test('after the account is written: its student remains', async () => {
    const input = newInput();
    const insertOne = AccountModel.collection.insertOne.bind(AccountModel.collection);
    jest.spyOn(AccountModel.collection, 'insertOne').mockImplementationOnce(async (record) => {
      await insertOne(record);
      throw new Error('the connection was cut');
    });
    await expect(signUp(server, input, here)).rejects.toThrow('cut');
    const session = sessionOf(await signIn(server, input, here));
    expect(await StudentModel.exists({ _id: session.accountId })).not.toBeNull();
  });

  test.each([
    ['was not executed', { closeConnection: true }],
    ['was executed but not answered', { writeConcernError: { code: 91, errmsg: 'shutdown in progress' } }],
  ])('at the insert of the account, which %s: the retry of the driver is not EMAIL_TAKEN', async (_, fault) => {
    const input = newInput();
    const fired: number[] = [];
    const insertOne = AccountModel.collection.insertOne.bind(AccountModel.collection);
    jest.spyOn(AccountModel.collection, 'insertOne').mockImplementationOnce(async (record) => {
      const failure = await database.failCommand({ failCommands: ['insert'], ...fault });
      const result = await insertOne(record);
      fired.push(await failure.off());
      return result;
    });
    expect((await signUp(server, input, here)).kind).toBe('session');
    expect(fired).toEqual([1]);
  });
});

test('given too many sign-ups from one address: the next one is rate limited and writes nothing', async () => {
  for (let n = 0; n < 5_000; n += 1) server.limits.countSignUp(here.clientAddress);
  const input = newInput();
  await expect(signUp(server, input, here)).rejects.toBeInstanceOf(RateLimited);
  expect(await findAccountByEmail(input.email)).toBeNull();
});

describe('the account store', () => {
  test('ensureAccount creates an account once and does not change it afterwards', async () => {
    const account = { ...newInput(), role: 'TEACHER' as const, createdAt: server.clock() };
    const [first, atOnce] = await Promise.all([ensureAccount(account), ensureAccount(account)]);
    const again = await ensureAccount({
      ...account,
      password: 'another password',
      displayName: 'Other',
      role: 'ADMIN',
    });
    expect([atOnce, again]).toEqual([first, first]);
    expect(first).toEqual({
      id: first.id,
      email: account.email,
      role: 'TEACHER',
      displayName: account.displayName,
    });
    expect((await signIn(server, account, here)).kind).toBe('session');
    expect(await StudentModel.exists({ _id: first.id })).toBeNull();
  });

  test('findAccountsByIds returns the existing accounts by id, without their password hashes', async () => {
    const [one, two] = await Promise.all(
      [newInput(), newInput()].map((input) =>
        ensureAccount({ ...input, role: 'ADMIN' as const, createdAt: server.clock() }),
      ),
    );
    const found = await findAccountsByIds([one!.id, two!.id, one!.id, 'f'.repeat(24), 'no id', '']);
    expect(found).toEqual(
      new Map([
        [one!.id, one],
        [two!.id, two],
      ]),
    );
  });
});
