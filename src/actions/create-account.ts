import { Types } from 'mongoose';
import { hashPassword } from '../auth/passwords.js';
import { newStudentDocument } from '../granting/new-student.js';
import { type Account, findAccountByEmail, insertAccount, normaliseEmail } from '../storage/account-store.js';
import type { AccountRecord, Role } from '../storage/models/account.js';

export { normaliseEmail };

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly role: Role;
  readonly displayName: string;
  /** An IANA name. Stored for students only. */
  readonly timeZone: string;
  readonly createdAt: Date;
}

/**
 * Creates an account and, for the role STUDENT, its student.
 * @returns null if the e-mail address is taken; nothing is written then
 * @throws PasswordsOverloaded
 */
export async function createAccount(account: NewAccount): Promise<Account | null> {
  const { password, role, displayName, timeZone, createdAt } = account;
  const email = normaliseEmail(account.email);
  if (await findAccountByEmail(email)) return null;

  const _id = new Types.ObjectId();
  const isStudent = role === 'STUDENT';
  const record: AccountRecord = {
    _id,
    email,
    passwordHash: await hashPassword(password),
    role,
    displayName: isStudent ? null : displayName,
    createdAt,
  };
  return insertAccount(record, isStudent ? newStudentDocument({ _id, displayName, timeZone, createdAt }) : null);
}

/**
 * Returns the account with this e-mail address, and creates it if it does not exist. An existing account stays
 * unchanged, including its password.
 * @throws PasswordsOverloaded
 */
export async function ensureAccount(account: NewAccount): Promise<Account> {
  const created = await createAccount(account);
  const ensured = created ?? (await findAccountByEmail(account.email));
  if (!ensured) throw new Error('the account was removed while it was being looked up');
  return ensured;
}
