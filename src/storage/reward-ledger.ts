import type { ClientSession, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { type GrantingOperation, RewardModel, type RewardRecord, type SubjectRecord } from './models/reward.js';
import { SINGLE_BATCH } from './pages.js';

/** Looks up a reward that may have been paid: by its subject (null if the id is invalid), or by its request key. */
export interface RewardLookup {
  readonly studentId: Types.ObjectId;
  readonly subject: SubjectRecord | null;
  readonly operation: GrantingOperation;
  readonly requestKey: string | null;
}

/**
 * Returns filters that together match these look-ups; none for no look-ups. They may also match other rows of the same
 * students, and two of them may match the same row. Look-ups share a filter where possible: each filter costs a query.
 */
export function rewardFilters(lookups: readonly RewardLookup[]): object[] {
  return [...filtersBySubject(lookups), ...filtersByKey(lookups)];
}

/**
 * All sessions share one filter, because a session belongs to one student. Each assignment needs its own: a filter for
 * several would also read what each student was paid for the others' assignments.
 */
function filtersBySubject(lookups: readonly RewardLookup[]): object[] {
  const named = lookups.flatMap(({ studentId, subject }) => (subject ? [{ studentId, subject }] : []));
  const alike = groupBy(named, ({ subject: { kind, id } }) => (kind === 'pomodoro' ? kind : id.toHexString()));
  return [...alike.values()].map((group) => ({
    studentId: { $in: group.map(({ studentId }) => studentId) },
    'subject.kind': group[0]!.subject.kind,
    'subject.id': { $in: group.map(({ subject }) => subject.id) },
  }));
}

function filtersByKey(lookups: readonly RewardLookup[]): object[] {
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

/** The totals of a student's calendar day. */
export interface DayTotals {
  readonly date: string;
  readonly xp: number;
  readonly auraPoints: number;
  readonly focusedSeconds: number;
  readonly submissions: number;
}

export interface DayTotalsRequest {
  readonly studentId: Types.ObjectId;
  /** Inclusive, like `to`. */
  readonly from: string;
  readonly to: string;
}

/**
 * Returns, for each request, the totals of the days that have rewards, in no particular order. Reads all students in
 * one command, from an index alone.
 * @param asked requests with the same first and last day
 */
export async function loadDayTotals(asked: readonly DayTotalsRequest[]): Promise<DayTotals[][]> {
  const [{ from, to }] = asked as readonly [DayTotalsRequest];
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
  ]).option({ batchSize: SINGLE_BATCH });
  const daysOf = new Map(found.map(({ _id, days }) => [_id.toHexString(), days]));
  return asked.map(({ studentId }) => daysOf.get(studentId.toHexString()) ?? []);
}
