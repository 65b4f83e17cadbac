import type { ClientSession, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { fewAtATime } from './few-at-a-time.js';
import { insertAll } from './grant-commands.js';
import { RewardModel, type RewardRecord, type SubjectRecord } from './models/reward.js';
import { SINGLE_BATCH } from './pages.js';

/** Looks up a reward that may have been paid: by its subject (null if the id is invalid), or by its request key. */
export interface RewardLookup {
  readonly studentId: Types.ObjectId;
  readonly subject: SubjectRecord | null;
  readonly operation: RewardRecord['operation'];
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
 * Subjects of one student each, such as sessions, share filters. Each assignment needs its own, and so does each act
 * that gives many students a bonus: a filter for several would also read what each student was paid for the others.
 */
function filtersBySubject(lookups: readonly RewardLookup[]): object[] {
  const named = lookups.flatMap(({ studentId, subject }) => (subject ? [{ studentId, subject }] : []));
  const alike = groupBy(named, ({ subject: { kind, id } }) => (kind === 'pomodoro' ? kind : `${kind} ${id}`));
  const groups = [...alike].flatMap(([name, group]) => (name === 'pomodoro' ? fewAtATime(group) : [group]));
  return groups.map((group) => ({
    studentId: { $in: group.map(({ studentId }) => studentId) },
    'subject.kind': group[0]!.subject.kind,
    'subject.id': { $in: group.map(({ subject }) => subject.id) },
  }));
}

function filtersByKey(lookups: readonly RewardLookup[]): object[] {
  const keyed = lookups.filter(({ requestKey }) => requestKey !== null);
  return [...groupBy(keyed, ({ operation }) => operation).values()].flatMap(fewAtATime).map((group) => ({
    studentId: { $in: group.map(({ studentId }) => studentId) },
    operation: group[0]!.operation,
    requestKey: { $in: group.map(({ requestKey }) => requestKey) },
  }));
}

/** Adds rows to the ledger, in one command. */
export async function appendRewards(rewards: readonly RewardRecord[], session: ClientSession): Promise<void> {
  await insertAll(RewardModel, rewards, session);
}

/** Returns a ledger row; null if there is none with this id. */
export async function loadReward(id: Types.ObjectId): Promise<RewardRecord | null> {
  return RewardModel.findById(id).lean<RewardRecord>();
}

/** Returns ledger rows of a student, in their order. */
export async function loadRewardsOf(
  studentId: Types.ObjectId,
  ids: readonly Types.ObjectId[],
): Promise<RewardRecord[]> {
  const rows = await RewardModel.find({ _id: { $in: ids }, studentId }).lean<RewardRecord[]>();
  return rows.sort((one, other) => one.sequence - other.sequence);
}

/** Names a ledger row. */
export type RowKey = Pick<RewardRecord, '_id' | 'studentId'>;

/** Returns what the latest correction of each row says that it is worth; null for a row that was never corrected. */
export async function loadCorrectedWorths(rows: readonly RowKey[]): Promise<(number | null)[]> {
  const branches = [...groupBy(rows, ({ studentId }) => `${studentId}`).values()].map((group) => ({
    studentId: group[0]!.studentId,
    corrects: { $in: group.map(({ _id }) => _id) },
  }));
  const found = await RewardModel.find({ $or: branches }, { _id: 0, corrects: 1, worth: 1, sequence: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<Pick<RewardRecord, 'corrects' | 'worth' | 'sequence'>[]>();
  const latest = new Map<string, (typeof found)[number]>();
  for (const correction of found) {
    const former = latest.get(`${correction.corrects}`);
    if (!former || former.sequence < correction.sequence) latest.set(`${correction.corrects}`, correction);
  }
  return rows.map(({ _id }) => latest.get(`${_id}`)?.worth ?? null);
}

/** Names a submission, of which the ledger may have a grade. */
export interface GradedSubmission {
  readonly _id: Types.ObjectId;
  readonly studentId: Types.ObjectId;
}

/** Returns the row of the first grade of each submission; null for one that was never graded. */
export async function loadGradeRows(submissions: readonly GradedSubmission[]): Promise<(RewardRecord | null)[]> {
  const branches = [...groupBy(submissions, ({ studentId }) => `${studentId}`).values()].map((group) => ({
    studentId: group[0]!.studentId,
    'subject.kind': 'grade' as const,
    'subject.id': { $in: group.map(({ _id }) => _id) },
  }));
  const found = await RewardModel.find({ $or: branches }).batchSize(SINGLE_BATCH).lean<RewardRecord[]>();
  const rows = new Map(found.map((row) => [`${row.subject.id}`, row]));
  return submissions.map(({ _id }) => rows.get(`${_id}`) ?? null);
}

/** How many submissions a row adds to its day: see SubjectKind. */
const SUBMISSIONS_OF_ROW = {
  $subtract: [
    { $cond: [{ $in: ['$subject.kind', ['assignment', 'resubmission', 'submission-restoration']] }, 1, 0] },
    { $cond: [{ $eq: ['$subject.kind', 'submission-revocation'] }, 1, 0] },
  ],
};

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
        submissions: { $sum: SUBMISSIONS_OF_ROW },
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
