import mongoose, { type Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { FormerTextModel, type FormerTextRecord } from '../storage/models/former-text.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../storage/models/submission.js';
import { type Books, withDigest } from './books.js';

/** The books of some students, and what the same look found beside them. */
export interface Batch {
  readonly books: readonly Books[];
  /** Documents of students that do not exist. */
  readonly orphans: readonly Orphan[];
}

export interface Orphan {
  readonly collection: string;
  readonly _id: Types.ObjectId;
  readonly studentId: unknown;
}

type Owned = RewardRecord | SubmissionRecord | FormerTextRecord | PomodoroSessionRecord;

/**
 * Ledger rows of one look, at most, unless one student has more: with all that belongs to them they are few enough to be
 * collected as the youngest garbage, which is what keeps the memory small.
 */
const MOST_ROWS = 400;
/** Students of one look, at most. */
const MOST_STUDENTS = 256;
/** Documents in one answer; the server's own limit of 16 MB is reached first. */
const ONE_ANSWER = 100_000;

/**
 * The books of all students in the order of their ids, and all documents whose student does not exist.
 *
 * Each batch is read as of one moment: a grant writes to three or four collections, and reads of different moments
 * would show half of it. It is the whole interval of ids from one batch to the next that is read, so that a document of
 * nobody's is found by the same look: in that moment it had no student, which no write under way can feign. The moment
 * is named to the server rather than kept in a transaction, which the server would end after some seconds.
 */
export async function* readAllBooks(): AsyncGenerator<Batch> {
  let from: object = { $gte: new mongoose.mongo.ObjectId('0'.repeat(24)) };
  let limit = 1;
  for (;;) {
    const { moment, students, isLast } = await readStudents(from, limit);
    const upTo = isLast ? {} : { $lte: students.at(-1)!._id };
    yield await readOwned(moment, students, { ...from, ...upTo });
    if (isLast) return;
    from = { $gt: students.at(-1)!._id };
    // What is read and has no room is read again: as many as had room, or more where all had.
    limit = students.length < limit ? students.length : Math.min(2 * limit, MOST_STUDENTS);
  }
}

/** The books of one student as of one moment; null where there is no such student. */
export async function readBooks(studentId: Types.ObjectId): Promise<Books | null> {
  const { moment, students } = await readStudents({ $eq: studentId }, 1);
  const { books } = await readOwned(moment, students, { $eq: studentId });
  return books[0] ?? null;
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
  const taken = howMany(found);
  return {
    moment: cursor.atClusterTime,
    students: found.slice(0, taken),
    isLast: taken === found.length && taken < limit,
  };
}

/** As many as have so many rows together, but one at least. */
function howMany(students: readonly StudentRecord[]): number {
  let rows = 0;
  const last = students.findIndex(({ sequence }, position) => {
    rows += sequence;
    return position > 0 && rows > MOST_ROWS;
  });
  return last < 0 ? students.length : last;
}

async function readOwned(moment: unknown, students: readonly StudentRecord[], studentId: object): Promise<Batch> {
  const read = async <Row extends Owned>(collection: string, kept: (row: Row) => Row = (row) => row) => {
    const command = {
      find: collection,
      filter: { studentId },
      batchSize: ONE_ANSWER,
      readConcern: { level: 'snapshot', atClusterTime: moment },
    };
    const rows: Row[] = [];
    for await (const row of database().runCursorCommand(command).setBatchSize(ONE_ANSWER)) rows.push(kept(row));
    return groupBy(rows, (row) => row.studentId.toHexString());
  };
  const names = [RewardModel, SubmissionModel, FormerTextModel, PomodoroSessionModel].map(
    ({ collection }) => collection.name,
  );
  const [rewards, submissions, formerTexts, sessions] = await Promise.all([
    read<RewardRecord>(RewardModel.collection.name),
    read<SubmissionRecord>(SubmissionModel.collection.name),
    read<FormerTextRecord>(FormerTextModel.collection.name, withDigest),
    read<PomodoroSessionRecord>(PomodoroSessionModel.collection.name),
  ]);
  const books = students.map((student) => {
    const key = student._id.toHexString();
    return {
      student,
      rewards: taken(rewards, key).sort((one, other) => one.sequence - other.sequence),
      submissions: taken(submissions, key),
      formerTexts: taken(formerTexts, key).sort((one, other) => one.revision - other.revision),
      sessions: taken(sessions, key),
    };
  });
  const orphans = [rewards, submissions, formerTexts, sessions].flatMap((left, position) =>
    [...left.values()].flat().map(({ _id, studentId }) => ({ collection: names[position]!, _id, studentId })),
  );
  return { books, orphans };
}

/** The documents under this key, which are then no longer in the map. */
function taken<Row>(rows: Map<string, Row[]>, key: string): Row[] {
  const own = rows.get(key) ?? [];
  rows.delete(key);
  return own;
}

/** Documents that are nobody's because what should be an ObjectId is none: no interval of ids has them. */
export async function findStrays(): Promise<Orphan[]> {
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
        .find({ [field]: { $not: { $type: 'objectId' } } })
        .project({ [field]: 1 })
        .toArray();
      return found.map((document) => ({ collection: collection.name, _id: document._id, studentId: document[field] }));
    }),
  );
  return strays.flat();
}

function database(): mongoose.mongo.Db {
  const { db } = mongoose.connection;
  if (!db) throw new Error('the database is not connected');
  return db;
}
