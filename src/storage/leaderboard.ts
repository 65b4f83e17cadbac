import type { ClientSession, Types } from 'mongoose';
import { StudentModel } from './models/student.js';
import { ofOneMoment } from './one-moment.js';
import { behind, ONE_BATCH, type Page, type PageRequest, type SortOrder, toPage } from './pages.js';

export type LeaderboardPeriod = 'WEEK' | 'MONTH' | 'ALL_TIME';

/** The stored points that each period is ranked by. */
const pointsField: Record<LeaderboardPeriod, string> = {
  WEEK: 'auraWindow.week',
  MONTH: 'auraWindow.month',
  ALL_TIME: 'auraPoints',
};

/** What a leaderboard shows of a student, and no more of it is read. */
export interface LeaderboardRow {
  readonly _id: Types.ObjectId;
  readonly points: number;
  readonly level: number;
  readonly displayName: string;
  readonly showOnLeaderboard: boolean;
}

/** Most points first; equals in the order of their ids. */
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
  /** Of the student that was asked for; null where it is not ranked. */
  readonly self: LeaderboardRow | null;
  /** How many are ranked before the page. */
  readonly before: number;
  /** How many have more points than the row that the page comes after; 0 where it comes after none. */
  readonly above: number;
  /** Whether the sums of any student of the course do not hold on this day. */
  readonly isUnsettled: boolean;
}

/** One of them. */
interface Found {
  readonly row?: LeaderboardRow;
  readonly self?: LeaderboardRow;
  readonly above?: number;
  readonly equals?: number;
  readonly unsettled?: Types.ObjectId;
}

/**
 * Reads a page of those with points and all that it takes to rank it, in one command.
 * @param selfId whose own row is read besides
 * @param day the UTC day that the sums of a period have to be of
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
        { $match: after ? behind(ranked, order, after) : ranked },
        { $sort: Object.fromEntries(order) },
        { $limit: first + 1 },
        { $replaceWith: { row: shown } },
        ...also([{ $match: { ...ranked, _id: selfId } }, { $replaceWith: { self: shown } }]),
        ...(after ? also([{ $match: { ...ranked, [field]: { $gt: points } } }, { $count: 'above' }]) : []),
        ...(after
          ? also([{ $match: { ...ranked, [field]: points, _id: { $lte: lastId } } }, { $count: 'equals' }])
          : []),
        ...(board.period === 'ALL_TIME' ? [] : also([{ $match: unsettledIn(board.courseId, day) }, ...ONE_UNSETTLED])),
      ],
      { batchSize: ONE_BATCH, session, ...ofOneMoment },
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

/** How many have more points than this, in one command that reads index keys only. */
export async function countAbove(board: Board, points: number, session: ClientSession): Promise<number> {
  const filter = { courseIds: board.courseId, [pointsField[board.period]]: { $gt: points } };
  const [counted] = await StudentModel.collection
    .aggregate<{ above: number }>([{ $match: filter }, { $count: 'above' }], { session, ...ofOneMoment })
    .toArray();
  return counted?.above ?? 0;
}

/** Students of the course whose period sums no longer hold on this day, at most so many. */
export async function findUnsettled(courseId: Types.ObjectId, day: number, most: number): Promise<Types.ObjectId[]> {
  const students = await StudentModel.find(unsettledIn(courseId, day), { _id: 1 })
    .limit(most)
    .lean<{ _id: Types.ObjectId }[]>();
  return students.map(({ _id }) => _id);
}

const rankedIn = ({ courseId, period }: Board) => ({ courseIds: courseId, [pointsField[period]]: { $gt: 0 } });

const unsettledIn = (courseId: Types.ObjectId, day: number) => ({
  courseIds: courseId,
  'auraWindow.untilDay': { $lte: day },
});

const ONE_UNSETTLED = [{ $limit: 1 }, { $replaceWith: { unsettled: '$_id' } }];

const also = (pipeline: object[]) => [{ $unionWith: { coll: StudentModel.collection.name, pipeline } }];
