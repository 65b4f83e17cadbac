/** Accounts that nobody signs in to, for tests that verify a whole database. Needs useDatabase(). */
import { Types } from 'mongoose';
import { AccountModel, type AccountRecord, type Role } from '../../src/storage/models/account.js';
import { CourseModel } from '../../src/storage/models/course.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { noon } from '../rewards/given.js';

/** A well-formed hash of no password. */
export const NO_PASSWORD = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export function accountOf(_id: Types.ObjectId, role: Role): AccountRecord {
  const displayName = role === 'STUDENT' ? null : 'Teacher';
  return { _id, email: `${_id}@school.example`, passwordHash: NO_PASSWORD, role, displayName, createdAt: noon };
}

/** Inserts an account. @returns its id */
export async function givenAccount(role: Role, _id = new Types.ObjectId()): Promise<Types.ObjectId> {
  await AccountModel.collection.insertOne(accountOf(_id, role));
  return _id;
}

/** Inserts the accounts of all students and teachers that have none: most tests do without. */
export async function givenAccounts(): Promise<void> {
  const existing = new Set((await AccountModel.distinct('_id')).map(String));
  const students = (await StudentModel.distinct('_id')).map((_id) => accountOf(_id, 'STUDENT'));
  const teachers = (await CourseModel.distinct('teacherId')).map((_id) => accountOf(_id, 'TEACHER'));
  const missing = [...students, ...teachers].filter(({ _id }) => !existing.has(_id.toHexString()));
  if (missing.length > 0) await AccountModel.collection.insertMany(missing);
}
