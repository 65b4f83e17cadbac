import { normaliseEmail } from '../storage/account-store.js';
import { joinCodeOf } from '../storage/join-codes.js';
import { AccountModel, type AccountRecord } from '../storage/models/account.js';
import { AssignmentModel, type AssignmentRecord } from '../storage/models/assignment.js';
import { CourseModel, type CourseRecord } from '../storage/models/course.js';
import { SignInModel, type SignInRecord } from '../storage/models/sign-in.js';
import { type Drift, Findings, isObjectId } from './drift.js';
import { checkShape } from './shape.js';

/** How many documents are read and checked at a time. */
const BATCH = 1_000;

/** argon2id in PHC string format: parameters, a salt of 16 bytes and a hash of 32. */
const PASSWORD_HASH = /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[\w+/]{22}\$[\w+/]{43}$/;
/** SHA-256 in base64url. */
const TOKEN_HASH = /^[\w-]{43}$/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Two blocks of four characters. */
const JOIN_CODE_LENGTH = 9;

/**
 * Checks the documents that belong to no student: accounts, sign-ins, courses and assignments. It looks up what they
 * refer to after it has read them. This is safe because accounts, courses and assignments are never deleted.
 */
export async function* driftsOfSchool(): AsyncGenerator<readonly Drift[]> {
  for await (const batch of batchesOf<AccountRecord>(AccountModel))
    yield batch.flatMap((each) => driftsOf('account', each, checkAccount));
  for await (const batch of batchesOf<SignInRecord>(SignInModel)) {
    const accounts = await rolesOf(batch.map(({ accountId }) => accountId));
    yield batch.flatMap((each) => driftsOf('signIn', each, (...found) => checkSignIn(accounts, ...found)));
  }
  for await (const batch of batchesOf<CourseRecord>(CourseModel)) {
    const accounts = await rolesOf(batch.map(({ teacherId }) => teacherId));
    yield batch.flatMap((each) => driftsOf('course', each, (...found) => checkCourse(accounts, ...found)));
  }
  for await (const batch of batchesOf<AssignmentRecord>(AssignmentModel)) {
    const ids = batch.map(({ courseId }) => courseId).filter(isObjectId);
    const courses = await CourseModel.find({ _id: { $in: ids } }, { _id: 1 }).lean<CourseRecord[]>();
    const existing = new Set(courses.map(({ _id }) => _id.toHexString()));
    yield batch.flatMap((each) => driftsOf('assignment', each, (...found) => checkAssignment(existing, ...found)));
  }
}

interface Models {
  readonly account: AccountRecord;
  readonly signIn: SignInRecord;
  readonly course: CourseRecord;
  readonly assignment: AssignmentRecord;
}

const COLLECTIONS: Readonly<Record<keyof Models, string>> = {
  account: AccountModel.collection.name,
  signIn: SignInModel.collection.name,
  course: CourseModel.collection.name,
  assignment: AssignmentModel.collection.name,
};

interface Find {
  find(filter: object, options: object): AsyncIterable<unknown>;
}

async function* batchesOf<Document>(model: { readonly collection: Find }): AsyncGenerator<Document[]> {
  let batch: Document[] = [];
  for await (const document of model.collection.find({}, { batchSize: BATCH })) {
    batch.push(document as Document);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

type Check<Document> = (document: Document, path: string, findings: Findings) => void;

/** Checks the values of a document only if it has the declared types. */
function driftsOf<Kind extends keyof Models>(kind: Kind, document: Models[Kind], check: Check<Models[Kind]>): Drift[] {
  const findings = new Findings(null);
  const path = `${COLLECTIONS[kind]}[${document._id}]`;
  if (checkShape(kind, document, path, findings)) check(document, path, findings);
  return findings.drifts;
}

type Roles = ReadonlyMap<string, AccountRecord['role']>;

async function rolesOf(ids: readonly unknown[]): Promise<Roles> {
  const found = await AccountModel.find({ _id: { $in: ids.filter(isObjectId) } }, { role: 1 }).lean<AccountRecord[]>();
  return new Map(found.map(({ _id, role }) => [_id.toHexString(), role]));
}

function checkAccount({ email, passwordHash, role, displayName }: AccountRecord, path: string, findings: Findings) {
  const composed = normaliseEmail(email);
  // Older versions stored accented letters as they were typed.
  if (email !== composed && email !== composed.normalize('NFD')) findings.add(`${path}.email`, email, composed);
  else if (!/^[^@]+@[^\s@]+$/.test(email)) findings.add(`${path}.email`, email, 'an e-mail address');
  // The report does not contain hashes.
  if (!PASSWORD_HASH.test(passwordHash)) findings.add(`${path}.passwordHash`, 'a text', 'a hash by argon2id');
  if (role === 'STUDENT') findings.compare(`${path}.displayName`, displayName, null);
  else if (!displayName) findings.add(`${path}.displayName`, displayName, 'a name');
}

function checkSignIn(
  accounts: Roles,
  { _id, accountId, tokenHash, createdAt, rotatedAt = createdAt, expiresAt, endedAt = createdAt }: SignInRecord,
  path: string,
  findings: Findings,
): void {
  if (!UUID.test(_id)) findings.add(`${path}._id`, _id, 'a UUID');
  if (!accounts.has(accountId.toHexString())) findings.add(`${path}.accountId`, accountId, 'an account');
  if (!TOKEN_HASH.test(tokenHash)) findings.add(`${path}.tokenHash`, 'a text', 'a hash by SHA-256');
  if (expiresAt < createdAt) findings.add(`${path}.expiresAt`, expiresAt, 'not before createdAt');
  if (expiresAt < rotatedAt) findings.add(`${path}.expiresAt`, expiresAt, 'not before rotatedAt');
  if (endedAt < createdAt) findings.add(`${path}.endedAt`, endedAt, 'not before createdAt');
}

function checkCourse(accounts: Roles, course: CourseRecord, path: string, findings: Findings): void {
  const { name, joinCode, teacherId } = course;
  if (name === '') findings.add(`${path}.name`, name, 'a name');
  const code = joinCodeOf(joinCode);
  if (joinCode !== code || code.length !== JOIN_CODE_LENGTH) findings.add(`${path}.joinCode`, joinCode, code);
  const role = accounts.get(teacherId.toHexString());
  if (role !== 'TEACHER' && role !== 'ADMIN') {
    findings.add(`${path}.teacherId`, teacherId, 'the account of a teacher or an admin');
  }
}

function checkAssignment(
  courses: ReadonlySet<string>,
  { courseId, title, dueDate, closesAt }: AssignmentRecord,
  path: string,
  findings: Findings,
): void {
  if (title === '') findings.add(`${path}.title`, title, 'a title');
  if (!courses.has(courseId.toHexString())) findings.add(`${path}.courseId`, courseId, 'a course');
  if (closesAt === null || closesAt >= dueDate) return;
  findings.add(`${path}.closesAt`, closesAt, 'not before dueDate');
  findings.add(`${path}.dueDate`, dueDate, 'not after closesAt');
}
