import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Refused } from '../../src/granting/refusal.js';
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

/** A request and two competing requests of the same student, which another process sends. */
interface Competition {
  readonly student: Types.ObjectId;
  readonly ours: Request;
  /** For the same subject. */
  readonly same: Request;
  /** For another subject. */
  readonly other: Request;
}

const commit: Method = { target: mongoose.mongo.ClientSession.prototype, method: 'commitTransaction' };

async function prepareSubmission(): Promise<Competition> {
  const { course, student, assignment } = await givenClass();
  const another = await givenAssignment(course);
  return {
    student,
    ours: () => submit(student, assignment),
    same: () => submit(student, assignment, { by: elsewhere }),
    other: () => submit(student, another, { by: elsewhere }),
  };
}

async function prepareEnd(): Promise<Competition> {
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
  readonly prepare: () => Promise<Competition>;
  /** The collection that the grant writes besides students and rewards. */
  readonly document: 'submissions' | 'pomodoro_sessions';
}[] = [
  {
    grant: 'a submission',
    prepare: prepareSubmission,
    document: 'submissions',
  },
  {
    grant: 'the end of a session',
    prepare: prepareEnd,
    document: 'pomodoro_sessions',
  },
];

/** A commit may happen between any two reads. The reads before it miss it. */
const readsBefore: readonly { readonly missedBy: string; readonly kinds: readonly ReadKind[] }[] = [
  { missedBy: 'none', kinds: [] },
  { missedBy: 'the student', kinds: ['student'] },
  { missedBy: 'the student and the sessions', kinds: ['student', 'session'] },
  { missedBy: 'the student, the sessions and the rewards', kinds: ['student', 'session', 'reward'] },
];

describe.each(grants)('$grant, given a competing grant', ({ prepare, document }) => {
  /** Tries both kinds of competitor: the same subject is paid once, another subject is paid too. */
  async function tryRivals(injectAt: (rival: Request) => void): Promise<void> {
    const once = await prepare();
    await expectPaidOnce(await outcomes(once.ours, once.same, injectAt));
    expect(await expectExactLedger(once.student)).toHaveLength(1);

    const both = await prepare();
    const paid = { replayed: false };
    expect(await outcomes(both.ours, both.other, injectAt)).toMatchObject([paid, paid]);
    expect(await expectExactLedger(both.student)).toHaveLength(2);
  }

  test.each(readsBefore)('committed between the reads, missed by $missedBy', async ({ kinds }) => {
    await tryRivals((rival) => stepInWithinReads(kinds, rival));
  });

  test('committed after the reads', async () => {
    await tryRivals((rival) => stepInBefore('update students', rival));
  });

  test.each([
    { between: 'the student and its submission or session', step: `insert ${document}` },
    { between: 'the submission or session and the reward', step: 'insert rewards' },
    { between: 'the reward and the commit', step: commit },
  ])('sent between $between, which conflicts', async ({ step }) => {
    await tryRivals((rival) =>
      stepInBefore(step, async () => {
        const conflicted = failed('update students');
        void rival();
        await conflicted;
      }),
    );
  });

  test('committed after the commit and before its reply', async () => {
    await tryRivals((rival) => stepInAfter(commit, rival));
  });
});

describe('the end of a session without a reward, given a competing end', () => {
  test.each(readsBefore)('committed between the reads, missed by $missedBy', async ({ kinds }) => {
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

/** @returns the outcomes of a request and of the competing one, which `injectAt` sends during it */
async function outcomes(ours: Request, rival: Request, injectAt: (rival: Request) => void) {
  let theirs: ReturnType<Request> | undefined;
  injectAt(() => {
    theirs = rival();
    return theirs;
  });
  const outcome = await ours();
  if (!theirs) throw new Error('the competing request was never sent');
  return [outcome, await theirs];
}
