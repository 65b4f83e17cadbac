import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Refused } from '../../src/actions/refusal.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { later, minute, noon } from '../rewards/given.js';
import { answered, failed, type Method, stepInAfter, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  end,
  givenAssignment,
  givenClass,
  givenRunning,
  givenStudent,
  storedStudent,
  submit,
} from '../support/given.js';
import { expectPaidOnce, type Granted } from '../support/replays.js';

useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

type Request = () => Promise<Granted | Refused>;

interface Meeting {
  readonly student: Types.ObjectId;
  readonly ours: Request;
  /** For the same thing, through another process. */
  readonly same: Request;
  /** Of the same student for something else, through another process. */
  readonly other: Request;
}

const collections = {
  students: StudentModel.collection,
  rewards: RewardModel.collection,
  submissions: SubmissionModel.collection,
  pomodoro_sessions: PomodoroSessionModel.collection,
};
type CollectionName = keyof typeof collections;

const updateOfStudents: Method = { target: collections.students, method: 'bulkWrite' };
const insertInto = (name: CollectionName): Method => ({ target: collections[name], method: 'insertMany' });
const commit: Method = { target: mongoose.mongo.ClientSession.prototype, method: 'commitTransaction' };

async function submission(): Promise<Meeting> {
  const { course, student, assignment } = await givenClass();
  const another = await givenAssignment(course);
  return {
    student,
    ours: () => submit(student, assignment),
    same: () => submit(student, assignment, { by: elsewhere }),
    other: () => submit(student, another, { by: elsewhere }),
  };
}

async function endOfSession(): Promise<Meeting> {
  const { student, assignment } = await givenClass();
  const session = await givenRunning(student);
  return {
    student,
    ours: () => end(student, session),
    same: () => end(student, session, { by: elsewhere }),
    other: () => submit(student, assignment, { by: elsewhere }),
  };
}

/** What is read for a grant. Ended sessions are read after the student, the rest side by side. */
type Read = 'students' | 'rewards' | 'pomodoro_sessions';

const grants: readonly {
  readonly grant: string;
  readonly meet: () => Promise<Meeting>;
  /** The other than student and reward. */
  readonly document: CollectionName;
  /** A commit may fall between any two reads: those that saw it, the others having been read before. */
  readonly late: readonly (readonly Read[])[];
}[] = [
  {
    grant: 'a submission',
    meet: submission,
    document: 'submissions',
    late: [[], ['students'], ['rewards'], ['students', 'rewards']],
  },
  {
    grant: 'the end of a session',
    meet: endOfSession,
    document: 'pomodoro_sessions',
    late: [
      [],
      ['rewards'],
      ['pomodoro_sessions'],
      ['rewards', 'pomodoro_sessions'],
      ['students', 'pomodoro_sessions'],
      ['students', 'rewards', 'pomodoro_sessions'],
    ],
  },
];

/** The orders, in words. */
const told = (orders: readonly (readonly Read[])[]) =>
  orders.map((late) => ({ late, seenBy: late.join(', ') || 'none' }));

/** Lets the rival commit when the early ones of all reads have got their answers and the late ones have not been sent. */
function commitBetweenReads(rival: Request, late: readonly Read[], all: readonly Read[]): void {
  const early = all.filter((read) => !late.includes(read));
  const committed = Promise.all(early.map((read) => answered(`find ${read}`))).then(rival);
  // Whoever holds up the students holds up the ended sessions.
  const held = late.filter((read) => !(read === 'pomodoro_sessions' && late.includes('students')));
  for (const read of held) stepInBefore({ target: collections[read], method: 'find' }, () => committed);
}

describe.each(grants)('$grant, and a rival grant', ({ meet, document, late: lateReads }) => {
  /** Tries both kinds of rival: the same is paid once, something else is paid as well. */
  async function tryRivals(meetAt: (rival: Request) => void): Promise<void> {
    const once = await meet();
    await expectPaidOnce(await outcomes(once.ours, once.same, meetAt));
    expect(await expectExactLedger(once.student)).toHaveLength(1);

    const both = await meet();
    const paid = { replayed: false };
    expect(await outcomes(both.ours, both.other, meetAt)).toMatchObject([paid, paid]);
    expect(await expectExactLedger(both.student)).toHaveLength(2);
  }

  test.each(told(lateReads))('of which these reads tell: $seenBy', async ({ late }) => {
    await tryRivals((rival) => commitBetweenReads(rival, late, lateReads.at(-1)!));
  });

  test('that is committed after the reads', async () => {
    await tryRivals((rival) => stepInBefore(updateOfStudents, rival));
  });

  test.each([
    { between: 'the student and its submission or session', step: insertInto(document) },
    { between: 'that and the reward', step: insertInto('rewards') },
    { between: 'the reward and the commit', step: commit },
  ])('that comes between $between, and is turned away', async ({ step }) => {
    await tryRivals((rival) =>
      stepInBefore(step, async () => {
        const turnedAway = failed('update students');
        void rival();
        await turnedAway;
      }),
    );
  });

  test('that comes after the commit and before its answer', async () => {
    await tryRivals((rival) => stepInAfter(commit, rival));
  });
});

describe('the end of a session that pays nothing, and a rival that ends it', () => {
  const { late: lateReads } = grants[1]!;

  test.each(told(lateReads))('of which these reads tell: $seenBy', async ({ late }) => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const at = later(noon, minute);
    const both = await outcomes(
      () => end(student, session, { at }),
      () => end(student, session, { at, by: elsewhere }),
      (rival) => commitBetweenReads(rival, late, lateReads.at(-1)!),
    );
    const stored = await storedStudent(student);
    const abandoned = { session: { _id: session, status: 'ABANDONED' }, reward: null, student: stored };
    expect(both).toMatchObject([abandoned, abandoned]);
    expect(stored.runningPomodoro).toBeNull();
    expect(await expectExactLedger(student)).toEqual([]);
  });
});

/** What becomes of a request and of the rival that meets it. */
async function outcomes(ours: Request, rival: Request, meetAt: (rival: Request) => void) {
  let theirs: ReturnType<Request> | undefined;
  meetAt(() => {
    theirs = rival();
    return theirs;
  });
  const outcome = await ours();
  if (!theirs) throw new Error('the rival never came');
  return [outcome, await theirs];
}
