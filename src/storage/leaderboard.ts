import type { Types } from 'mongoose';
import { settleAuraWindow } from './aura-window.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { behind, type Page, type PageRequest, type SortOrder, toPage } from './pages.js';

export type LeaderboardPeriod = 'WEEK' | 'MONTH' | 'ALL_TIME';

/** The stored points that each period is ranked by. */
const pointsField: Record<LeaderboardPeriod, string> = {
  WEEK: 'auraWindow.week',
  MONTH: 'auraWindow.month',
  ALL_TIME: 'auraPoints',
};

/** @param day the UTC day on which the student is ranked */
export function pointsOf({ auraPoints, auraWindow }: StudentRecord, period: LeaderboardPeriod, day: number): number {
  if (period === 'ALL_TIME') return auraPoints;
  const { week, month } = settleAuraWindow(auraWindow, day);
  return period === 'WEEK' ? week : month;
}

/** Most points first; equals in the order of their ids. */
export const leaderboardOrder = (period: LeaderboardPeriod): SortOrder => [
  [pointsField[period], -1],
  ['_id', 1],
];

/** A page of those with points, most first, in one command. */
export async function loadLeaderboard(
  courseId: Types.ObjectId,
  period: LeaderboardPeriod,
  { first, after }: PageRequest,
): Promise<Page<StudentRecord>> {
  const ranked = { courseIds: courseId, [pointsField[period]]: { $gt: 0 } };
  const order = leaderboardOrder(period);
  const rows = await StudentModel.find(after ? behind(ranked, order, after) : ranked)
    .sort(Object.fromEntries(order))
    .limit(first + 1)
    .lean<StudentRecord[]>();
  return toPage(rows, first);
}

/** How many have more points than this, in one command that reads index keys only. */
export async function countAbove(courseId: Types.ObjectId, period: LeaderboardPeriod, points: number): Promise<number> {
  return StudentModel.countDocuments({ courseIds: courseId, [pointsField[period]]: { $gt: points } });
}

/** How many with just as many points come before this student in the order of ids. */
export async function countEqualsBefore(
  courseId: Types.ObjectId,
  period: LeaderboardPeriod,
  points: number,
  studentId: Types.ObjectId,
): Promise<number> {
  return StudentModel.countDocuments({ courseIds: courseId, [pointsField[period]]: points, _id: { $lt: studentId } });
}

/** Students of the course whose period sums no longer hold on this day, at most so many. */
export async function findUnsettled(courseId: Types.ObjectId, day: number, most: number): Promise<Types.ObjectId[]> {
  const students = await StudentModel.find({ courseIds: courseId, 'auraWindow.untilDay': { $lte: day } }, { _id: 1 })
    .limit(most)
    .lean<{ _id: Types.ObjectId }[]>();
  return students.map(({ _id }) => _id);
}
