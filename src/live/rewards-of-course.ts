import type { Types } from 'mongoose';
import { utcDayOf } from '../storage/aura-window.js';
import type { ClusterTime } from '../storage/committed-changes.js';
import type { GrantedBy, KnownRows, RosterEntry } from '../storage/live-reads.js';
import type { RewardRecord } from '../storage/models/reward.js';
import { type DeliveredReward, type RewardNews, type RewardReads, rowsBehind } from './rewards-of-student.js';
import type { Inbox } from './subscription.js';

/**
 * How long after its `grantedAt` a row may be committed, at most: the 10 s that a request has, the 120 s for which the
 * driver repeats a commit, and more than two minutes for a last attempt and for clocks that differ. Milliseconds.
 */
const COMMITTED_WITHIN_MS = 5 * 60_000;
/** By how much the clocks of servers differ, at most. Milliseconds. */
const CLOCKS_DIFFER_BY_MS = 3 * 60_000;
/** Number of students whose missed rows are read in one command. */
const READ_TOGETHER = 20;

/** Which rows of a course a subscriber has received. */
export interface CourseCursor {
  /** Every row that was granted up to this time was delivered. */
  readonly upTo: Date;
  /** The last row that was delivered of each student who was granted anything later. */
  readonly students: readonly KnownRows[];
}

export interface CourseReward extends DeliveredReward {
  /** The cursor to resume after this event. Call it before you request the next event. */
  readonly cursor: () => CourseCursor;
}

export interface CourseReads extends Pick<RewardReads, 'rowsBehind'> {
  /** All students of the course, with the sequence of their last row. */
  readonly roster: (courseId: Types.ObjectId) => Promise<readonly RosterEntry[]>;
  /** The highest sequence that a student was granted by a time; 0 if there is none. */
  readonly lastGranted: (asked: GrantedBy) => Promise<number>;
  readonly isMember: (courseId: Types.ObjectId, studentId: Types.ObjectId) => boolean;
  /** The time of the database's last commit, or a later one. */
  readonly clusterTime: () => Promise<ClusterTime>;
  /** The commit time up to which the change stream has delivered everything. */
  readonly position: () => Date;
  /** By the clock of this server. */
  readonly now: () => Date;
}

/**
 * Yields every row of the course's students after the cursor, once, and the rows of one student in order.
 * @param after null: only the rows that the change stream delivers from now on
 */
export async function* rewardsOfCourse(
  inbox: Inbox<RewardNews>,
  courseId: Types.ObjectId,
  after: CourseCursor | null,
  reads: CourseReads,
): AsyncGenerator<CourseReward> {
  const delivered = new DeliveredRows(after?.upTo ?? longBefore(reads.position()));

  async function* deliverRowsBehind(known: KnownRows, first?: readonly RewardRecord[]): AsyncGenerator<CourseReward> {
    for await (const reward of rowsBehind(known, reads, first)) yield delivered.deliver({ reward, committedAt: null });
  }

  async function* catchUp(): AsyncGenerator<CourseReward> {
    const behind = await studentsBehind(courseId, delivered, reads);
    while (behind.length > 0) {
      const group = behind.splice(0, READ_TOGETHER);
      const pages = await Promise.all(group.map(reads.rowsBehind));
      for (const [position, known] of group.entries()) yield* deliverRowsBehind(known, pages[position]);
    }
  }

  async function* handle(news: RewardNews): AsyncGenerator<CourseReward> {
    if (news.kind === 'missed') return yield* catchUp();
    delivered.streamReached(news.at);
    const { studentId, sequence } = news.reward;
    if (!delivered.has(studentId) && !reads.isMember(courseId, studentId)) return;
    const last = delivered.lastBefore(news.reward);
    if (sequence > last + 1) yield* deliverRowsBehind({ studentId, sequence: last });
    // The rows behind may have included this one.
    if (sequence <= delivered.lastBefore(news.reward)) return;
    delivered.advanceTo(longBefore(news.committedAt));
    yield delivered.deliver(news);
  }

  if (after) {
    const grantedBy = latestGrant(reads);
    for (const known of after.students) delivered.begin(known, grantedBy);
    yield* catchUp();
  } else await beginNow(courseId, delivered, reads);
  for (let news = await inbox.take(); news; news = await inbox.take()) yield* handle(news);
}

/** Everything granted up to the returned time was committed by `time`. */
const longBefore = (time: Date): Date => new Date(time.getTime() - COMMITTED_WITHIN_MS);

/** No row that exists was granted later. A read may show rows that the change stream has not delivered yet. */
const latestGrant = ({ now, position }: CourseReads): Date =>
  new Date(Math.max(now().getTime() + CLOCKS_DIFFER_BY_MS, position().getTime()));

interface Entry extends KnownRows {
  /** No row that was delivered, or existed before, was granted after this time. */
  readonly grantedBy: Date;
  /**
   * `sequence` was read when the subscription began, and nothing was delivered yet. The change stream may still deliver
   * that row, or one before it: then it was committed after the subscription began.
   */
  readonly isProvisional: boolean;
}

/** What one subscription has delivered, by student. */
class DeliveredRows {
  readonly #entries = new Map<string, Entry>();
  /** Up to this time, the change stream may still deliver rows that provisional entries count already. */
  #provisionalUpTo: ClusterTime | null = null;

  constructor(private upTo: Date) {}

  get since(): Date {
    return this.upTo;
  }

  has(studentId: Types.ObjectId): boolean {
    return this.#entries.has(studentId.toHexString());
  }

  /** Counts the known rows of a student as delivered. */
  begin(known: KnownRows, grantedBy: Date): void {
    this.#entries.set(known.studentId.toHexString(), { ...known, grantedBy, isProvisional: false });
  }

  /** Counts the rows of a student as delivered, for now. @param readBy the rows were committed by then */
  beginProvisionally(known: KnownRows, grantedBy: Date, readBy: ClusterTime): void {
    this.#entries.set(known.studentId.toHexString(), { ...known, grantedBy, isProvisional: true });
    this.#provisionalUpTo = readBy;
  }

  streamReached(time: ClusterTime): void {
    if (this.#provisionalUpTo?.lessThan(time)) this.#provisionalUpTo = null;
  }

  lastOf(studentId: Types.ObjectId): number {
    return this.#entries.get(studentId.toHexString())?.sequence ?? 0;
  }

  /** The last row delivered before this live row. For a student who has just joined, the live row is the first. */
  lastBefore({ studentId, sequence }: RewardRecord): number {
    const entry = this.#entries.get(studentId.toHexString());
    if (!entry) return sequence - 1;
    return entry.isProvisional ? Math.min(entry.sequence, sequence - 1) : entry.sequence;
  }

  deliver<Row extends DeliveredReward>(row: Row): Row & CourseReward {
    const { studentId, sequence, grantedAt } = row.reward;
    const before = this.#entries.get(studentId.toHexString())?.grantedBy ?? grantedAt;
    const grantedBy = new Date(Math.max(+before, +grantedAt));
    this.#entries.set(studentId.toHexString(), { studentId, sequence, grantedBy, isProvisional: false });
    return { ...row, cursor: () => this.#cursor() };
  }

  advanceTo(time: Date): void {
    if (time > this.upTo) this.upTo = time;
  }

  /**
   * While the stream is behind the roster, nobody knows which rows of a provisional entry it will deliver. So the cursor
   * does not have that student, and whoever resumes by it gets all rows of the last minutes before the beginning.
   */
  #cursor(): CourseCursor {
    const isBehind = this.#provisionalUpTo !== null;
    const late = [...this.#entries.values()].filter(
      ({ grantedBy, isProvisional }) => grantedBy > this.upTo && !(isProvisional && isBehind),
    );
    return { upTo: this.upTo, students: late.map(({ studentId, sequence }) => ({ studentId, sequence })) };
  }
}

/**
 * Returns the students with undelivered rows, each with its last delivered row. A student who is not in the cursor has
 * received exactly what was granted up to the cursor's time. Those are the first rows of the ledger, without a gap.
 */
async function studentsBehind(
  courseId: Types.ObjectId,
  delivered: DeliveredRows,
  reads: CourseReads,
): Promise<KnownRows[]> {
  const roster = await reads.roster(courseId);
  const notInCursor = roster.filter(({ studentId }) => !delivered.has(studentId));
  const by = delivered.since;
  const lasts = await Promise.all(notInCursor.map(({ studentId }) => reads.lastGranted({ studentId, by })));
  for (const [position, { studentId }] of notInCursor.entries()) {
    delivered.begin({ studentId, sequence: lasts[position]! }, by);
  }
  return roster.flatMap(({ studentId, sequence }) => {
    const last = delivered.lastOf(studentId);
    return sequence > last ? [{ studentId, sequence: last }] : [];
  });
}

/** Rows that exist when the subscription begins count as delivered. */
async function beginNow(courseId: Types.ObjectId, delivered: DeliveredRows, reads: CourseReads): Promise<void> {
  const since = utcDayOf(delivered.since);
  const roster = await reads.roster(courseId);
  const readBy = await reads.clusterTime();
  for (const { studentId, sequence, grantedOn } of roster) {
    const mayBeLate = grantedOn >= since;
    const grantedBy = mayBeLate ? latestGrant(reads) : delivered.since;
    delivered.beginProvisionally({ studentId, sequence }, grantedBy, readBy);
  }
}
