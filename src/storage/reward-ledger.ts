import type { ClientSession, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { type GrantingOperation, RewardModel, type RewardRecord, type SubjectRecord } from './models/reward.js';
import { ONE_BATCH } from './pages.js';

/** Finds what may already have been paid: by its subject (null: an id that is none), or by its request key. */
export interface RewardLookup {
  readonly studentId: Types.ObjectId;
  readonly subject: SubjectRecord | null;
  readonly operation: GrantingOperation;
  readonly requestKey: string | null;
}

/**
 * Selects the ledger rows that any of these look-ups finds, and maybe others of the same students; null: none.
 *
 * The look-ups of a group share their branches: the planner takes as long for each branch as the index for its answer.
 */
export function rewardsFound(lookups: readonly RewardLookup[]): object | null {
  const branches = [...branchesBySubject(lookups), ...branchesByKey(lookups)];
  return branches.length === 0 ? null : { $or: branches };
}

/** A session is one student's, so that no other student can match it; an assignment is everybody's. */
function branchesBySubject(lookups: readonly RewardLookup[]): object[] {
  const named = lookups.flatMap(({ studentId, subject }) => (subject ? [{ studentId, subject }] : []));
  const alike = groupBy(named, ({ subject: { kind, id } }) => (kind === 'pomodoro' ? kind : id.toHexString()));
  return [...alike.values()].map((group) => ({
    studentId: { $in: group.map(({ studentId }) => studentId) },
    'subject.kind': group[0]!.subject.kind,
    'subject.id': { $in: group.map(({ subject }) => subject.id) },
  }));
}

function branchesByKey(lookups: readonly RewardLookup[]): object[] {
  const keyed = lookups.filter(({ requestKey }) => requestKey !== null);
  return [...groupBy(keyed, ({ operation }) => operation)].map(([operation, group]) => ({
    studentId: { $in: group.map(({ studentId }) => studentId) },
    operation,
    requestKey: { $in: group.map(({ requestKey }) => requestKey) },
  }));
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

export interface DaysAsked {
  readonly studentId: Types.ObjectId;
  /** Included, as `to` is. */
  readonly from: string;
  readonly to: string;
}

/**
 * The totals of each student's days that have any, in no order; of all students in one command, from an index alone.
 * @param asked all with the same first and last day
 */
export async function loadDayTotals(asked: readonly DaysAsked[]): Promise<DayTotals[][]> {
  const [{ from, to }] = asked as readonly [DaysAsked];
  const studentIds = asked.map(({ studentId }) => studentId);
  const found = await RewardModel.aggregate<{ _id: Types.ObjectId; days: DayTotals[] }>([
    { $match: { studentId: { $in: studentIds }, localDate: { $gte: from, $lte: to } } },
    {
      $group: {
        _id: { studentId: '$studentId', date: '$localDate' },
        xp: { $sum: '$xp' },
        auraPoints: { $sum: '$auraPoints' },
        focusedSeconds: { $sum: '$action.focusedSeconds' },
        submissions: { $sum: { $cond: [{ $eq: ['$subject.kind', 'assignment'] }, 1, 0] } },
      },
    },
    {
      $group: {
        _id: '$_id.studentId',
        days: {
          $push: {
            date: '$_id.date',
            xp: '$xp',
            auraPoints: '$auraPoints',
            focusedSeconds: '$focusedSeconds',
            submissions: '$submissions',
          },
        },
      },
    },
  ]).option({ batchSize: ONE_BATCH });
  const daysOf = new Map(found.map(({ _id, days }) => [_id.toHexString(), days]));
  return asked.map(({ studentId }) => daysOf.get(studentId.toHexString()) ?? []);
}
