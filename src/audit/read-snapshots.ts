import mongoose, { type Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { database } from '../storage/connect.js';
import { FormerTextModel, type FormerTextRecord } from '../storage/models/former-text.js';
import { ManualActModel, type ManualActRecord } from '../storage/models/manual-act.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../storage/models/submission.js';
import { type Drift, Findings, isObjectId } from './drift.js';
import { checkShape } from './shape.js';
import { pathOfAct, type StudentSnapshot, withDigest } from './student-snapshot.js';

/** Snapshots of some students, and the orphans that the same read found. */
export interface Batch {
  readonly snapshots: readonly StudentSnapshot[];
  /** Documents of students that do not exist, without acts. */
  readonly orphans: readonly Orphan[];
  /** Of the acts on students that do not exist. */
  readonly drifts: readonly Drift[];
}

export interface Orphan {
  readonly collection: string;
  readonly _id: Types.ObjectId;
  readonly studentId: unknown;
}

type Owned = RewardRecord | SubmissionRecord | FormerTextRecord | PomodoroSessionRecord;

/**
 * The most ledger rows in one batch, unless one student has more. A batch of this size, with all other documents, is
 * still freed by the garbage collector's young generation, which keeps memory use low.
 */
const MAX_BATCH_ROWS = 400;
/** The most students in one batch. */
const MAX_BATCH_STUDENTS = 256;
/** The most documents in one reply. MongoDB's own limit of 16 MB is reached first. */
const MAX_REPLY_DOCUMENTS = 100_000;

/**
 * Yields snapshots of all students in the order of their ids, and all documents whose student does not exist.
 *
 * Each batch is read at one point in time (read concern "snapshot"). A grant writes to three or four collections, and
 * reads at different times could show half of it. A batch reads the documents of a whole range of student ids, up to
 * the next batch, so it also finds the documents without a student. They are true orphans: in a snapshot, a concurrent
 * write cannot make a document look like one. `atClusterTime` is used instead of a transaction, which MongoDB would end
 * after seconds.
 */
export async function* readAllSnapshots(): AsyncGenerator<Batch> {
  let from: object = { $gte: new mongoose.mongo.ObjectId('0'.repeat(24)) };
  let limit = 1;
  for (;;) {
    const { moment, students, isLast } = await readStudents(from, limit);
    const upTo = isLast ? {} : { $lte: students.at(-1)!._id };
    yield await readOwned(moment, students, { ...from, ...upTo });
    if (isLast) return;
    from = { $gt: students.at(-1)!._id };
    // Students beyond the row limit are read again with the next batch. If all of them fit, try twice as many.
    limit = students.length < limit ? students.length : Math.min(2 * limit, MAX_BATCH_STUDENTS);
  }
}

/** Returns the snapshot of one student, or null if the student does not exist. */
export async function readSnapshot(studentId: Types.ObjectId): Promise<StudentSnapshot | null> {
  const { moment, students } = await readStudents({ $eq: studentId }, 1);
  const { snapshots } = await readOwned(moment, students, { $eq: studentId });
  return snapshots[0] ?? null;
}

interface StudentsOfMoment {
  readonly moment: unknown;
  readonly students: readonly StudentRecord[];
  readonly isLast: boolean;
}

async function readStudents(ids: object, limit: number): Promise<StudentsOfMoment> {
  const { cursor } = await database().command({
    find: StudentModel.collection.name,
    filter: { _id: ids },
    sort: { _id: 1 },
    limit,
    batchSize: limit,
    singleBatch: true,
    readConcern: { level: 'snapshot' },
  });
  const found = cursor.firstBatch as StudentRecord[];
  const count = batchLength(found);
  return {
    moment: cursor.atClusterTime,
    students: found.slice(0, count),
    isLast: count === found.length && count < limit,
  };
}

/** Returns how many of the students fit into one batch by their ledger rows; at least one. */
function batchLength(students: readonly StudentRecord[]): number {
  let rows = 0;
  const last = students.findIndex(({ sequence }, position) => {
    rows += sequence;
    return position > 0 && rows > MAX_BATCH_ROWS;
  });
  return last < 0 ? students.length : last;
}

async function readOwned(moment: unknown, students: readonly StudentRecord[], studentId: object): Promise<Batch> {
  const read = async <Row extends Owned>(collection: string, transform: (row: Row) => Row = (row) => row) => {
    const command = {
      find: collection,
      filter: { studentId },
      batchSize: MAX_REPLY_DOCUMENTS,
      readConcern: { level: 'snapshot', atClusterTime: moment },
    };
    const rows: Row[] = [];
    for await (const row of database().runCursorCommand(command).setBatchSize(MAX_REPLY_DOCUMENTS)) {
      // A list of ids matches like each of its ids. findInvalidStudentIds reports it.
      if (isObjectId(row.studentId)) rows.push(transform(row));
    }
    return groupBy(rows, (row) => row.studentId.toHexString());
  };
  const names = [RewardModel, SubmissionModel, FormerTextModel, PomodoroSessionModel].map(
    ({ collection }) => collection.name,
  );
  const [rewards, submissions, formerTexts, sessions, acts] = await Promise.all([
    read<RewardRecord>(RewardModel.collection.name),
    read<SubmissionRecord>(SubmissionModel.collection.name),
    read<FormerTextRecord>(FormerTextModel.collection.name, withDigest),
    read<PomodoroSessionRecord>(PomodoroSessionModel.collection.name),
    readActs(moment, studentId),
  ]);
  const snapshots = students.map((student) => {
    const key = student._id.toHexString();
    return {
      student,
      rewards: takeOwned(rewards, key).sort((one, other) => one.sequence - other.sequence),
      submissions: takeOwned(submissions, key),
      formerTexts: takeOwned(formerTexts, key).sort((one, other) => one.revision - other.revision),
      sessions: takeOwned(sessions, key),
      acts: takeOwned(acts, key),
    };
  });
  const orphans = [rewards, submissions, formerTexts, sessions].flatMap((left, position) =>
    [...left.values()].flat().map(({ _id, studentId }) => ({ collection: names[position]!, _id, studentId })),
  );
  const drifts = [...acts].flatMap(([key, left]) => left.flatMap((act) => driftsOfActOnNobody(act, key)));
  return { snapshots, orphans, drifts };
}

/**
 * An act on many students keeps every id that the teacher sent, also those of nobody: one of them got NOT_FOUND. If such
 * an id replaced that of a paid student, the student's row has no act. Every other act is on a student who exists.
 */
function driftsOfActOnNobody(act: ManualActRecord, key: string): Drift[] {
  const findings = new Findings(key);
  const isWhole = checkShape('act', act, pathOfAct(act), findings);
  if (isWhole && act.operation !== 'grantBonuses') {
    findings.add(`${pathOfAct(act)}.studentIds`, new mongoose.mongo.ObjectId(key), undefined);
  }
  return findings.drifts;
}

/**
 * Reads the acts on students with these ids, by student. Of the students that an act names, only those are read: one
 * act may name hundreds.
 */
async function readActs(moment: unknown, studentId: object): Promise<Map<string, ManualActRecord[]>> {
  const isInRange = { $and: Object.entries(studentId).map(([operator, id]) => ({ [operator]: ['$$this', id] })) };
  const named = { $filter: { input: '$studentIds', as: 'this', cond: isInRange } };
  const command = {
    aggregate: ManualActModel.collection.name,
    pipeline: [{ $match: { studentIds: { $elemMatch: studentId } } }, { $set: { studentIds: named } }],
    cursor: { batchSize: MAX_REPLY_DOCUMENTS },
    readConcern: { level: 'snapshot', atClusterTime: moment },
  };
  const acts = new Map<string, ManualActRecord[]>();
  for await (const act of database().runCursorCommand(command).setBatchSize(MAX_REPLY_DOCUMENTS)) {
    const { studentIds } = act as ManualActRecord;
    for (const key of new Set(studentIds.filter(isObjectId).map((id) => id.toHexString()))) {
      const own = acts.get(key);
      if (own) own.push(act);
      else acts.set(key, [act]);
    }
  }
  return acts;
}

/** Removes the documents of this key from the map and returns them. */
function takeOwned<Row>(rows: Map<string, Row[]>, key: string): Row[] {
  const own = rows.get(key) ?? [];
  rows.delete(key);
  return own;
}

/**
 * Finds documents whose student id is not an ObjectId. No range of ids contains them, except lists of ids: those match
 * like each of their ids.
 */
export async function findInvalidStudentIds(): Promise<Orphan[]> {
  const isInvalid = (field: string) => ({
    $or: [{ [field]: { $not: { $type: 'objectId' } } }, { [field]: { $type: 'array' } }],
  });
  const strays = await Promise.all(
    (
      [
        ['_id', StudentModel],
        ['studentId', RewardModel],
        ['studentId', SubmissionModel],
        ['studentId', FormerTextModel],
        ['studentId', PomodoroSessionModel],
      ] as const
    ).map(async ([field, { collection }]) => {
      const found = await database()
        .collection(collection.name)
        .find(isInvalid(field))
        .project({ [field]: 1 })
        .toArray();
      return found.map((document) => ({ collection: collection.name, _id: document._id, studentId: document[field] }));
    }),
  );
  return strays.flat();
}

/** Finds acts that name no student, a student twice, or something else than ids; also more than one for one student. */
export async function findStrayActs(): Promise<Drift[]> {
  const found = database()
    .collection(ManualActModel.collection.name)
    .find<ManualActRecord>({
      $or: [
        { studentIds: { $not: { $type: 'array' } } },
        { studentIds: { $elemMatch: { $not: { $type: 'objectId' } } } },
        { $nor: [{ operation: 'grantBonuses' }, { studentIds: { $size: 1 } }] },
        { studentIds: { $size: 0 } },
      ],
    });
  const drifts: Drift[] = [];
  for await (const act of found) drifts.push(...driftsOfStrayAct(act));
  return drifts;
}

/** A bonus for everybody in an empty course is the only act on nobody. */
function driftsOfStrayAct(act: ManualActRecord): Drift[] {
  const findings = new Findings(null);
  const { studentIds, operation } = act;
  checkShape('act', act, pathOfAct(act), findings);
  if (!Array.isArray(studentIds) || studentIds.length > 0 || operation !== 'grantBonuses') {
    findings.add(`${pathOfAct(act)}.studentIds`, studentIds, 'the ids of the students');
  }
  return findings.drifts;
}
