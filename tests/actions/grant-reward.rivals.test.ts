import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Refused } from '../../src/actions/refusal.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { answered, failed, type Method, stepInAfter, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { elsewhere, end, givenAssignment, givenClass, givenRunning, submit } from '../support/given.js';
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

const subsets = <Item>([first, ...others]: readonly Item[]): Item[][] => {
  if (first === undefined) return [[]];
  return subsets(others).flatMap((subset) => [subset, [first, ...subset]]);
};

describe.each([
  { grant: 'a submission', meet: submission, reads: ['students', 'rewards'], subject: 'submissions' },
  {
    grant: 'the end of a session',
    meet: endOfSession,
    reads: ['students', 'rewards', 'pomodoro_sessions'],
    subject: 'pomodoro_sessions',
  },
] as const)('$grant, and a rival grant', ({ meet, reads, subject }) => {
  /** Tries both kinds of rival: the same is paid once, something else is paid as well. */
  async function tryRivals(meetAt: (rival: Request) => void): Promise<void> {
    const once = await meet();
    const same = await outcomes(once.ours, once.same, meetAt);
    await expectPaidOnce(same);
    expect(await expectExactLedger(once.student)).toHaveLength(1);

    const both = await meet();
    const others = await outcomes(both.ours, both.other, meetAt);
    for (const outcome of others) expect(outcome).toMatchObject({ replayed: false });
    expect(await expectExactLedger(both.student)).toHaveLength(2);
  }

  /** The reads go side by side, so a commit may fall between any of them. */
  const orders = subsets<CollectionName>(reads)
    // Ended sessions are read after the student, and are not to be held up twice.
    .filter((late) => !(late.includes('students') && late.includes('pomodoro_sessions')))
    .map((late) => ({ late, early: reads.filter((read) => !late.includes(read)) }));

  test.each(orders)('that is committed after $early and before $late are read', async ({ late, early }) => {
    const independent = late.includes('students') ? early.filter((read) => read !== 'pomodoro_sessions') : early;
    await tryRivals((rival) => {
      const committed = Promise.all(independent.map((read) => answered(`find ${read}`))).then(rival);
      for (const read of late) stepInBefore({ target: collections[read], method: 'find' }, () => committed);
    });
  });

  test('that is committed after the reads', async () => {
    await tryRivals((rival) => stepInBefore(updateOfStudents, rival));
  });

  test.each([
    { between: 'the student and its submission or session', step: insertInto(subject) },
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
