import { Types } from 'mongoose';
import { isTaken } from './duplicate-key.js';
import { AccountModel, type AccountRecord, type Role } from './models/account.js';
import { SignInModel, type SignInRecord } from './models/sign-in.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { toObjectId, withId } from './object-id.js';
import { findRows } from './pages.js';

/** An account without its password hash. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  /** Null for a student: the display name is stored in the student document. */
  readonly displayName: string | null;
}

/**
 * Returns the form in which an e-mail address is stored, looked up and counted. Addresses that differ only in case, or
 * in how an accented letter is composed, are the same address.
 */
export function normaliseEmail(email: string): string {
  return email.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Matches both forms: older versions stored accented letters as typed, and some keyboards decompose them. */
function withEmail(email: string): { email: { $in: string[] } } {
  const composed = normaliseEmail(email);
  return { email: { $in: [...new Set([composed, composed.normalize('NFD')])] } };
}

export async function findAccountByEmail(email: string): Promise<Account | null> {
  const record = await AccountModel.findOne(withEmail(email), withoutPasswordHash).lean<PublicRecord>();
  return record && toAccount(record);
}

export async function hasNoAccounts(): Promise<boolean> {
  return (await AccountModel.findOne({}, { _id: 1 }).lean()) === null;
}

/** Returns an account with its password hash. Only the sign-in may use it. */
export async function findCredentials(email: string): Promise<{ account: Account; passwordHash: string } | null> {
  const record = await AccountModel.findOne(withEmail(email)).lean<AccountRecord>();
  return record && { account: toAccount(record), passwordHash: record.passwordHash };
}

/** Returns the accounts with these ids, keyed by the id in lower case. Ids without an account are absent. */
export async function findAccountsByIds(ids: readonly string[]): Promise<Map<string, Account>> {
  const objectIds = ids.map(toObjectId).filter((id) => id !== null);
  const records = await findRows<PublicRecord>(AccountModel, withId(objectIds), { projection: withoutPasswordHash });
  return new Map(records.map((record) => [record._id.toHexString(), toAccount(record)]));
}

/**
 * Inserts an account and, for a student's account, the student. Returns null if the e-mail address is taken; nothing
 * remains stored then.
 *
 * It writes the student first and the account, with its unique address, last. A crash in between leaves a student that
 * nobody can reach, but never an account without its student.
 */
export async function insertAccount(account: AccountRecord, student: StudentRecord | null): Promise<Account | null> {
  if (student) await StudentModel.collection.insertOne(student);
  try {
    await AccountModel.collection.insertOne(account);
  } catch (error) {
    // After any other error the account may have been written, so its student must stay.
    if (!isTaken('email', error)) throw error;
    if (student) await StudentModel.deleteOne({ _id: student._id });
    return null;
  }
  return toAccount(account);
}

/** Changes the display name of a teacher or an admin. */
export async function renameAccount(accountId: Types.ObjectId, displayName: string): Promise<void> {
  await AccountModel.updateOne({ _id: accountId }, { $set: { displayName } });
}

type PublicRecord = Omit<AccountRecord, 'passwordHash'>;

const withoutPasswordHash = { passwordHash: 0 } as const;

function toAccount({ _id, email, role, displayName }: PublicRecord): Account {
  return { id: _id.toHexString(), email, role, displayName };
}

/** Stores a new sign-in with its first refresh token. */
export async function startSignIn(signIn: {
  readonly signInId: string;
  readonly accountId: string;
  readonly place: string;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}): Promise<void> {
  const { signInId, accountId, place, tokenHash, createdAt, expiresAt } = signIn;
  const record: SignInRecord = {
    _id: signInId,
    accountId: new Types.ObjectId(accountId),
    place,
    tokenHash,
    createdAt,
    expiresAt,
  };
  // Model.collection cannot be used: its type allows only an ObjectId as _id.
  await SignInModel.insertMany([record], { lean: true });
}

/** Returns whether there was a sign-in at this place at `since` or later. Sign-ins are stored for at least 30 days. */
export async function hasSignedInAt(place: string, since: Date): Promise<boolean> {
  return (await SignInModel.findOne({ place, createdAt: { $gte: since } }, { _id: 1 }).lean()) !== null;
}

/** Returns the account of a sign-in, even if the sign-in has ended or expired. Null if there is no such sign-in. */
export async function findAccountOfSignIn(signInId: string): Promise<Account | null> {
  const signIn = await SignInModel.findById(signInId, { accountId: 1 }).lean<Pick<SignInRecord, 'accountId'>>();
  if (!signIn) return null;
  const record = await AccountModel.findById(signIn.accountId, withoutPasswordHash).lean<PublicRecord>();
  return record && toAccount(record);
}

export interface Rotation {
  readonly signInId: string;
  readonly tokenHash: string;
  readonly newTokenHash: string;
  readonly now: Date;
  readonly expiresAt: Date;
  /** If the new token replaced another one at this moment or later, the rotation may be repeated. */
  readonly repeatableSince: Date;
}

/**
 * Replaces the refresh token of a sign-in that has neither ended nor expired, or finds that the same rotation was made
 * a short time ago. The update is atomic. Of several requests with the same token, one succeeds, unless all of them
 * derive the same new token. Returns false if the token is not the current one.
 */
export async function rotateSignIn(rotation: Rotation): Promise<boolean> {
  const { signInId, tokenHash, newTokenHash, now, expiresAt, repeatableSince } = rotation;
  const isRepeated = { tokenHash: newTokenHash, rotatedAt: { $gte: repeatableSince } };
  const rotatedAt = { $cond: [{ $eq: ['$tokenHash', tokenHash] }, now, '$rotatedAt'] };
  const rotated = await SignInModel.findOneAndUpdate(
    { _id: signInId, expiresAt: { $gt: now }, endedAt: { $exists: false }, $or: [{ tokenHash }, isRepeated] },
    // The clock may have gone back since the sign-in began or was rotated.
    [{ $set: { tokenHash: newTokenHash, rotatedAt, expiresAt: { $max: [expiresAt, '$createdAt', rotatedAt] } } }],
    { updatePipeline: true },
  ).lean();
  return rotated !== null;
}

/**
 * Ends a sign-in and all its tokens. If it has already ended, `endedAt` stays as it is. An unknown id is no error. If the
 * clock went back since the sign-in began, the sign-in ends when it began.
 */
export async function endSignIn(signInId: string, now: Date): Promise<void> {
  await SignInModel.updateOne(
    { _id: signInId, endedAt: { $exists: false } },
    [{ $set: { endedAt: { $max: [now, '$createdAt'] } } }],
    { updatePipeline: true },
  );
}

/** Returns the ids of the sign-ins that ended at this moment or later. */
export async function findSignInsEndedSince(moment: Date): Promise<string[]> {
  const ended = await SignInModel.find({ endedAt: { $gte: moment } }, { _id: 1 }).lean<{ _id: string }[]>();
  return ended.map(({ _id }) => _id);
}
