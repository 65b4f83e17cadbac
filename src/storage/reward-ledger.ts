import type { ClientSession, Types } from 'mongoose';
import { type GrantingOperation, RewardModel, type RewardRecord, type SubjectRecord } from './models/reward.js';
import { ONE_BATCH } from './pages.js';

/** Finds what may already have been paid: by its subject (null: an id that is none), or by its request key. */
export interface RewardLookup {
  readonly studentId: Types.ObjectId;
  readonly subject: SubjectRecord | null;
  readonly operation: GrantingOperation;
  readonly requestKey: string | null;
}

/** The ledger rows that any of these look-ups finds, in one command. */
export async function loadRewards(lookups: readonly RewardLookup[]): Promise<RewardRecord[]> {
  const branches = lookups.flatMap(({ studentId, subject, operation, requestKey }) => [
    ...(subject === null ? [] : [{ studentId, 'subject.kind': subject.kind, 'subject.id': subject.id }]),
    ...(requestKey === null ? [] : [{ studentId, operation, requestKey }]),
  ]);
  if (branches.length === 0) return [];
  return RewardModel.find({ $or: branches }).lean<RewardRecord[]>();
}

/** Adds rows to the ledger, in one command. */
export async function appendRewards(rewards: readonly RewardRecord[], session: ClientSession): Promise<void> {
  await RewardModel.collection.insertMany([...rewards], { session });
}

/** What a student did on one of its calendar days. */
export interface DayTotals {
  readonly date: string;
  readonly xp: number;
  readonly auraPoints: number;
  readonly focusedSeconds: number;
  readonly submissions: number;
}

/** The totals of the days from `from` to `to` that have any, in no order; read from an index alone. */
export async function loadDayTotals(studentId: Types.ObjectId, from: string, to: string): Promise<DayTotals[]> {
  return RewardModel.aggregate<DayTotals>([
    { $match: { studentId, localDate: { $gte: from, $lte: to } } },
    {
      $group: {
        _id: '$localDate',
        xp: { $sum: '$xp' },
        auraPoints: { $sum: '$auraPoints' },
        focusedSeconds: { $sum: '$action.focusedSeconds' },
        submissions: { $sum: { $cond: [{ $eq: ['$subject.kind', 'assignment'] }, 1, 0] } },
      },
    },
    { $project: { _id: 0, date: '$_id', xp: 1, auraPoints: 1, focusedSeconds: 1, submissions: 1 } },
  ]).option({ batchSize: ONE_BATCH });
}
