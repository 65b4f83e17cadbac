import type { ClientSession, Types } from 'mongoose';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { settleAuraWindow, utcDayOf } from '../storage/aura-window.js';
import {
  type Board,
  type BoardRead,
  countAbove,
  findUnsettled,
  type LeaderboardRow,
  readBoard,
} from '../storage/leaderboard.js';
import type { PageRequest } from '../storage/pages.js';
import { withSnapshot } from '../storage/snapshot.js';

export interface RankCourse extends Board {
  readonly page: PageRequest;
  /** The leaderboard also contains the row of the account that asks. */
  readonly facts: RequestFacts;
}

export interface Ranked {
  /** The student's id. */
  readonly _id: Types.ObjectId;
  readonly points: number;
  readonly level: number;
  /** Students with equal points share a rank: 1, 2, 2, 4. */
  readonly rank: number;
  /** Whether this is the account that asks. */
  readonly isMe: boolean;
  /** 'Anonymous' for a student who hides from the leaderboard, except to that student. */
  readonly displayName: string;
}

export { leaderboardOrder } from '../storage/leaderboard.js';

export interface Leaderboard {
  readonly ranked: Ranked[];
  readonly hasNextPage: boolean;
  readonly self: Ranked | null;
}

/**
 * Returns a page of a course's leaderboard, read in one snapshot. Students without points, and students who are not
 * enrolled, are not ranked.
 * @throws Unavailable
 */
export async function rankCourse(committer: Committer, input: RankCourse): Promise<Leaderboard> {
  for (;;) {
    const leaderboard = await withSnapshot((session) => rankInSnapshot(input, session));
    if (leaderboard) return leaderboard;
    await settleOnce(committer, input.courseId, input.facts);
  }
}

/** @returns null if the course's sums are not those of today; settle them and try again */
async function rankInSnapshot(input: RankCourse, session: ClientSession): Promise<Leaderboard | null> {
  const { page, facts } = input;
  const read = await readBoard(input, page, facts.actorId, utcDayOf(facts.receivedAt), session);
  if (read.isUnsettled) return null;
  const ranked = rankRows(read, page, facts);
  const { hasNextPage } = read.page;
  const own = ranked.find(({ isMe }) => isMe);
  if (own || !read.self) return { ranked, hasNextPage, self: own ?? null };
  const above = await countAbove(input, read.self.points, session);
  return { ranked, hasNextPage, self: toRanked(read.self, above + 1, facts) };
}

function rankRows({ page, before, above }: BoardRead, { after }: PageRequest, facts: RequestFacts): Ranked[] {
  // Rows with the same points as the last row of the previous page share its rank.
  let previous = { points: after?.[0], rank: above + 1 };
  return page.rows.map((row, position) => {
    const ranked = toRanked(row, row.points === previous.points ? previous.rank : before + position + 1, facts);
    previous = ranked;
    return ranked;
  });
}

function toRanked(
  { _id, points, level, displayName, showOnLeaderboard }: LeaderboardRow,
  rank: number,
  { actorId }: RequestFacts,
): Ranked {
  const isMe = _id.equals(actorId);
  return { _id, points, level, rank, isMe, displayName: isMe || showOnLeaderboard ? displayName : 'Anonymous' };
}

/** The settlements in progress, by committer and then by course and day. */
const settlementsInProgress = new WeakMap<Committer, Map<string, Promise<void>>>();

/** Shares one settlement between all concurrent readers of a course, so that they do not fill the committer's queue. */
function settleOnce(committer: Committer, courseId: Types.ObjectId, facts: RequestFacts): Promise<void> {
  const settlements = settlementsInProgress.get(committer) ?? new Map<string, Promise<void>>();
  settlementsInProgress.set(committer, settlements);
  const key = `${courseId} ${utcDayOf(facts.receivedAt)}`;
  const inProgress = settlements.get(key);
  if (inProgress) return inProgress;
  const settlement = settleCourse(committer, courseId, facts).finally(() => settlements.delete(key));
  settlements.set(key, settlement);
  return settlement;
}

/** Students settled in parallel: four full groups of the committer, and far fewer than its maxPending. */
const SETTLED_AT_ONCE = 256;

/**
 * Brings the WEEK and MONTH sums of a course's students up to date. These sums change when a day passes, without any
 * write. So the first leaderboard query of a day settles them: docs/adr/0007-period-leaderboards.md.
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
    lookups: {},
    decide: (student) => {
      const auraWindow = settleAuraWindow(student.auraWindow, today);
      const isSettled = auraWindow === student.auraWindow;
      return { ...(!isSettled && { writes: { student: { ...student, auraWindow } } }), answer: () => {} };
    },
  });
}
