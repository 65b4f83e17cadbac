import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import { type Drift, isSameValue } from '../../src/audit/drift.js';
import { driftsOf } from '../../src/audit/drifts-of.js';
import { readSnapshot } from '../../src/audit/read-snapshots.js';
import { type StudentSnapshot, withDigest } from '../../src/audit/student-snapshot.js';
import { underivable } from '../../src/audit/underivable.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import type { Teacher } from '../../src/auth/course-access.js';
import { groupBy } from '../../src/group-by.js';
import { endSignIn, rotateSignIn, startSignIn } from '../../src/storage/account-store.js';
import { collections } from '../../src/storage/collections.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { givenAccount } from '../support/accounts.js';
import { bonus, bonuses, discard, extend, grade, restore, revoke, teacherOf } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import {
  focus,
  givenAssignment,
  givenCourse,
  givenRunning,
  givenStudent,
  requestOf,
  start,
  submit,
} from '../support/given.js';

useDatabase();

type Stored = Record<string, unknown> & { readonly _id: Types.ObjectId };

interface Subject {
  readonly collection: mongoose.Collection;
  /** The prefix of the fields of its drifts. */
  readonly path: string;
  readonly stored: Stored;
}

/** A position in a document, as the list of keys that lead to it. */
type Place = readonly string[];

const subjects: Subject[] = [];
let whole: StudentSnapshot;

beforeAll(async () => {
  const teacherId = await givenAccount('TEACHER');
  const admin = { accountId: await givenAccount('ADMIN'), role: 'ADMIN' } as const;
  const course = await givenCourse({ teacherId });
  const teacher = teacherOf(course);
  const assignment = await givenAssignment(course);
  const student = await givenStudent({ _id: await givenAccount('STUDENT'), courseIds: [course._id] });
  const late = await givenAssignment(course, { dueDate: later(noon, -2 * day), closesAt: later(noon, 90 * day) });
  await submit(student, assignment, { key: 'key', at: later(noon, -6 * day) });
  await focus(student, 25, { key: 'paid' });
  await submit(student, late, { content: 'First text.', key: 'another', at: later(noon, hour) });
  const { _id } = (await SubmissionModel.findOne({ assignmentId: late._id }).lean<SubmissionRecord>())!;
  for (const [position, content] of ['Second text.', 'Third text.'].entries()) {
    const facts = requestOf(student, later(noon, (position + 2) * hour));
    await reviseSubmission({ studentId: student, submissionId: _id.toHexString(), content, facts });
  }
  await focus(student, 2, { from: later(noon, 2 * hour), plannedMinutes: 25, key: 'abandoned' });
  await givenRunning(student, { at: later(noon, 3 * hour) });
  for (const days of [1, 2, 9]) await focus(student, 50, { from: later(noon, days * day) });
  await givenRunning(student, { at: later(noon, 10 * day), device: 'phone', assignment });
  await givenSignIn(student);
  await actByHand({ course, teacher, admin, student, assignment, late });
  await givenRunning(student, { at: later(noon, 12 * day), device: 'phone', assignment });
  await start(student, { at: later(noon, 12 * day + minute), device: 'laptop' });
  await collect(student);
  whole = (await readSnapshot(student))!;
  // Unique indexes would prevent the insertion of duplicates.
  for (const { collection } of subjects) await collection.dropIndexes();
});

/** A sign-in with all its fields. */
async function givenSignIn(student: Types.ObjectId): Promise<void> {
  const signInId = randomUUID();
  const hashes = [1, 2].map((number) => createHash('sha256').update(`${number}`).digest('base64url')) as [
    string,
    string,
  ];
  const expiresAt = later(noon, 30 * day);
  const [tokenHash, newTokenHash] = hashes;
  const accountId = student.toHexString();
  await startSignIn({ signInId, accountId, place: 'a place', tokenHash, createdAt: noon, expiresAt });
  const now = later(noon, hour);
  await rotateSignIn({ signInId, tokenHash, newTokenHash, now, expiresAt, repeatableSince: now });
  await endSignIn(signInId, later(noon, 2 * hour));
}

interface Acting {
  readonly course: CourseRecord;
  readonly teacher: Teacher;
  readonly admin: Teacher;
  readonly student: Types.ObjectId;
  readonly assignment: AssignmentRecord;
  readonly late: AssignmentRecord;
}

/** Every act by hand, on the student's submissions and sessions. */
async function actByHand({ course, teacher, admin, student, assignment, late }: Acting): Promise<void> {
  const at = (hours: number) => later(noon, 10 * day + hours * hour);
  const by = (hours: number) => ({ teacher, at: at(hours) });
  const byAdmin = (hours: number) => ({ teacher: admin, at: at(hours) });
  const third = await givenAssignment(course);
  const rewardId = async (filter: object) => (await RewardModel.findOne({ studentId: student, ...filter }))!._id;
  const submissionId = async ({ _id }: AssignmentRecord) =>
    (await SubmissionModel.findOne({ studentId: student, assignmentId: _id, discardedAt: null }))!._id;
  const session = await rewardId({ reason: 'POMODORO_ENDED' });
  await bonus(student, course, 400, by(1));
  await bonuses(null, course, 10, by(2));
  await grade(await submissionId(assignment), 81, { ...by(3), feedback: 'Good.' });
  await grade(await submissionId(assignment), 40, by(4));
  await extend(student, late, { dueDate: later(noon, 2 * day), closesAt: later(noon, 3 * day) }, by(5));
  await extend(student, third, { dueDate: later(noon, 11 * day) }, by(5));
  await extend(student, third, null, by(6));
  await revoke(session, byAdmin(7));
  await restore(session, byAdmin(8));
  await revoke(session, byAdmin(9));
  await revoke(await rewardId({ reason: 'BONUS' }), by(10));
  await discard(await submissionId(assignment), by(11));
  await submit(student, assignment, { content: 'The right file.', at: at(12) });
  await focus(student, 25, { from: at(36) });
}

/** Whether the documents of a collection belong to no student. */
const isOfSchool = ({ name }: Pick<mongoose.Collection, 'name'>): boolean =>
  ['accounts', 'sign_ins', 'courses', 'assignments'].includes(name);

async function collect(student: Types.ObjectId): Promise<void> {
  const pathOf = {
    students: () => '',
    rewards: ({ sequence }: Stored) => `rewards[${sequence}]`,
    submissions: ({ _id }: Stored) => `submissions[${_id}]`,
    former_texts: ({ _id }: Stored) => `former_texts[${_id}]`,
    pomodoro_sessions: ({ _id }: Stored) => `pomodoro_sessions[${_id}]`,
    manual_acts: ({ _id }: Stored) => `manual_acts[${_id}]`,
    accounts: ({ _id }: Stored) => `accounts[${_id}]`,
    sign_ins: ({ _id }: Stored) => `sign_ins[${_id}]`,
    courses: ({ _id }: Stored) => `courses[${_id}]`,
    assignments: ({ _id }: Stored) => `assignments[${_id}]`,
  };
  const owners: Readonly<Record<string, string>> = { students: '_id', manual_acts: 'studentIds' };
  for (const { collection } of collections) {
    const owner = isOfSchool(collection) ? undefined : (owners[collection.name] ?? 'studentId');
    const filter = owner === undefined ? {} : { [owner]: student };
    const documents = (await (collection as unknown as mongoose.Collection)
      .find(filter)
      .toArray()) as unknown as Stored[];
    for (const stored of documents) {
      const path = pathOf[collection.name as keyof typeof pathOf](stored);
      subjects.push({ collection: collection as unknown as mongoose.Collection, path, stored });
    }
  }
}

async function drifts(): Promise<Drift[]> {
  const found: Drift[] = [];
  await verifyDatabase((drift) => !drift.field.endsWith(' has a unique index') && found.push(drift));
  return found;
}

const isParent = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object);

/** Every place of a document except its _id, which no write can change. */
function placesOf(value: unknown, place: Place = []): Place[] {
  if (!isParent(value)) return [place];
  const inside = Object.keys(value).filter((key) => place.length > 0 || key !== '_id');
  return [...(place.length > 0 ? [place] : []), ...inside.flatMap((key) => placesOf(value[key], [...place, key]))];
}

const at = (document: unknown, place: Place): unknown =>
  place.reduce((value, key) => (value as Record<string, unknown>)[key], document);

const text = (path: string, place: Place): string =>
  place.reduce((before, key) => (/^\d+$/.test(key) ? `${before}[${key}]` : `${before}${before && '.'}${key}`), path);

/** Other values of the same type; for null, values of any type. */
function othersOf(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, value - 1, -1, 2 * value + 3, value + 0.5, value + 1e6];
  if (typeof value === 'string') return [`${value}x`, '', value.slice(1), `x${value}`, '2026-03-10'];
  if (typeof value === 'boolean') return [!value];
  if (value instanceof Date) return [1, -1, 1_000, minute, -hour, 3 * day, -day].map((ms) => later(value, ms));
  if (value instanceof Types.ObjectId) {
    return [new Types.ObjectId(), new Types.ObjectId('0'.repeat(24)), whole.student._id];
  }
  return value === null ? [1, 'x', noon, new Types.ObjectId(), {}] : [];
}

/** A value of another type, often with the same text. */
function mistyped(value: unknown): unknown {
  if (typeof value === 'string') return 1;
  if (value === null) return {};
  return isParent(value) ? 'x' : value instanceof Date ? value.toISOString() : String(value);
}

interface Fault {
  readonly kind: 'changed' | 'mistyped' | 'removed' | 'repeated' | 'added' | 'deleted' | 'duplicated';
  /** []: the whole document. */
  readonly place: Place;
  /** The value that is stored instead. */
  readonly value?: unknown;
}

const isEntry = ({ place }: Fault) => /^\d+$/.test(place.at(-1) ?? '');

/** The words that documents of the collection have in a field, such as each status or each operation. */
function wordsIn({ collection }: Subject, place: Place): unknown[] {
  const field = general(text('', place));
  const ofCollection = subjects.filter((subject) => subject.collection === collection);
  const values = ofCollection.flatMap(({ stored }) =>
    placesOf(stored).flatMap((each) => (general(text('', each)) === field ? [at(stored, each)] : [])),
  );
  return [...new Set(values)].filter((value) => typeof value === 'string' && /^[A-Za-z_]+$/.test(value));
}

function faultsOf(subject: Subject): Fault[] {
  const { path, stored } = subject;
  const places = placesOf(stored);
  const open = [[], ...places].filter((place) => isParent(at(stored, place)) && !Array.isArray(at(stored, place)));
  return [
    // A deleted student has no snapshot. Another test checks that its documents are orphans.
    ...(path === '' ? [] : [{ kind: 'deleted', place: [] } as const, { kind: 'duplicated', place: [] } as const]),
    ...open.map((place) => ({ kind: 'added', place: [...place, 'extra'], value: 1 }) as const),
    ...places.flatMap((place): Fault[] => [
      ...othersOf(at(stored, place)).map((value) => ({ kind: 'changed' as const, place, value })),
      ...(typeof at(stored, place) === 'string' ? wordsIn(subject, place) : []).map(
        (value) => ({ kind: 'changed', place, value }) as const,
      ),
      { kind: 'mistyped', place, value: mistyped(at(stored, place)) },
      { kind: 'removed', place },
      { kind: 'repeated', place },
    ]),
  ].filter((fault) =>
    fault.kind === 'repeated' ? isEntry(fault) : !isSameValue(fault.value, at(stored, fault.place)),
  );
}

/** @returns the corrupted document */
function corrupted(stored: Stored, { kind, place, value }: Fault): Stored {
  const copy = clone(stored) as Stored;
  const parent = at(copy, place.slice(0, -1)) as Record<string, unknown>;
  const key = place.at(-1)!;
  if (kind === 'repeated') (parent as unknown as unknown[]).splice(Number(key), 0, parent[key]);
  else if (kind !== 'removed') parent[key] = value;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return copy;
}

function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clone);
  return isParent(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clone(each)])) : value;
}

const ofActs = {
  grantBonus: 1,
  grantBonuses: 0,
  gradeSubmission: 1,
  revokeReward: 1,
  restoreReward: 1,
  discardSubmission: 2,
  extendDeadline: 1,
};

const namesRows = ({ rewardIds }: Stored) => (rewardIds as unknown[]).length > 0;

/** For each underivable field, the faults that the verifier finds nevertheless, as the text of the list says. */
const isProved: Record<string, (document: Stored, fault: Fault) => boolean> = {
  revision: (_, { value }) => !(Number.isInteger(value) && Number(value) > 0),
  dayZone: () => true,
  courseIds: () => true,
  'auraWindow.asOfDay': () => true,
  // Two submissions have the keys "key" and "another", which no two rows of an operation may share.
  'rewards[].requestKey': ({ operation }, { value }) =>
    operation === 'endPomodoro' || value === 'key' || value === 'another',
  // Each row that begins a day has a zone, and the day must be that of the zone. But many zones have the same day.
  'rewards[].dayZone': (_, { kind }) => kind !== 'removed',
  'rewards[].courseId': (_, { kind }) => kind === 'changed',
  'rewards[].localDate': () => true,
  extensions: () => true,
  'manual_acts[]': (document) => namesRows(document) || document.operation === 'grantBonuses',
  'manual_acts[].studentIds': () => true,
  'manual_acts[].actorId': () => true,
  'manual_acts[].requestId': namesRows,
  'manual_acts[].at': namesRows,
  'manual_acts[].note': () => true,
  'manual_acts[].fingerprint': () => true,
  'submissions[].late': () => true,
  'submissions[].content': ({ revision }) => revision === 0,
  'submissions[].revisedAt': ({ revisedAt }) => revisedAt === null,
  'former_texts[].content': ({ revision }) => revision === 0,
  'former_texts[].writtenAt': ({ revision }) => revision === 0,
  'accounts[]': ({ role }, { kind }) => kind === 'deleted' || role === 'STUDENT',
  'accounts[].email': (_, { value }) => !String(value).includes('@'),
  'accounts[].passwordHash': () => true,
  'accounts[].role': () => true,
  'accounts[].displayName': ({ role }, { value }) => role === 'STUDENT' || value === '',
  'sign_ins[].accountId': () => true,
  'sign_ins[].tokenHash': () => true,
  'courses[]': (_, { kind }) => kind === 'deleted',
  'courses[].name': (_, { value }) => value === '',
  'courses[].joinCode': () => true,
  'courses[].teacherId': () => true,
  'assignments[]': (_, { kind }) => kind === 'deleted',
  'assignments[].courseId': () => true,
  'assignments[].title': (_, { value }) => value === '',
  'assignments[].instructions': (_, { value }) => typeof value !== 'string',
  'assignments[].closesAt': (_, { value }) => !(value instanceof Date),
  timeZone: (_, { value }) => value !== 'UTC',
  'pomodoro_sessions[]': ({ status }) => status === 'COMPLETED',
  'pomodoro_sessions[].startedAt': ({ status }) => status === 'EXPIRED',
  'pomodoro_sessions[].plannedMinutes': ({ status }) => status !== 'ABANDONED',
  'pomodoro_sessions[].endedAt': ({ status }) => status !== 'ABANDONED',
  'pomodoro_sessions[].requestKey': ({ status }) => status === 'COMPLETED',
};

/** Whether the verifier may miss a fault. It must find wrong types, extra fields, and any missing field but these. */
function isUnderivable({ path, stored }: Subject, fault: Fault): boolean {
  const { kind, place } = fault;
  if (kind === 'mistyped' || kind === 'added') return false;
  const ofOthers = ['requestKey', 'dayZone', 'place', 'rotatedAt', 'endedAt', 'endedBy'];
  const mayBeAbsent = path === '' ? text('', place) === 'runningPomodoro.lastJoin' : ofOthers.includes(place[0] ?? '');
  if (kind === 'removed' && !isEntry(fault) && !mayBeAbsent) return false;
  const field = general(text(path, place));
  return Object.keys(underivable).some(
    (listed) => isIn(listed, field, listed.endsWith('[]')) && !isProved[listed]?.(stored, fault),
  );
}

const isIn = (whole: string, part: string, isExact = false) =>
  part === whole || (!isExact && (part.startsWith(`${whole}.`) || part.startsWith(`${whole}[`)));

/** Whether a drift names the fault: by the same field, a part of it, or a field that contains it. */
function isNamed({ collection, path, stored }: Subject, fault: Fault, { field }: Drift, copy: Types.ObjectId): boolean {
  const { kind, place } = fault;
  const isOfRewards = collection.name === 'rewards';
  const isSequence = /^rewards\[\d+\]\.sequence$/.test(field);
  // If two texts have the same revision, either may be reported. A missing text is found by the number of texts.
  const isOfTexts = collection.name === 'former_texts';
  if (isOfTexts && (kind === 'duplicated' || place[0] === 'revision'))
    return /^former_texts\[\w+\]\.revision$/.test(field);
  if (isOfTexts && kind === 'deleted') return /^submissions\[\w+\]\.revision$/.test(field);
  // A missing document is found by those that refer to it.
  if (isOfSchool(collection)) return kind === 'deleted' || field.startsWith(path) || kind === 'duplicated';
  const isUnnamed = /^rewards\[\d+\]\._id$/.test(field);
  if (collection.name === 'manual_acts' && (kind === 'deleted' || place[0] === 'studentIds')) {
    if (isUnnamed || field.startsWith('extensions')) return true;
  }
  if (collection.name === 'manual_acts' && kind === 'duplicated') return /^manual_acts.*requestKey$/.test(field);
  if (kind === 'duplicated') return isOfRewards ? isSequence : isIn(`${collection.name}[${copy}]`, field);
  // Without the last row, the student's sequence is too high.
  if (kind === 'deleted' && isOfRewards) return isIn(path, field) || field === 'sequence';
  if (kind === 'deleted') return /^rewards\[\d+\]\.subject$/.test(field);
  if (place[0] === 'studentId') return field === `${collection.name}[${stored._id}].studentId`;
  if (place[0] === 'sequence' && isOfRewards) return isSequence;
  // If two rows have the same key, the later one is reported.
  if (place[0] === 'requestKey' && isOfRewards && /^rewards\[\d+\]\.requestKey$/.test(field)) return true;
  // These words decide what the other fields must be, so those may be reported instead.
  if (kind === 'changed' && ['kind', 'operation'].includes(place.at(-1)!)) return isIn(path, field);
  const isOfArray = isEntry(fault) && (kind === 'removed' || kind === 'repeated');
  const named = text(path, isOfArray ? place.slice(0, -1) : place);
  return isIn(named, field) || isIn(field, named);
}

/** Stores the fault. @returns a function that restores the document */
async function plant(
  { collection, stored }: Subject,
  fault: Fault,
  copy: Types.ObjectId,
): Promise<() => Promise<void>> {
  const { _id } = stored;
  if (fault.kind === 'duplicated') await collection.insertOne({ ...stored, _id: copy });
  else await collection.deleteOne({ _id });
  if (fault.kind !== 'duplicated' && fault.kind !== 'deleted') await collection.insertOne(corrupted(stored, fault));
  return async () => {
    await collection.deleteMany({ _id: { $in: [_id, copy] } });
    await collection.insertOne({ ...stored });
  };
}

test('the history has every kind of document, and no drift', async () => {
  const kinds = subjects.map(
    ({ collection, stored }) =>
      `${collection.name} ${stored.status ?? stored.reason ?? (collection.name === 'manual_acts' ? stored.operation : '')}`,
  );
  expect(new Set(kinds)).toEqual(
    new Set([
      'students ',
      'rewards ASSIGNMENT_SUBMITTED',
      'rewards POMODORO_ENDED',
      'submissions ',
      ...['accounts ', 'sign_ins ', 'courses ', 'assignments '],
      'former_texts ',
      ...['BONUS', 'SUBMISSION_GRADED', 'REVOCATION', 'RESTORATION', 'EXTENSION'].map((reason) => `rewards ${reason}`),
      ...Object.keys(ofActs).map((operation) => `manual_acts ${operation}`),
      ...['COMPLETED', 'ABANDONED', 'EXPIRED'].map((status) => `pomodoro_sessions ${status}`),
    ]),
  );
  expect(await drifts()).toEqual([]);
});

/** All places of a model's documents, with [] for each index. */
function declaredPlaces(schema: mongoose.Schema, path = ''): string[] {
  return Object.entries(schema.paths).flatMap(([name, type]) => {
    const { schema: inner, embeddedSchemaType } = type as typeof type & {
      schema?: mongoose.Schema;
      embeddedSchemaType?: object;
    };
    const place = `${path}${name}`;
    return [place, ...(inner ? declaredPlaces(inner, `${place}${embeddedSchemaType ? '[]' : ''}.`) : [])];
  });
}

const general = (field: string): string => field.replaceAll(/\[\w+(-\w+)*\]/g, '[]');

test('the history has a value in every field of every model', () => {
  const stored = new Set(
    subjects.flatMap(({ collection, stored: document }) =>
      placesOf(document).map((place) => `${collection.name} ${general(text('', place))}`),
    ),
  );
  const declared = collections.flatMap(({ collection, schema }) =>
    declaredPlaces(schema as unknown as mongoose.Schema).map((place) => `${collection.name} ${place}`),
  );
  expect(declared.filter((place) => !stored.has(place) && !place.endsWith(' _id'))).toEqual([]);
});

test('whatever cannot be derived is a field or a document, and has a reason', () => {
  const fields = new Set(
    subjects.flatMap(({ collection, path, stored }) => [
      `${collection.name}[]`,
      ...placesOf(stored).map((place) => general(text(path, place))),
    ]),
  );
  expect(Object.keys(underivable).filter((field) => !fields.has(field))).toEqual([]);
  expect(Object.values(underivable)).not.toContain('');
});

interface Planted {
  readonly subject: Subject;
  readonly fault: Fault;
}

const derivableFaults = (): Planted[] =>
  subjects.flatMap((subject) =>
    faultsOf(subject)
      .filter((fault) => !isUnderivable(subject, fault))
      .map((fault) => ({ subject, fault })),
  );

/** The part of a student's snapshot that has the documents of a collection. */
const parts: Readonly<Record<string, Exclude<keyof StudentSnapshot, 'student'>>> = {
  rewards: 'rewards',
  submissions: 'submissions',
  former_texts: 'formerTexts',
  pomodoro_sessions: 'sessions',
  manual_acts: 'acts',
};

/** The snapshot of the student, with the fault. null: only a read of the database shows it. */
function snapshotWith(
  { subject: { collection, stored }, fault }: Planted,
  copy: Types.ObjectId,
): StudentSnapshot | null {
  const { kind, place } = fault;
  if (collection.name === 'students') return { ...whole, student: corrupted(stored, fault) as never };
  const part = parts[collection.name];
  if (part === undefined || place[0]?.startsWith('studentId')) return null;
  const documents = (whole[part] as unknown as Stored[]).flatMap((each) => {
    if (!each._id.equals(stored._id)) return [each];
    if (kind === 'deleted') return [];
    if (kind === 'duplicated') return [each, { ...each, _id: copy }];
    const bad = corrupted(stored, fault);
    return [collection.name === 'former_texts' ? (withDigest(bad as never) as unknown as Stored) : bad];
  });
  const order = { rewards: 'sequence', formerTexts: 'revision' }[part as string];
  if (order) documents.sort((one, other) => (one[order] as number) - (other[order] as number));
  return { ...whole, [part]: documents };
}

/** @returns the drifts */
async function expectNamed({ subject, fault }: Planted): Promise<Drift[]> {
  const copy = new Types.ObjectId();
  const restore = await plant(subject, fault, copy);
  try {
    const found = await drifts();
    const naming = found.filter((drift) => isNamed(subject, fault, drift, copy));
    expect({ path: subject.path, fault, naming }).not.toMatchObject({ naming: [] });
    // Nothing is derived from the student document, so a fault in it causes no other drift.
    if (subject.path === '') expect(found).toEqual(naming);
    return found;
  } finally {
    await restore();
  }
}

/** A drift, with its ids, numbers and dates taken out. */
const plain = (value: unknown): string =>
  String(value)
    .replaceAll(/\b[0-9a-f]{24}\b/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, '<date>')
    .replaceAll(/[\w+/-]{43}=/g, '<hash>')
    .replaceAll(/-?\b\d+\b/g, '<n>');

/** The texts of the verifier that stand for a value in a drift. */
const TEXTS = [
  ...['a boolean', 'a date', 'a document', 'a number', 'a string', 'an ObjectId', 'an action', 'an array'],
  ...['a course', 'a note', 'a time zone', 'an assignment', 'the dates, or null'],
  ...['an account', 'an e-mail address', 'a hash by argon2id', 'a name', 'the account of a teacher or an admin'],
  '<date> or later',
  'a row that a manual act names',
  'a row that no other act names',
  'a row that was written by hand: the act has no such row',
  'a submission of the same student',
  'a submission of the student',
  'a teacher or an admin',
  'a text that differs from the next one',
  'a text with the fingerprint <hash>',
  'a time: <id> replaces it',
  'a whole number from <n> to <n>',
  'a whole number of at least <n>',
  'a zone in which it is <date>',
  'assignment or resubmission',
  'endedAt minus the time until expiry',
  'grantBonus or grantBonuses',
  'ids with <id>',
  'not before dueDate',
  'revokeReward or discardSubmission',
  'row <n> is not revoked',
  'row <n> is revoked already',
  'rows that follow each other',
  'the act that gave the bonus',
  'the ids of <n> or <n> rows: an act without them has no effect',
  'the ids of <n> rows: an act without them has no effect',
  'the input that was hashed',
  'the planned length that makes it expire at endedAt',
  'the reward of a completed session',
  'the same text as the next one',
  'the text with the fingerprint <hash>',
  'the time of the last revision',
  '<id>, the latest of its row: two corrections of one moment',
];

test('the verifier names each corrupted value, and its texts say what should be stored', async () => {
  const faults = derivableFaults();
  const copy = new Types.ObjectId();
  const texts = new Set<string>();
  const note = ({ field, stored, derived }: Drift) => {
    expect(field).toMatch(/^[a-z]\w*(\[[\w-]+\])?(\.\w+(\[\d+\])*)*$/i);
    for (const value of [stored, derived]) if (typeof value === 'string') texts.add(plain(value));
  };
  const unnamed: Planted[] = [];
  for (const planted of faults) {
    const { subject, fault } = planted;
    const snapshot = snapshotWith(planted, copy);
    const found = snapshot ? driftsOf(snapshot) : [];
    found.forEach(note);
    if (!found.some((drift) => isNamed(subject, fault, drift, copy))) unnamed.push(planted);
  }
  // These can only be found with the documents of others.
  expect(unnamed.length).toBeLessThan(faults.length / 10);
  const fieldOf = ({ subject: { collection, path, stored }, fault }: Planted) =>
    `${collection.name} ${stored.operation === 'grantBonuses'} ${fault.kind} ${general(text(path, fault.place))}`;
  for (const [first] of groupBy(unnamed, fieldOf).values()) (await expectNamed(first!)).forEach(note);
  expect(TEXTS.filter((each) => !texts.has(each))).toEqual([]);
  expect(await drifts()).toEqual([]);
});
