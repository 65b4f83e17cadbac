import type { Types } from 'mongoose';
import { settleAuraWindow, utcDayOf } from '../storage/aura-window.js';
import {
  countAbove,
  countEqualsBefore,
  findUnsettled,
  type LeaderboardPeriod,
  loadLeaderboard,
  pointsOf,
} from '../storage/leaderboard.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { PageRequest } from '../storage/pages.js';
import type { Committer } from './grant-reward.js';
import type { RequestFacts } from './request.js';

export interface RankCourse {
  readonly courseId: Types.ObjectId;
  readonly period: LeaderboardPeriod;
  readonly page: PageRequest;
  /** Whose own row is looked for besides; null: nobody's. */
  readonly self: StudentRecord | null;
  readonly facts: RequestFacts;
}

export interface Ranked {
  readonly student: StudentRecord;
  readonly points: number;
  /** Equal points share one: 1, 2, 2, 4. */
  readonly rank: number;
  /** Whether it is whoever asks. */
  readonly isMe: boolean;
  /** As whoever asks may know it. */
  readonly displayName: string;
}

export { leaderboardOrder } from '../storage/leaderboard.js';

/**
 * A page of a course's leaderboard. Who has no points, or does not take the course, is not ranked.
 * @throws Unavailable
 */
export async function rankCourse(
  committer: Committer,
  input: RankCourse,
): Promise<{ ranked: Ranked[]; hasNextPage: boolean; self: Ranked | null }> {
  const { courseId, period, page, facts } = input;
  if (period !== 'ALL_TIME') await settleTogether(committer, courseId, facts);
  const [{ rows, hasNextPage }, self] = await Promise.all([loadLeaderboard(courseId, period, page), rankSelf(input)]);
  return { ranked: await rankRows(rows, input), hasNextPage, self };
}

async function rankSelf({ courseId, period, self, facts }: RankCourse): Promise<Ranked | null> {
  if (!self?.courseIds.some((id) => id.equals(courseId))) return null;
  const points = pointsOf(self, period, utcDayOf(facts.receivedAt));
  return points === 0 ? null : toRanked(self, points, (await countAbove(courseId, period, points)) + 1, facts);
}

function toRanked(student: StudentRecord, points: number, rank: number, { actorId }: RequestFacts): Ranked {
  const isMe = student._id.equals(actorId);
  const displayName = isMe || student.showOnLeaderboard ? student.displayName : 'Anonymous';
  return { student, points, rank, isMe, displayName };
}

async function rankRows(students: readonly StudentRecord[], input: RankCourse): Promise<Ranked[]> {
  const { courseId, period, facts } = input;
  const [first] = students;
  if (!first) return [];
  const day = utcDayOf(facts.receivedAt);
  const points = pointsOf(first, period, day);
  const [above, equalsBefore] = await Promise.all([
    countAbove(courseId, period, points),
    countEqualsBefore(courseId, period, points, first._id),
  ]);
  const ranked: Ranked[] = [];
  for (const [position, student] of students.entries()) {
    const points = pointsOf(student, period, day);
    const before = ranked.at(-1);
    const rankOfOwn = position === 0 ? above + 1 : above + equalsBefore + position + 1;
    ranked.push(toRanked(student, points, before?.points === points ? before.rank : rankOfOwn, facts));
  }
  return ranked;
}

/** Which courses are being settled, for which day. */
const underWay = new WeakMap<Committer, Map<string, Promise<void>>>();

/** All who look at a course while it is settled wait for the same: each on its own would fill the committer's line. */
function settleTogether(committer: Committer, courseId: Types.ObjectId, facts: RequestFacts): Promise<void> {
  const settlements = underWay.get(committer) ?? new Map<string, Promise<void>>();
  underWay.set(committer, settlements);
  const key = `${courseId} ${utcDayOf(facts.receivedAt)}`;
  const begun = settlements.get(key);
  if (begun) return begun;
  const settlement = settleCourse(committer, courseId, facts).finally(() => settlements.delete(key));
  settlements.set(key, settlement);
  return settlement;
}

/** Students settled side by side: some groups of the committer, and far from all that may wait. */
const SETTLED_AT_ONCE = 256;

/**
 * Makes the WEEK and MONTH sums of a course those of today. They change without a write when a day passes; the first
 * who ranks a course on a new day has that written down, through the committer like every write of a student. On any
 * further look there is nothing to do, which one look into an index tells.
 */
async function settleCourse(committer: Committer, courseId: Types.ObjectId, facts: RequestFacts): Promise<void> {
  const today = utcDayOf(facts.receivedAt);
  for (;;) {
    const unsettled = await findUnsettled(courseId, today, SETTLED_AT_ONCE);
    if (unsettled.length === 0) return;
    await Promise.all(unsettled.map((studentId) => settleStudent(committer, studentId, today, facts)));
  }
}

async function settleStudent(
  committer: Committer,
  studentId: Types.ObjectId,
  today: number,
  facts: RequestFacts,
): Promise<void> {
  await committer.submit<void>({
    studentId,
    facts,
    needs: {},
    decide: (student) => {
      const auraWindow = settleAuraWindow(student.auraWindow, today);
      const holds = auraWindow === student.auraWindow;
      return { ...(!holds && { writes: { student: { ...student, auraWindow } } }), answer: () => {} };
    },
  });
}
