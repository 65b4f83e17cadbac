import type { mongo, Types } from 'mongoose';
import type { PaymentRecord } from './patterns/pattern.js';
import { POINTS_PER_SUBMISSION } from './school.js';

/** How many rewards deviate from the rule that each submission pays once. */
export interface Audit {
  /** Reward records beyond the first for the same student and assignment. */
  readonly recordedTwice: number;
  /** Acknowledged rewards that are missing from the balance, net for each student. */
  readonly lost: number;
  /** Rewards in the balance beyond one for each acknowledged submission, net for each student. */
  readonly doubled: number;
}

/**
 * Compares the acknowledged submissions with the stored records and with the balance of each student.
 * @param acknowledged for each student, the number of submissions with a response that reported a payment
 */
export async function audit(
  database: mongo.Db,
  studentIds: readonly Types.ObjectId[],
  acknowledged: readonly number[],
  records: readonly PaymentRecord[],
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

/** @returns the rows of the product's ledger for these students */
export async function ledgerRecords(
  database: mongo.Db,
  studentIds: readonly Types.ObjectId[],
): Promise<PaymentRecord[]> {
  const rows = await database
    .collection<{ studentId: Types.ObjectId; subject: { id: Types.ObjectId } }>('rewards')
    .find({ studentId: { $in: [...studentIds] } }, { projection: { studentId: 1, subject: 1 } })
    .toArray();
  return rows.map(({ studentId, subject }) => ({ studentId, assignmentId: subject.id }));
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
