import type { Types } from 'mongoose';
import type { GrantedBy, KnownRows, RosterEntry } from '../storage/live-reads.js';
import type { RewardRecord } from '../storage/models/reward.js';
import { type RewardNews, type RewardReads, rowsBehind, type ToldReward } from './rewards-of-student.js';
import type { Inbox } from './subscription.js';

/**
 * How long after its `grantedAt` a row may be committed, at most: the 10 s that a request has, the 120 s for which the
 * driver repeats a commit, and more than two minutes for a last attempt and for clocks that differ. Milliseconds.
 */
const COMMITTED_WITHIN_MS = 5 * 60_000;
/** Students whose missed rows are read together, in one command. */
const READ_TOGETHER = 20;
const DAY_MS = 86_400_000;

/** What one subscriber of a course has been told. */
export interface CourseCursor {
  /** Every row that was granted up to here was told. */
  readonly upTo: Date;
  /** Of each student who was granted anything later: the last row that was told. */
  readonly students: readonly KnownRows[];
}

export interface CourseReward extends ToldReward {
  /** Where to go on after this event. It is to be asked for before the next event is. */
  readonly cursor: () => CourseCursor;
}

export interface CourseReads extends Pick<RewardReads, 'rowsBehind'> {
  /** Everybody who takes the course, with the sequence of the last row. */
  readonly roster: (courseId: Types.ObjectId) => Promise<readonly RosterEntry[]>;
  /** The highest sequence of what a student was granted by a time; 0: nothing. */
  readonly lastGranted: (asked: GrantedBy) => Promise<number>;
  readonly isMember: (courseId: Types.ObjectId, studentId: Types.ObjectId) => boolean;
  /** The time up to which the change stream has passed on everything. */
  readonly position: () => Date;
}

/**
 * Every row of everybody in the course behind the cursor, each once, those of one student in order. null: every row
 * whose commit is seen from now on.
 */
export async function* rewardsOfCourse(
  inbox: Inbox<RewardNews>,
  courseId: Types.ObjectId,
  after: CourseCursor | null,
  reads: CourseReads,
): AsyncGenerator<CourseReward> {
  const told = new ToldRows(after?.upTo ?? longBefore(reads.position()));

  async function* tellRowsBehind(known: KnownRows, first?: readonly RewardRecord[]): AsyncGenerator<CourseReward> {
    for await (const reward of rowsBehind(known, reads, first)) yield told.tell({ reward, committedAt: null });
  }

  async function* catchUp(): AsyncGenerator<CourseReward> {
    const behind = await studentsBehind(courseId, told, reads);
    while (behind.length > 0) {
      const group = behind.splice(0, READ_TOGETHER);
      const pages = await Promise.all(group.map(reads.rowsBehind));
      for (const [position, known] of group.entries()) yield* tellRowsBehind(known, pages[position]);
    }
  }

  async function* hear(news: RewardNews): AsyncGenerator<CourseReward> {
    if (news.kind === 'missed') return yield* catchUp();
    const { studentId, sequence } = news.reward;
    if (!told.has(studentId) && !reads.isMember(courseId, studentId)) return;
    const last = told.lastBefore(news.reward);
    if (sequence > last + 1) yield* tellRowsBehind({ studentId, sequence: last });
    if (sequence <= told.lastBefore(news.reward)) return;
    told.isCompleteUpTo(longBefore(news.committedAt));
    yield told.tell(news);
  }

  if (after) {
    for (const known of after.students) told.begin(known, reads.position());
    yield* catchUp();
  } else await beginNow(courseId, told, reads);
  for (let news = await inbox.take(); news; news = await inbox.take()) yield* hear(news);
}

/** A time so long ago that whatever was granted by then has been committed. */
const longBefore = (time: Date): Date => new Date(time.getTime() - COMMITTED_WITHIN_MS);

interface Entry extends KnownRows {
  /** The latest time at which any row that was told, or was there before, can have been granted. */
  readonly grantedBy: Date;
  /** The last row was there when the subscription began; if it comes all the same, it was committed after that. */
  readonly mayBegin: boolean;
}

/** What one subscription has told, by student. */
class ToldRows {
  readonly #entries = new Map<string, Entry>();

  constructor(private upTo: Date) {}

  get since(): Date {
    return this.upTo;
  }

  has(studentId: Types.ObjectId): boolean {
    return this.#entries.has(studentId.toHexString());
  }

  /** Counts what is known as told. */
  begin(known: KnownRows, grantedBy: Date, mayBegin = false): void {
    this.#entries.set(known.studentId.toHexString(), { ...known, grantedBy, mayBegin });
  }

  lastOf(studentId: Types.ObjectId): number {
    return this.#entries.get(studentId.toHexString())?.sequence ?? 0;
  }

  /** The last row that was told before this live one. Of a student who is new here the live one is the first. */
  lastBefore({ studentId, sequence }: RewardRecord): number {
    const entry = this.#entries.get(studentId.toHexString());
    if (!entry) return sequence - 1;
    return entry.mayBegin ? Math.min(entry.sequence, sequence - 1) : entry.sequence;
  }

  tell<Told extends ToldReward>(told: Told): Told & CourseReward {
    const { studentId, sequence, grantedAt } = told.reward;
    const before = this.#entries.get(studentId.toHexString())?.grantedBy ?? grantedAt;
    const grantedBy = new Date(Math.max(+before, +grantedAt));
    this.#entries.set(studentId.toHexString(), { studentId, sequence, grantedBy, mayBegin: false });
    return { ...told, cursor: () => this.#cursor() };
  }

  isCompleteUpTo(time: Date): void {
    if (time > this.upTo) this.upTo = time;
  }

  #cursor(): CourseCursor {
    const late = [...this.#entries.values()].filter(({ grantedBy }) => grantedBy > this.upTo);
    return { upTo: this.upTo, students: late.map(({ studentId, sequence }) => ({ studentId, sequence })) };
  }
}

/**
 * The students of whom there is more to tell, with what was told. Of a student who is in no cursor that is what was
 * granted by the cursor's time: the first rows of its ledger, without a gap, since nothing later was told.
 */
async function studentsBehind(courseId: Types.ObjectId, told: ToldRows, reads: CourseReads): Promise<KnownRows[]> {
  const roster = await reads.roster(courseId);
  const strangers = roster.filter(({ studentId }) => !told.has(studentId));
  const by = told.since;
  const lasts = await Promise.all(strangers.map(({ studentId }) => reads.lastGranted({ studentId, by })));
  for (const [position, { studentId }] of strangers.entries()) {
    told.begin({ studentId, sequence: lasts[position]! }, by);
  }
  return roster.flatMap(({ studentId, sequence }) => {
    const last = told.lastOf(studentId);
    return sequence > last ? [{ studentId, sequence: last }] : [];
  });
}

/** Whatever was granted before the subscription began counts as told. */
async function beginNow(courseId: Types.ObjectId, told: ToldRows, reads: CourseReads): Promise<void> {
  // The day in the student's zone is never earlier than the day before in UTC.
  const dayBefore = new Date(told.since.getTime() - DAY_MS).toISOString().slice(0, 10);
  for (const { studentId, sequence, lastActiveOn } of await reads.roster(courseId)) {
    const mayBeLate = lastActiveOn !== null && lastActiveOn >= dayBefore;
    told.begin({ studentId, sequence }, mayBeLate ? reads.position() : told.since, true);
  }
}
