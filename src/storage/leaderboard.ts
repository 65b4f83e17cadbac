import type { ClientSession, Types } from 'mongoose';
import { StudentModel } from './models/student.js';
import { filterAfter, type Page, type PageRequest, SINGLE_BATCH, type SortOrder, toPage } from './pages.js';
import { snapshotRead } from './snapshot.js';

export type LeaderboardPeriod = 'WEEK' | 'MONTH' | 'ALL_TIME';

/** The stored field that each period is ranked by. */
const pointsField: Record<LeaderboardPeriod, string> = {
  WEEK: 'auraWindow.week',
  MONTH: 'auraWindow.month',
  ALL_TIME: 'auraPoints',
};

/** What a leaderboard shows of a student. No other fields are read. */
export interface LeaderboardRow {
  readonly _id: Types.ObjectId;
  readonly points: number;
  readonly level: number;
  readonly displayName: string;
  readonly showOnLeaderboard: boolean;
}

/** Most points first. Students with equal points are ordered by id. */
export const leaderboardOrder: SortOrder = [
  ['points', -1],
  ['_id', 1],
];

const storedOrder = (period: LeaderboardPeriod): SortOrder => [
  [pointsField[period], -1],
  ['_id', 1],
];

export interface Board {
  readonly courseId: Types.ObjectId;
  readonly period: LeaderboardPeriod;
}

export interface BoardRead {
  readonly page: Page<LeaderboardRow>;
  /** The row of the student with `selfId`; null if that student is not ranked. */
  readonly self: LeaderboardRow | null;
  /** Number of students that are ordered before the page. */
  readonly before: number;
  /** Number of students with more points than the row that the page follows. 0 for the first page. */
  readonly above: number;
  /** Whether the sums of at least one student of the course are out of date on this day. */
  readonly isUnsettled: boolean;
}

/** A result document: exactly one of these fields is set. */
interface Found {
  readonly row?: LeaderboardRow;
  readonly self?: LeaderboardRow;
  readonly above?: number;
  readonly equals?: number;
  readonly unsettled?: Types.ObjectId;
}

/**
 * Reads a page of the students with points, and everything needed to rank them, in one command.
 * @param selfId the student whose own row is read too
 * @param day the UTC day for which the sums of WEEK and MONTH must be valid
 */
export async function readBoard(
  board: Board,
  { first, after }: PageRequest,
  selfId: Types.ObjectId,
  day: number,
  session: ClientSession,
): Promise<BoardRead> {
  const order = storedOrder(board.period);
  const field = pointsField[board.period];
  const ranked = rankedIn(board);
  const shown = {
    _id: '$_id',
    points: `$${field}`,
    level: '$level',
    displayName: '$displayName',
    showOnLeaderboard: '$showOnLeaderboard',
  };
  const [points, lastId] = after ?? [];
  const found = await StudentModel.collection
    .aggregate<Found>(
      [
        { $match: after ? filterAfter(ranked, order, after) : ranked },
        { $sort: Object.fromEntries(order) },
        { $limit: first + 1 },
        { $replaceWith: { row: shown } },
        ...unionWithStudents([{ $match: { ...ranked, _id: selfId } }, { $replaceWith: { self: shown } }]),
        ...(after ? unionWithStudents([{ $match: { ...ranked, [field]: { $gt: points } } }, { $count: 'above' }]) : []),
        ...(after
          ? unionWithStudents([{ $match: { ...ranked, [field]: points, _id: { $lte: lastId } } }, { $count: 'equals' }])
          : []),
        ...(board.period === 'ALL_TIME'
          ? []
          : unionWithStudents([{ $match: unsettledIn(board.courseId, day) }, ...ONE_UNSETTLED])),
      ],
      { batchSize: SINGLE_BATCH, session, ...snapshotRead },
    )
    .toArray();
  const only = <Key extends keyof Found>(key: Key) => found.find((each) => key in each)?.[key];
  const above = only('above') ?? 0;
  return {
    page: toPage(
      found.flatMap(({ row }) => row ?? []),
      first,
    ),
    self: only('self') ?? null,
    before: above + (only('equals') ?? 0),
    above,
    isUnsettled: only('unsettled') !== undefined,
  };
}

/** Returns the number of students with more points than this, in one command that reads only index keys. */
export async function countAbove(board: Board, points: number, session: ClientSession): Promise<number> {
  const filter = { courseIds: board.courseId, [pointsField[board.period]]: { $gt: points } };
  const [counted] = await StudentModel.collection
    .aggregate<{ above: number }>([{ $match: filter }, { $count: 'above' }], { session, ...snapshotRead })
    .toArray();
  return counted?.above ?? 0;
}

/** Returns students of the course whose WEEK and MONTH sums are out of date on this day; at most `limit` of them. */
export async function findUnsettled(courseId: Types.ObjectId, day: number, limit: number): Promise<Types.ObjectId[]> {
  const students = await StudentModel.find(unsettledIn(courseId, day), { _id: 1 })
    .limit(limit)
    .lean<{ _id: Types.ObjectId }[]>();
  return students.map(({ _id }) => _id);
}

const rankedIn = ({ courseId, period }: Board) => ({ courseIds: courseId, [pointsField[period]]: { $gt: 0 } });

const unsettledIn = (courseId: Types.ObjectId, day: number) => ({
  courseIds: courseId,
  'auraWindow.untilDay': { $lte: day },
});

const ONE_UNSETTLED = [{ $limit: 1 }, { $replaceWith: { unsettled: '$_id' } }];

const unionWithStudents = (pipeline: object[]) => [{ $unionWith: { coll: StudentModel.collection.name, pipeline } }];
