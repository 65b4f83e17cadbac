import type { mongo, Types } from 'mongoose';
import type { PaidFor } from './patterns/pattern.js';
import { POINTS_PER_SUBMISSION } from './school.js';

/** What became of submissions of which each should have paid once. */
export interface Audit {
  /** Records of a reward beside the first for the same student and assignment. */
  readonly recordedTwice: number;
  /** Rewards that were acknowledged and are not in the balance; of each student, net. */
  readonly lost: number;
  /** Rewards in the balance beside the one for each acknowledged submission; of each student, net. */
  readonly doubled: number;
}

/**
 * Compares what was acknowledged with what is stored: the records, and the balance of each student.
 * @param acknowledged how many submissions of each student had an answer that said they were paid
 */
export async function audit(
  database: mongo.Db,
  studentIds: readonly Types.ObjectId[],
  acknowledged: readonly number[],
  records: readonly PaidFor[],
): Promise<Audit> {
  const students = await database
    .collection<{ _id: Types.ObjectId; lifetimeXp: number }>('students')
    .find({ _id: { $in: [...studentIds] } }, { projection: { lifetimeXp: 1 } })
    .toArray();
  const paid = new Map(students.map(({ _id, lifetimeXp }) => [_id.toHexString(), lifetimeXp / POINTS_PER_SUBMISSION]));
  const surplus = studentIds.map((id, position) => paid.get(id.toHexString())! - acknowledged[position]!);
  const distinct = new Set(records.map(({ studentId, assignmentId }) => `${studentId} ${assignmentId}`));
  return {
    recordedTwice: records.length - distinct.size,
    lost: sum(surplus.map((each) => Math.max(0, -each))),
    doubled: sum(surplus.map((each) => Math.max(0, each))),
  };
}

/** What the product's ledger says was paid to these students for submissions. */
export async function ledgerRecords(database: mongo.Db, studentIds: readonly Types.ObjectId[]): Promise<PaidFor[]> {
  const rows = await database
    .collection<{ studentId: Types.ObjectId; subject: { id: Types.ObjectId } }>('rewards')
    .find({ studentId: { $in: [...studentIds] } }, { projection: { studentId: 1, subject: 1 } })
    .toArray();
  return rows.map(({ studentId, subject }) => ({ studentId, assignmentId: subject.id }));
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
