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
import { atOneMoment } from '../storage/one-moment.js';
import type { PageRequest } from '../storage/pages.js';

export interface RankCourse extends Board {
  readonly page: PageRequest;
  /** The row of whoever asks is looked for besides. */
  readonly facts: RequestFacts;
}

export interface Ranked {
  /** Of the student. */
  readonly _id: Types.ObjectId;
  readonly points: number;
  readonly level: number;
  /** Equal points share one: 1, 2, 2, 4. */
  readonly rank: number;
  /** Whether it is whoever asks. */
  readonly isMe: boolean;
  /** As whoever asks may know it. */
  readonly displayName: string;
}

export { leaderboardOrder } from '../storage/leaderboard.js';

export interface Leaderboard {
  readonly ranked: Ranked[];
  readonly hasNextPage: boolean;
  readonly self: Ranked | null;
}

/**
 * A page of a course's leaderboard, as it was at one moment. Who has no points, or does not take the course, is not
 * ranked.
 * @throws Unavailable
 */
export async function rankCourse(committer: Committer, input: RankCourse): Promise<Leaderboard> {
  for (;;) {
    const leaderboard = await atOneMoment((session) => rankAtOnce(input, session));
    if (leaderboard) return leaderboard;
    await settleTogether(committer, input.courseId, input.facts);
  }
}

/** @returns null where the sums of the course are not those of today */
async function rankAtOnce(input: RankCourse, session: ClientSession): Promise<Leaderboard | null> {
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
  // The row that the page comes after shares its rank with those that have as many points.
  let last = { points: after?.[0], rank: above + 1 };
  return page.rows.map((row, position) => {
    const ranked = toRanked(row, row.points === last.points ? last.rank : before + position + 1, facts);
    last = ranked;
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
 * who ranks a course on a new day has that written down, through the committer like every write of a student.
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
