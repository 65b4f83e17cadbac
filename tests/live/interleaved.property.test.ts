/** Commits, changes passed on, changes lost, answers of reads and reconnects, in any order that can happen. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import mongoose, { Types } from 'mongoose';
import { type CourseCursor, type CourseReads, rewardsOfCourse } from '../../src/live/rewards-of-course.js';
import { type RewardNews, type RewardReads, rewardsOfStudent } from '../../src/live/rewards-of-student.js';
import { Inbox } from '../../src/live/subscription.js';
import { utcDayOf } from '../../src/storage/aura-window.js';
import { ROWS_OF_ONE } from '../../src/storage/live-reads.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import { later, minute, noon } from '../rewards/given.js';

type Row = Pick<RewardRecord, 'studentId' | 'sequence' | 'grantedAt'>;
interface Commit extends Row {
  readonly committedAt: Date;
}

const students = Array.from({ length: 3 }, () => new Types.ObjectId());
const courseId = new Types.ObjectId();
/** Longer than the bound on how late a commit may come after its row's time: what is older is in no cursor. */
const SLOWEST_COMMIT = 4 * minute;

type Step =
  | { readonly kind: 'commit'; readonly student: number; readonly minutesLate: number; readonly rows: number }
  | { readonly kind: 'pass' | 'lose' | 'reconnect' }
  /** So many of the reads that wait. */
  | { readonly kind: 'answer'; readonly reads: number; readonly freshness: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        student: fc.nat(2),
        minutesLate: fc.nat(SLOWEST_COMMIT / minute),
        // Now and then more than one page.
        rows: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(ROWS_OF_ONE) }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        reads: fc.integer({ min: 1, max: 5 }),
        freshness: fc.nat(100),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('lose' as const, 'reconnect' as const) }) },
  ),
  // As long as that: by default most are too short to be of interest.
  { maxLength: 60, size: 'max' },
);

/** A row is delivered by a read before the change stream has come to it, and the subscriber reconnects twice. */
const readAheadOfTheStream: Step[] = [
  { kind: 'commit', student: 0, minutesLate: 0, rows: 1 },
  { kind: 'answer', reads: 1, freshness: 50 },
  { kind: 'answer', reads: 3, freshness: 0 },
  { kind: 'commit', student: 1, minutesLate: 0, rows: ROWS_OF_ONE },
  { kind: 'answer', reads: 1, freshness: 1 },
  { kind: 'reconnect' },
  { kind: 'commit', student: 1, minutesLate: 0, rows: 1 },
  { kind: 'answer', reads: 1, freshness: 0 },
  { kind: 'commit', student: 1, minutesLate: 0, rows: 1 },
  { kind: 'answer', reads: 2, freshness: 0 },
  { kind: 'lose' },
  { kind: 'answer', reads: 1, freshness: 0 },
  { kind: 'answer', reads: 1, freshness: 0 },
  { kind: 'answer', reads: 1, freshness: 0 },
  { kind: 'commit', student: 1, minutesLate: 0, rows: 1 },
  { kind: 'pass' },
  { kind: 'reconnect' },
];

/** The time at which so many rows have been committed. */
const clusterTime = (rows: number) => new mongoose.mongo.Timestamp({ t: 1, i: rows });

/** The database and the change stream, as far as the subscriptions know them. */
class World {
  readonly ledger: Commit[] = [];
  passed = 0;
  inbox = new Inbox<RewardNews>(() => {});
  private now = noon;
  private pending: { sentAt: number; answer: (upTo: number) => void }[] = [];

  do(step: Step): void {
    switch (step.kind) {
      case 'commit':
        this.now = later(this.now, minute);
        for (let row = 0; row < step.rows; row++) {
          const studentId = students[step.student]!;
          const grantedAt = later(this.now, -step.minutesLate * minute);
          const sequence = this.rowsOf(studentId).length + 1;
          this.ledger.push({ studentId, sequence, grantedAt, committedAt: this.now });
        }
        break;
      case 'pass':
        if (this.passed < this.ledger.length) {
          const { committedAt, ...reward } = this.ledger[this.passed]!;
          this.passed += 1;
          this.inbox.put({
            kind: 'rewarded',
            reward: reward as RewardRecord,
            committedAt,
            at: clusterTime(this.passed),
          });
        }
        break;
      case 'lose':
        this.passed = this.ledger.length;
        this.inbox.put({ kind: 'missed' });
        break;
      case 'answer': {
        // Each shows at least what had been passed on when it was sent, and at most what is committed now.
        for (const { sentAt, answer } of this.pending.splice(0, step.reads)) {
          answer(sentAt + Math.round(((this.ledger.length - sentAt) * step.freshness) / 100));
        }
        break;
      }
    }
  }

  get isQuiet(): boolean {
    return this.pending.length === 0 && this.passed === this.ledger.length;
  }

  rowsOf(studentId: Types.ObjectId, upTo = this.ledger.length): Commit[] {
    return this.ledger.slice(0, upTo).filter((row) => row.studentId.equals(studentId));
  }

  private read<Value>(find: (upTo: number) => Value): Promise<Value> {
    return new Promise((resolve) => {
      this.pending.push({ sentAt: this.passed, answer: (upTo) => resolve(find(upTo)) });
    });
  }

  readonly reads: RewardReads & CourseReads = {
    rowsBehind: ({ studentId, sequence }) =>
      this.read((upTo) => this.rowsOf(studentId, upTo).slice(sequence, sequence + ROWS_OF_ONE) as never),
    lastSequence: (studentId) => this.read((upTo) => this.rowsOf(studentId, upTo).length),
    roster: () =>
      this.read((upTo) =>
        students.map((studentId) => ({
          studentId,
          sequence: this.rowsOf(studentId, upTo).length,
          grantedOn: utcDayOf(new Date('2026-03-11')),
        })),
      ),
    lastGranted: ({ studentId, by }) =>
      this.read((upTo) =>
        Math.max(0, ...this.rowsOf(studentId, upTo).flatMap((row) => (row.grantedAt <= by ? row.sequence : []))),
      ),
    clusterTime: async () => clusterTime(this.ledger.length),
    isMember: () => true,
    position: () => this.ledger[this.passed - 1]?.committedAt ?? noon,
    now: () => this.now,
  };
}

/** Lets everything go on that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** @param connect takes all events from an inbox, from where the subscriber is */
async function run(world: World, all: readonly Step[], connect: (inbox: Inbox<RewardNews>) => void): Promise<void> {
  const reconnect = () => {
    world.inbox.end();
    world.inbox = new Inbox(() => {});
    connect(world.inbox);
  };
  reconnect();
  for (const step of all) {
    if (step.kind === 'reconnect') reconnect();
    else world.do(step);
    await settle();
  }
  while (!world.isQuiet) {
    world.do({ kind: 'answer', reads: 1, freshness: 100 });
    world.do({ kind: 'pass' });
    await settle();
  }
  world.inbox.end();
}

const sequencesOf = (rows: readonly Row[], studentId: Types.ObjectId) =>
  rows.filter((row) => row.studentId.equals(studentId)).map(({ sequence }) => sequence);

test('a student that resumes by sequence is told every row once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = new World();
      const told: Row[] = [];
      const connect = async (inbox: Inbox<RewardNews>) => {
        const last = sequencesOf(told, students[0]!).at(-1) ?? 0;
        for await (const { reward } of rewardsOfStudent(inbox, students[0]!, last, world.reads)) {
          if (world.inbox !== inbox) return;
          if (reward.studentId.equals(students[0]!)) told.push(reward);
        }
      };
      const own = all.map((step) => (step.kind === 'commit' ? { ...step, student: 0 } : step));
      await run(world, own, connect);
      expect(sequencesOf(told, students[0]!)).toEqual(sequencesOf(world.ledger, students[0]!));
    }),
    { numRuns: 300 },
  );
});

test('a teacher that resumes by cursor is told every row once, those of one student in order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = new World();
      const told: Row[] = [];
      let cursor: CourseCursor = { upTo: later(noon, -60 * minute), students: [] };
      const connect = async (inbox: Inbox<RewardNews>) => {
        for await (const event of rewardsOfCourse(inbox, courseId, cursor, world.reads)) {
          if (world.inbox !== inbox) return;
          told.push(event.reward);
          cursor = event.cursor();
        }
      };
      await run(world, all, connect);
      for (const student of students) expect(sequencesOf(told, student)).toEqual(sequencesOf(world.ledger, student));
    }),
    { numRuns: 300, examples: [[readAheadOfTheStream]] },
  );
});

test('a teacher that names nothing, and later resumes by cursor, misses no row from then on and is told none twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5), steps, async (before, all) => {
      const world = new World();
      for (let row = 0; row < before; row++) world.do({ kind: 'commit', student: row % 3, minutesLate: 0, rows: 1 });
      for (let row = 0; row < before; row++) world.do({ kind: 'pass' });
      const told: Row[] = [];
      let cursor: CourseCursor | null = null;
      let begun = 0;
      const connect = async (inbox: Inbox<RewardNews>) => {
        // Without an event, a client has no cursor and begins anew.
        if (cursor === null) begun = world.ledger.length;
        for await (const event of rewardsOfCourse(inbox, courseId, cursor, world.reads)) {
          if (world.inbox !== inbox) return;
          told.push(event.reward);
          cursor = event.cursor();
        }
      };
      // A history that is lost before they come cannot be told from one before the subscription: see ADR 21.
      const own = all.filter(({ kind }) => kind !== 'lose');
      await run(world, own, connect);
      for (const student of students) {
        const sequences = sequencesOf(told, student);
        const last = world.rowsOf(student).length;
        // After a quick reconnect, rows from shortly before the beginning may come too.
        const first = Math.min(sequences[0] ?? Number.POSITIVE_INFINITY, world.rowsOf(student, begun).length + 1);
        expect(sequences).toEqual(Array.from({ length: last - first + 1 }, (_, n) => first + n));
      }
    }),
    { numRuns: 300 },
  );
});

test('whoever names nothing is told every row that is committed from then on, once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(3), steps, async (before, early, all) => {
      const world = new World();
      for (let row = 0; row < before; row++) world.do({ kind: 'commit', student: 0, minutesLate: 0, rows: 1 });
      for (let row = 0; row < before; row++) world.do({ kind: 'pass' });
      const own = all.filter(({ kind }) => kind !== 'reconnect').map((step) => ({ ...step, student: 0 }) as Step);
      const [ofStudent, ofCourse]: [Row[], Row[]] = [[], []];
      const courseInbox = new Inbox<RewardNews>(() => {});
      const first = { kind: 'answer', reads: 1, freshness: 100 } as const;
      // Committed after the subscription began, and before its first read is answered.
      const commits: Step[] = Array.from({ length: early }, () => ({
        kind: 'commit',
        student: 0,
        minutesLate: 0,
        rows: 1,
      }));
      // A history that is lost before they come cannot be told from one before the subscription: see ADR 21.
      const passes: Step[] = commits.map(() => ({ kind: 'pass' }));
      await run(world, [...commits, first, first, ...passes, ...own], async (inbox) => {
        const put = inbox.put.bind(inbox);
        inbox.put = (news) => {
          put(news);
          courseInbox.put(news);
        };
        const course = async () => {
          for await (const { reward } of rewardsOfCourse(courseInbox, courseId, null, world.reads))
            ofCourse.push(reward);
        };
        void course();
        for await (const { reward } of rewardsOfStudent(inbox, students[0]!, null, world.reads)) ofStudent.push(reward);
      });
      const expected = world.ledger.slice(before).map(({ sequence }) => sequence);
      expect(sequencesOf(ofStudent, students[0]!)).toEqual(expected);
      expect(sequencesOf(ofCourse, students[0]!)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('a change that never came is read as soon as a later one shows that it is missing', async () => {
  const world = new World();
  const [ofStudent, ofCourse]: [Row[], Row[]] = [[], []];
  const inboxes = [new Inbox<RewardNews>(() => {}), new Inbox<RewardNews>(() => {})] as const;
  const take = async (told: AsyncIterable<{ reward: RewardRecord }>, rows: Row[]) => {
    for await (const { reward } of told) rows.push(reward);
  };
  void take(rewardsOfStudent(inboxes[0], students[0]!, null, world.reads), ofStudent);
  void take(rewardsOfCourse(inboxes[1], courseId, null, world.reads), ofCourse);
  const answer = async () => {
    world.do({ kind: 'answer', reads: 5, freshness: 100 });
    await settle();
  };
  await answer();
  world.do({ kind: 'commit', student: 0, minutesLate: 0, rows: 4 });
  for (const passed of [0, 3]) {
    const { committedAt, ...reward } = world.ledger[passed]!;
    const news = {
      kind: 'rewarded',
      reward: reward as RewardRecord,
      committedAt,
      at: clusterTime(passed + 1),
    } as const;
    for (const inbox of inboxes) inbox.put(news);
    await settle();
    await answer();
  }
  for (const rows of [ofStudent, ofCourse]) expect(sequencesOf(rows, students[0]!)).toEqual([1, 2, 3, 4]);
  for (const inbox of inboxes) inbox.end();
});
