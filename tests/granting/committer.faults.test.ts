import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Committer, GroupAttempt } from '../../src/granting/committer.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { stepInBefore } from '../support/commands.js';
import { type FailCommand, useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenClass, givenStudent, submit } from '../support/given.js';
import { oneLane, settledTogether, together } from '../support/lanes.js';
import { expectPaid, rewarded } from '../support/replays.js';

const database = useDatabase();

let by: Committer;
let assignment: AssignmentRecord;
let students: Types.ObjectId[];

beforeEach(async () => {
  const given = await givenClass();
  by = oneLane();
  assignment = given.assignment;
  students = await Promise.all([1, 2, 3, 4].map(() => givenStudent({ courseIds: [given.course._id] })));
});

afterEach(() => {
  jest.restoreAllMocks();
});

const submitAll = () => students.map((student) => submit(student, assignment, { by }));

/** Expects that each student was paid once, by its own request. */
async function expectAllPaid(outcomes: Awaited<ReturnType<typeof submit>>[]): Promise<void> {
  for (const outcome of outcomes) {
    const { student, reward } = await expectPaid(outcome);
    expect(await expectExactLedger(student._id)).toEqual([reward]);
  }
}

const connectionClosed = { closeConnection: true };
const executed = (code: number) => ({ writeConcernError: { code, errmsg: 'planted by the test' } });

const faults: readonly (FailCommand & { readonly fault: string })[] = [
  {
    fault: 'the connection closes at the commit, 5 times',
    failCommands: ['commitTransaction'],
    mode: { times: 5 },
    ...connectionClosed,
  },
  {
    fault: 'the commit is executed but its reply is lost, 5 times',
    failCommands: ['commitTransaction'],
    mode: { times: 5 },
    ...executed(64),
  },
  {
    fault: 'the commit is executed but the reply asks the driver to retry the transaction',
    failCommands: ['commitTransaction'],
    errorLabels: ['TransientTransactionError'],
    ...executed(100),
  },
  {
    fault: 'the commit is executed but the reply says that it failed',
    failCommands: ['commitTransaction'],
    ...executed(100),
  },
  {
    fault: 'the connection closes at an insert, 3 times',
    failCommands: ['insert'],
    mode: { times: 3 },
    ...connectionClosed,
  },
];

describe('a group', () => {
  test.each(faults)('is paid once if $fault', async ({ fault: _, ...failure }) => {
    let failpoint: Awaited<ReturnType<typeof database.failCommand>> | undefined;
    const outcomes = await together(by, async () => {
      failpoint = await database.failCommand(failure);
      return submitAll();
    });
    expect(await failpoint!.off()).toBe(
      typeof failure.mode === 'object' && 'times' in failure.mode ? failure.mode.times : 1,
    );
    await expectAllPaid(outcomes);
  });

  test('stays together if the database fails: none of its requests is to blame', async () => {
    const attempts: GroupAttempt[] = [];
    by = oneLane({}, (attempt) => attempts.push(attempt));
    const outcomes = await together(by, async () => {
      await database.failCommand({ failCommands: ['aggregate'], mode: { times: 2 }, errorCode: 11_602 });
      return submitAll();
    });
    await expectAllPaid(outcomes);
    const [first, ...retries] = attempts.filter(({ size }) => size > 1);
    expect(first).toMatchObject({ size: 4, outcome: 'database unavailable' });
    expect(retries.at(-1)).toMatchObject({ size: 4, outcome: 'committed' });
  });

  test('is answered Unavailable if its commit does not finish before the deadline, and a repeat returns its reward', async () => {
    by = oneLane({ deadlineMs: 500 });
    const failpoint = await database.failCommand({
      failCommands: ['commitTransaction'],
      mode: 'alwaysOn',
      ...connectionClosed,
    });
    const outcomes = await settledTogether(by, submitAll);
    expect(outcomes).toEqual(students.map(() => ({ status: 'rejected', reason: expect.any(Unavailable) })));
    await failpoint.off();
    await by.idle();

    const repeats = await Promise.all(students.map((student) => submit(student, assignment)));
    for (const [position, student] of students.entries()) {
      expect(await expectExactLedger(student)).toEqual([rewarded(repeats[position]!).reward]);
    }
  });
});

describe('a single request', () => {
  test.each([
    { fault: 'the primary steps down', errorCode: 11_602 },
    { fault: 'the connection closes', ...connectionClosed },
  ])('is paid once if $fault during its read', async ({ fault: _, ...failure }) => {
    const failpoint = await database.failCommand({ failCommands: ['aggregate'], mode: { times: 6 }, ...failure });
    const outcome = await submit(students[0]!, assignment, { by });
    expect(await failpoint.off()).toBe(6);
    await expectAllPaid([outcome]);
  });

  test('is paid once if the driver finds no server and a bulk write wraps that error', async () => {
    const { MongoBulkWriteError, MongoServerSelectionError } = mongoose.mongo;
    stepInBefore('update students', async () => {
      const noServer = new MongoServerSelectionError('planted by the test', {} as never);
      throw new MongoBulkWriteError(noServer, {} as never);
    });
    await expectAllPaid([await submit(students[0]!, assignment, { by })]);
  });
});
