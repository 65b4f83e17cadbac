/** The reads with which the live feed catches up: many subscriptions in one command, as of a time or later. */
import mongoose, { type Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import type { ClusterTime } from './committed-changes.js';
import { database, latestElection } from './connect.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { type RunningPomodoroRecord, StudentModel, type StudentRecord } from './models/student.js';
import { inOrderOf } from './object-id.js';
import { READ_TIMEOUT_MS } from './read-timeout.js';

/** Maximum number of rows of one student in one read. A row has about 1.5 kB, so a read of 100 students stays small. */
export const ROWS_OF_ONE = 50;
/** Batch size in documents. The server's limit of 16 MB is reached first. */
const ONE_ANSWER = 100_000;

/** A student, and the last row of its ledger that is known. */
export interface KnownRows {
  readonly studentId: Types.ObjectId;
  readonly sequence: number;
}

/** Returns the next rows of each student in order, at most ROWS_OF_ONE. */
export async function findRowsBehind(known: readonly KnownRows[], asOf: ClusterTime | null): Promise<RewardRecord[][]> {
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
  });
  return found.map(({ rows }) => rows);
}

/** The part of a student that a subscription begins with. */
export interface LiveStudent {
  readonly _id: Types.ObjectId;
  readonly sequence: number;
  readonly runningPomodoro: RunningPomodoroRecord | null;
}

/** Returns the students in the order of the ids; null for an unknown id. */
export async function findLiveStudents(
  ids: readonly Types.ObjectId[],
  asOf: ClusterTime | null,
): Promise<(LiveStudent | null)[]> {
  const found = await read<LiveStudent>(asOf, {
    find: StudentModel.collection.name,
    filter: { _id: { $in: ids } },
    projection: { sequence: 1, runningPomodoro: 1 },
  });
  return inOrderOf(ids, found);
}

/** Returns the ended sessions in the order of the ids; null for a session that has not ended. */
export async function findEndedSessions(
  ids: readonly Types.ObjectId[],
  asOf: ClusterTime | null,
): Promise<(PomodoroSessionRecord | null)[]> {
  const found = await read<PomodoroSessionRecord>(asOf, {
    find: PomodoroSessionModel.collection.name,
    filter: { _id: { $in: ids } },
  });
  return inOrderOf(ids, found);
}

/** A student of a course. */
export interface RosterEntry extends KnownRows {
  /**
   * No row was granted after this UTC day, in days since 1970-01-01. It may be later than the day of the last row.
   */
  readonly grantedOn: number;
}

/** Returns all students of each course. */
export async function findRosters(
  courseIds: readonly Types.ObjectId[],
  asOf: ClusterTime | null,
): Promise<RosterEntry[][]> {
  const found = await read<Pick<StudentRecord, '_id' | 'sequence' | 'courseIds' | 'auraWindow'>>(asOf, {
    find: StudentModel.collection.name,
    filter: { courseIds: { $in: courseIds } },
    projection: { sequence: 1, courseIds: 1, 'auraWindow.asOfDay': 1 },
  });
  const entriesOf = groupBy(
    found.flatMap(({ _id, sequence, courseIds: taken, auraWindow: { asOfDay } }) =>
      taken.map((courseId) => ({ courseId, entry: { studentId: _id, sequence, grantedOn: asOfDay } })),
    ),
    ({ courseId }) => courseId.toHexString(),
  );
  return courseIds.map((id) => (entriesOf.get(id.toHexString()) ?? []).map(({ entry }) => entry));
}

/** A student, and a time. */
export interface GrantedBy {
  readonly studentId: Types.ObjectId;
  readonly by: Date;
}

/** Returns the highest sequence that each student was granted by its time; 0 if there is none. */
export async function findLastGranted(asked: readonly GrantedBy[], asOf: ClusterTime | null): Promise<number[]> {
  const found = await read<{ rows: { sequence: number }[] }>(asOf, {
    aggregate: 1,
    pipeline: [
      { $documents: asked.map(({ studentId, by }) => ({ studentId, by })) },
      {
        $lookup: {
          from: RewardModel.collection.name,
          localField: 'studentId',
          foreignField: 'studentId',
          let: { by: '$by' },
          pipeline: [
            { $match: { $expr: { $lte: ['$grantedAt', '$$by'] } } },
            { $sort: { sequence: -1 } },
            { $limit: 1 },
            { $project: { _id: 0, sequence: 1 } },
          ],
          as: 'rows',
        },
      },
      { $project: { rows: 1 } },
    ],
  });
  return found.map(({ rows }) => rows[0]?.sequence ?? 0);
}

/**
 * Sends a command whose result includes everything up to `asOf`, and everything that former primaries acknowledged. The
 * driver supports `afterClusterTime` only through sessions, so the command is sent as it is.
 */
async function read<Row>(asOf: ClusterTime | null, command: mongoose.mongo.Document): Promise<Row[]> {
  const elected = latestElection()?.lastWrite;
  const afterClusterTime = asOf && elected?.lessThan(asOf) ? asOf : (elected ?? asOf);
  const rows: Row[] = [];
  const cursor = database().runCursorCommand({
    ...command,
    ...('find' in command ? { batchSize: ONE_ANSWER } : { cursor: { batchSize: ONE_ANSWER } }),
    readConcern: { level: 'majority', ...(afterClusterTime && { afterClusterTime }) },
    maxTimeMS: READ_TIMEOUT_MS,
  });
  for await (const row of cursor.setBatchSize(ONE_ANSWER)) rows.push(row as Row);
  return rows;
}
