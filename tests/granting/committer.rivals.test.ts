import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Refused } from '../../src/granting/refusal.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { later, minute, noon } from '../rewards/given.js';
import {
  failed,
  type Method,
  type ReadKind,
  stepInAfter,
  stepInBefore,
  stepInWithinReads,
} from '../support/commands.js';
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

const grants: readonly {
  readonly grant: string;
  readonly meet: () => Promise<Meeting>;
  /** The other than student and reward. */
  readonly document: CollectionName;
}[] = [
  {
    grant: 'a submission',
    meet: submission,
    document: 'submissions',
  },
  {
    grant: 'the end of a session',
    meet: endOfSession,
    document: 'pomodoro_sessions',
  },
];

/** A commit may fall between any two reads: those that missed it. */
const readsBefore: readonly { readonly missedBy: string; readonly kinds: readonly ReadKind[] }[] = [
  { missedBy: 'none', kinds: [] },
  { missedBy: 'the student', kinds: ['student'] },
  { missedBy: 'the student and the sessions', kinds: ['student', 'session'] },
  { missedBy: 'the student, the sessions and the rewards', kinds: ['student', 'session', 'reward'] },
];

describe.each(grants)('$grant, and a rival grant', ({ meet, document }) => {
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

  test.each(readsBefore)('that is committed in the middle of the reads, missed by $missedBy', async ({ kinds }) => {
    await tryRivals((rival) => stepInWithinReads(kinds, rival));
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
  test.each(readsBefore)('in the middle of the reads, missed by $missedBy', async ({ kinds }) => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const at = later(noon, minute);
    const both = await outcomes(
      () => end(student, session, { at }),
      () => end(student, session, { at, by: elsewhere }),
      (rival) => stepInWithinReads(kinds, rival),
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
