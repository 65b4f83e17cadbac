/** Forces requests into one group. Needs useDatabase(), and jest.restoreAllMocks() after each test. */
import { Types } from 'mongoose';
import {
  type Committer,
  type CommitterLimits,
  committerLimits,
  createCommitter,
  type GroupAttempt,
} from '../../src/granting/committer.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { noon } from '../rewards/given.js';
import { replaceCommand } from './commands.js';
import { requestOf } from './given.js';

/** A committer that runs one transaction at a time. Requests that arrive meanwhile wait, and then run as one group. */
export function oneLane(limits: Partial<CommitterLimits> = {}, onAttempt?: (attempt: GroupAttempt) => void): Committer {
  return createCommitter({ ...committerLimits, maxLanes: 1, ...limits }, onAttempt);
}

/** Keeps one lane of a committer busy until `release` is called. Sends no command to the database. */
export async function holdLane(by: Committer): Promise<{ release(): Promise<void> }> {
  const holder = newStudentDocument({
    _id: new Types.ObjectId(),
    displayName: 'Holder',
    timeZone: 'UTC',
    createdAt: noon,
  });
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let held: Promise<void> | undefined;
  await new Promise<void>((isHeld) => {
    replaceCommand('aggregate students', async () => {
      isHeld();
      await gate;
      return { cursor: { id: 0, firstBatch: [{ student: holder }] } };
    });
    held = by.submit<void>(touch(holder._id));
  });
  return {
    async release() {
      open();
      await held;
    },
  };
}

/** A request that reads its student and writes nothing. */
export function touch(studentId = new Types.ObjectId()) {
  return { studentId, facts: requestOf(studentId), lookups: {}, decide: () => ({ answer: () => {} }) };
}

type Sent<Outcome> = readonly Promise<Outcome>[];

/** Sends requests as one group, and returns their outcomes in order. @throws the reason of the first that fails */
export async function together<Outcome>(
  by: Committer,
  send: () => Sent<Outcome> | Promise<Sent<Outcome>>,
): Promise<Outcome[]> {
  const outcomes = await settledTogether(by, send);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Sends requests as one group, and returns their settled results in order. */
export async function settledTogether<Outcome>(
  by: Committer,
  send: () => Sent<Outcome> | Promise<Sent<Outcome>>,
): Promise<PromiseSettledResult<Outcome>[]> {
  const lane = await holdLane(by);
  const outcomes = Promise.allSettled(await send());
  await lane.release();
  return outcomes;
}
