import mongoose, { Types } from 'mongoose';
import { AccountModel, type AccountRecord, type Role } from './models/account.js';
import { SignInModel, type SignInRecord } from './models/sign-in.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { toObjectId } from './object-id.js';
import { ONE_BATCH } from './pages.js';

/** What everybody but the sign-in needs to know of an account. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  /** Null where the account is a student's, whose name is on the student. */
  readonly displayName: string | null;
}

/**
 * The form in which an address is stored, looked for and counted: two that differ in case only are one, and so are two
 * that differ in how an accented letter is composed.
 */
export function normaliseEmail(email: string): string {
  return email.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Addresses used to be stored as they were typed, decomposed by some keyboards. */
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

/** An account together with its password hash: for the sign-in, and for nobody else. */
export async function findCredentials(email: string): Promise<{ account: Account; passwordHash: string } | null> {
  const record = await AccountModel.findOne(withEmail(email)).lean<AccountRecord>();
  return record && { account: toAccount(record), passwordHash: record.passwordHash };
}

/** The accounts with these ids, by id in lower case; those that do not exist are absent. */
export async function findAccountsByIds(ids: readonly string[]): Promise<Map<string, Account>> {
  const objectIds = ids.map(toObjectId).filter((id) => id !== null);
  const records = await AccountModel.find({ _id: { $in: objectIds } }, withoutPasswordHash)
    .batchSize(ONE_BATCH)
    .lean<PublicRecord[]>();
  return new Map(records.map((record) => [record._id.toHexString(), toAccount(record)]));
}

/**
 * Writes an account and, where it is a student's, the student with it. Null where the e-mail address is taken; nothing
 * is left behind then.
 *
 * The student is written first and the account, with its unique address, last: a crash in between leaves a student that
 * nobody can reach and never an account without its student.
 */
export async function insertAccount(account: AccountRecord, student: StudentRecord | null): Promise<Account | null> {
  if (student) await StudentModel.collection.insertOne(student);
  try {
    await AccountModel.collection.insertOne(account);
  } catch (error) {
    // Any other error may have come after the account was written: its student has to stay.
    if (!isEmailTaken(error)) throw error;
    if (student) await StudentModel.deleteOne({ _id: student._id });
    return null;
  }
  return toAccount(account);
}

/** Changes how a teacher or an admin is shown. */
export async function renameAccount(accountId: Types.ObjectId, displayName: string): Promise<void> {
  await AccountModel.updateOne({ _id: accountId }, { $set: { displayName } });
}

type PublicRecord = Omit<AccountRecord, 'passwordHash'>;

const withoutPasswordHash = { passwordHash: 0 } as const;

function toAccount({ _id, email, role, displayName }: PublicRecord): Account {
  return { id: _id.toHexString(), email, role, displayName };
}

function isEmailTaken(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && error.code === 11000 && 'email' in error.keyPattern;
}

/** Writes down a new sign-in with its first refresh token. */
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
  // Not through Model.collection, whose type knows no other _id than an ObjectId.
  await SignInModel.insertMany([record], { lean: true });
}

/** Whether anybody has signed in at this place since that moment, which a sign-in is stored for 30 days to tell. */
export async function hasSignedInAt(place: string, since: Date): Promise<boolean> {
  return (await SignInModel.findOne({ place, createdAt: { $gte: since } }, { _id: 1 }).lean()) !== null;
}

/** Whose sign-in this is, be it alive, ended or expired; null where there is none with this id. */
export async function findAccountOfSignIn(signInId: string): Promise<Account | null> {
  const signIn = await SignInModel.findById(signInId, { accountId: 1 }).lean<Pick<SignInRecord, 'accountId'>>();
  if (!signIn) return null;
  const record = await AccountModel.findById(signIn.accountId, withoutPasswordHash).lean<PublicRecord>();
  return record && toAccount(record);
}

/**
 * Replaces the refresh token of a sign-in that has neither ended nor expired, in one atomic step: of several requests
 * that bring the same token one succeeds. False where the current token is another one.
 */
export async function rotateSignIn(rotation: {
  readonly signInId: string;
  readonly tokenHash: string;
  readonly newTokenHash: string;
  readonly now: Date;
  readonly expiresAt: Date;
}): Promise<boolean> {
  const { signInId, tokenHash, newTokenHash, now, expiresAt } = rotation;
  const rotated = await SignInModel.findOneAndUpdate(
    { _id: signInId, tokenHash, expiresAt: { $gt: now }, endedAt: { $exists: false } },
    { $set: { tokenHash: newTokenHash, expiresAt } },
  ).lean();
  return rotated !== null;
}

/** Ends a sign-in with all its tokens. One that has ended before keeps its moment; an unknown one is no error. */
export async function endSignIn(signInId: string, endedAt: Date): Promise<void> {
  await SignInModel.updateOne({ _id: signInId, endedAt: { $exists: false } }, { $set: { endedAt } });
}

/** The ids of the sign-ins that have ended at this moment or later. */
export async function findSignInsEndedSince(moment: Date): Promise<string[]> {
  const ended = await SignInModel.find({ endedAt: { $gte: moment } }, { _id: 1 }).lean<{ _id: string }[]>();
  return ended.map(({ _id }) => _id);
}
