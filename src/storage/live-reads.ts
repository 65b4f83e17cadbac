/** What the live feed reads to catch up: many subscriptions in one command, and never from before `asOf`. */
import mongoose, { type Types } from 'mongoose';
import type { ClusterTime } from './committed-changes.js';
import { acknowledgedBefore } from './connect.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { type RunningPomodoroRecord, StudentModel } from './models/student.js';
import { READ_WITHIN_MS } from './read-time.js';

/** Rows of one student that one read returns, at most: with their 1.5 kB each a page of many students stays small. */
export const ROWS_OF_ONE = 50;
/** Documents in one answer; the server's own limit of 16 MB is reached first. */
const ONE_ANSWER = 100_000;
const DAY_MS = 86_400_000;

/** A student, and the sequence of the last row that is known of its ledger. */
export interface KnownRows {
  readonly studentId: Types.ObjectId;
  readonly sequence: number;
}

/** The next rows of each student's ledger in their order, ROWS_OF_ONE at most. */
export async function findRowsBehind(known: readonly KnownRows[], asOf: ClusterTime): Promise<RewardRecord[][]> {
  const found = await read<{ rows: RewardRecord[] }>(asOf, {
    aggregate: 1,
    pipeline: [
      { $documents: known.map(({ studentId, sequence }) => ({ studentId, sequence })) },
      {
        $lookup: {
          from: RewardModel.collection.name,
          localField: 'studentId',
          foreignField: 'studentId',
          let: { sequence: '$sequence' },
          pipeline: [
            { $match: { $expr: { $gt: ['$sequence', '$$sequence'] } } },
            { $sort: { sequence: 1 } },
            { $limit: ROWS_OF_ONE },
          ],
          as: 'rows',
        },
      },
      { $project: { rows: 1 } },
    ],
    cursor: {},
  });
  return found.map(({ rows }) => rows);
}

/** What a student's subscriptions begin with. */
export interface LiveStudent {
  readonly _id: Types.ObjectId;
  readonly sequence: number;
  readonly runningPomodoro: RunningPomodoroRecord | null;
}

/** The students in the order of these ids; null where there is none. */
export async function findLiveStudents(
  ids: readonly Types.ObjectId[],
  asOf: ClusterTime,
): Promise<(LiveStudent | null)[]> {
  const found = await read<LiveStudent>(asOf, {
    find: StudentModel.collection.name,
    filter: { _id: { $in: ids } },
    projection: { sequence: 1, runningPomodoro: 1 },
  });
  const byId = new Map(found.map((student) => [student._id.toHexString(), student]));
  return ids.map((id) => byId.get(id.toHexString()) ?? null);
}

/** The sessions that have ended, in the order of these ids; null where one has not. */
export async function findEndedSessions(
  ids: readonly Types.ObjectId[],
  asOf: ClusterTime,
): Promise<(PomodoroSessionRecord | null)[]> {
  const found = await read<PomodoroSessionRecord>(asOf, {
    find: PomodoroSessionModel.collection.name,
    filter: { _id: { $in: ids } },
  });
  const byId = new Map(found.map((session) => [session._id.toHexString(), session]));
  return ids.map((id) => byId.get(id.toHexString()) ?? null);
}

/** Everybody who takes each of these courses, with the sequence of the student's last row. */
export async function findRosters(courseIds: readonly Types.ObjectId[], asOf: ClusterTime): Promise<KnownRows[][]> {
  const found = await read<{ _id: Types.ObjectId; sequence: number; courseIds: Types.ObjectId[] }>(asOf, {
    find: StudentModel.collection.name,
    filter: { courseIds: { $in: courseIds } },
    projection: { sequence: 1, courseIds: 1 },
  });
  return courseIds.map((courseId) =>
    found
      .filter((student) => student.courseIds.some((id) => id.equals(courseId)))
      .map(({ _id, sequence }) => ({ studentId: _id, sequence })),
  );
}

/** Rows of some students that were granted after a moment. */
export interface GrantedAfter {
  readonly studentIds: readonly Types.ObjectId[];
  readonly after: Date;
}

export interface GrantedRow {
  readonly studentId: Types.ObjectId;
  readonly sequence: number;
  readonly grantedAt: Date;
}

/** Which rows those are. The index has the student's day, which is never earlier than a day before in UTC. */
export async function findGrantedAfter(asked: readonly GrantedAfter[], asOf: ClusterTime): Promise<GrantedRow[][]> {
  const found = await read<GrantedRow>(asOf, {
    find: RewardModel.collection.name,
    filter: {
      $or: asked.map(({ studentIds, after }) => ({
        studentId: { $in: studentIds },
        localDate: { $gte: new Date(after.getTime() - DAY_MS).toISOString().slice(0, 10) },
        grantedAt: { $gt: after },
      })),
    },
    projection: { _id: 0, studentId: 1, sequence: 1, grantedAt: 1 },
  });
  return asked.map(({ studentIds, after }) => {
    const wanted = new Set(studentIds.map((id) => id.toHexString()));
    return found.filter((row) => row.grantedAt > after && wanted.has(row.studentId.toHexString()));
  });
}

/**
 * Sends a command whose answer shows everything up to `asOf`, and all that former primaries had acknowledged. The
 * driver knows such a moment only in a session of its own, so that the command goes as it is.
 */
async function read<Row>(asOf: ClusterTime, command: mongoose.mongo.Document): Promise<Row[]> {
  const { db } = mongoose.connection;
  if (!db) throw new Error('the database is not connected');
  const elected = acknowledgedBefore();
  const afterClusterTime = elected?.greaterThan(asOf) ? elected : asOf;
  const rows: Row[] = [];
  const cursor = db.runCursorCommand({
    ...command,
    ...('find' in command ? { batchSize: ONE_ANSWER } : { cursor: { batchSize: ONE_ANSWER } }),
    readConcern: { level: 'majority', afterClusterTime },
    maxTimeMS: READ_WITHIN_MS,
  });
  for await (const row of cursor.setBatchSize(ONE_ANSWER)) rows.push(row as Row);
  return rows;
}
