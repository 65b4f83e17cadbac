import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mongoose, { Types } from 'mongoose';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import type { Drift } from '../../src/audit/drift.js';
import { underivable } from '../../src/audit/underivable.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import type { Teacher } from '../../src/auth/course-access.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { FormerTextModel } from '../../src/storage/models/former-text.js';
import { ManualActModel } from '../../src/storage/models/manual-act.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import {
  focus,
  givenAssignment,
  givenCourse,
  givenRunning,
  givenStudent,
  requestOf,
  submit,
} from '../support/given.js';
import {
  bonus,
  bonuses,
  discard,
  extend,
  givenAccount,
  grade,
  restore,
  revoke,
  teacherOf,
} from '../support/given-acts.js';

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

beforeAll(async () => {
  const teacherId = await givenAccount('TEACHER');
  const admin = { accountId: await givenAccount('ADMIN'), role: 'ADMIN' } as const;
  const course = await givenCourse({ teacherId });
  const teacher = teacherOf(course);
  const assignment = await givenAssignment(course);
  const student = await givenStudent({ _id: await givenAccount('STUDENT'), courseIds: [course._id] });
  const late = await givenAssignment(course, { dueDate: later(noon, -2 * day) });
  await submit(student, assignment, { key: 'key', at: later(noon, -6 * day) });
  await focus(student, 25, { key: 'paid' });
  await submit(student, late, { content: 'First text.', at: later(noon, hour) });
  const { _id } = (await SubmissionModel.findOne({ assignmentId: late._id }).lean<SubmissionRecord>())!;
  for (const [position, content] of ['Second text.', 'Third text.'].entries()) {
    const facts = requestOf(student, later(noon, (position + 2) * hour));
    await reviseSubmission({ studentId: student, submissionId: _id.toHexString(), content, facts });
  }
  await focus(student, 2, { from: later(noon, 2 * hour), plannedMinutes: 25, key: 'abandoned' });
  await givenRunning(student, { at: later(noon, 3 * hour) });
  for (const days of [1, 2, 9]) await focus(student, 50, { from: later(noon, days * day) });
  await givenRunning(student, { at: later(noon, 10 * day), device: 'phone', assignment });
  await actByHand({ course, teacher, admin, student, assignment, late });
  await collect(student);
  // Unique indexes would prevent the insertion of duplicates.
  for (const { collection } of subjects) await collection.dropIndexes();
});

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
  const at = (hours: number) => ({ at: later(noon, 10 * day + hours * hour) });
  const third = await givenAssignment(course);
  const rewardId = async (filter: object) => (await RewardModel.findOne({ studentId: student, ...filter }))!._id;
  const submissionId = async ({ _id }: AssignmentRecord) =>
    (await SubmissionModel.findOne({ studentId: student, assignmentId: _id, discardedAt: null }))!._id;
  const session = await rewardId({ reason: 'POMODORO_ENDED' });
  await bonus(course, student, { points: 400, ...at(1) });
  await bonuses(course, null, at(2));
  await grade(teacher, await submissionId(assignment), 81, { feedback: 'Good.', ...at(3) });
  await grade(teacher, await submissionId(assignment), 40, at(4));
  await extend(teacher, student, late, { dueDate: later(noon, 2 * day), closesAt: later(noon, 3 * day) }, at(5));
  await extend(teacher, student, third, { dueDate: later(noon, 11 * day), closesAt: null }, at(5));
  await extend(teacher, student, third, null, at(6));
  await revoke(admin, session, at(7));
  await restore(admin, session, at(8));
  await revoke(admin, session, at(9));
  await revoke(teacher, await rewardId({ reason: 'BONUS' }), at(10));
  await discard(teacher, await submissionId(assignment), at(11));
  await submit(student, assignment, { content: 'The right file.', at: at(12).at });
  await focus(student, 25, { from: at(36).at });
}

async function collect(student: Types.ObjectId): Promise<void> {
  const pathOf = {
    students: () => '',
    rewards: ({ sequence }: Stored) => `rewards[${sequence}]`,
    submissions: ({ _id }: Stored) => `submissions[${_id}]`,
    former_texts: ({ _id }: Stored) => `former_texts[${_id}]`,
    pomodoro_sessions: ({ _id }: Stored) => `pomodoro_sessions[${_id}]`,
    manual_acts: ({ _id }: Stored) => `manual_acts[${_id}]`,
  };
  const owners: Readonly<Record<string, string>> = { students: '_id', manual_acts: 'studentIds' };
  const models = [
    StudentModel,
    RewardModel,
    SubmissionModel,
    FormerTextModel,
    PomodoroSessionModel,
    ManualActModel,
  ] as const;
  for (const { collection } of models) {
    const filter = { [owners[collection.name] ?? 'studentId']: student };
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
  if (typeof value === 'string') return [`${value}x`, '', value.slice(1), '2026-03-10'];
  if (typeof value === 'boolean') return [!value];
  if (value instanceof Date) return [1, -1, 1_000, minute, -hour, 3 * day, -day].map((ms) => later(value, ms));
  if (value instanceof Types.ObjectId) return [new Types.ObjectId(), new Types.ObjectId('0'.repeat(24))];
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

function faultsOf({ path, stored }: Subject): Fault[] {
  const places = placesOf(stored);
  const open = [[], ...places].filter((place) => isParent(at(stored, place)) && !Array.isArray(at(stored, place)));
  return [
    // A deleted student has no snapshot. Another test checks that its documents are orphans.
    ...(path === '' ? [] : [{ kind: 'deleted', place: [] } as const, { kind: 'duplicated', place: [] } as const]),
    ...open.map((place) => ({ kind: 'added', place: [...place, 'extra'], value: 1 }) as const),
    ...places.flatMap((place): Fault[] => [
      ...othersOf(at(stored, place)).map((value) => ({ kind: 'changed' as const, place, value })),
      { kind: 'mistyped', place, value: mistyped(at(stored, place)) },
      { kind: 'removed', place },
      { kind: 'repeated', place },
    ]),
  ].filter((fault) => (fault.kind === 'repeated' ? isEntry(fault) : fault.value !== at(stored, fault.place)));
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
  courseIds: (_, { kind }) => kind === 'changed',
  'auraWindow.asOfDay': () => true,
  'rewards[].requestKey': ({ operation }) => operation === 'endPomodoro',
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
  'pomodoro_sessions[]': ({ status }) => status === 'COMPLETED',
  'pomodoro_sessions[].startedAt': ({ status }) => status === 'EXPIRED',
  'pomodoro_sessions[].plannedMinutes': ({ status }) => status !== 'ABANDONED',
  'pomodoro_sessions[].endedAt': ({ status }) => status !== 'ABANDONED',
  'pomodoro_sessions[].requestKey': ({ status }) => status === 'COMPLETED',
};

/** Whether the verifier may miss a fault. It must find wrong types, extra fields, and any missing field but a request key. */
function isUnderivable({ path, stored }: Subject, fault: Fault): boolean {
  const { kind, place } = fault;
  if (kind === 'mistyped' || kind === 'added') return false;
  const mayBeAbsent = place[0] === 'requestKey' || place[0] === 'dayZone';
  if (kind === 'removed' && !isEntry(fault) && !(mayBeAbsent && path !== '')) return false;
  const field = text(path, place).replaceAll(/\[\w+\]/g, '[]');
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
      'former_texts ',
      ...['BONUS', 'SUBMISSION_GRADED', 'REVOCATION', 'RESTORATION', 'EXTENSION'].map((reason) => `rewards ${reason}`),
      ...Object.keys(ofActs).map((operation) => `manual_acts ${operation}`),
      ...['COMPLETED', 'ABANDONED', 'EXPIRED'].map((status) => `pomodoro_sessions ${status}`),
    ]),
  );
  expect(await drifts()).toEqual([]);
});

test('the verifier names any single corrupted value', async () => {
  const faults = subjects.flatMap((subject) =>
    faultsOf(subject)
      .filter((fault) => !isUnderivable(subject, fault))
      .map((fault) => ({ subject, fault })),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...faults), async ({ subject, fault }) => {
      const copy = new Types.ObjectId();
      const restore = await plant(subject, fault, copy);
      try {
        const found = await drifts();
        const naming = found.filter((drift) => isNamed(subject, fault, drift, copy));
        expect(naming).not.toEqual([]);
        // Nothing is derived from the student document, so a fault in it causes no other drift.
        if (subject.path === '') expect(found).toEqual(naming);
      } finally {
        await restore();
      }
    }),
    { numRuns: 150 },
  );
  expect(await drifts()).toEqual([]);
});
