/** Groups of requests on purpose. Needs useDatabase(), and jest.restoreAllMocks() after each test. */
import { jest } from '@jest/globals';
import { Types } from 'mongoose';
import {
  type Committer,
  type CommitterLimits,
  committerLimits,
  createCommitter,
} from '../../src/granting/committer.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { noon } from '../rewards/given.js';
import { requestOf } from './given.js';

/** A committer with one transaction at once: what comes while somebody holds it waits, and then goes as one group. */
export function oneLane(limits: Partial<CommitterLimits> = {}): Committer {
  return createCommitter({ ...committerLimits, maxLanes: 1, ...limits });
}

/** Keeps the next lane of a committer busy, without a command to the database, until it is let go. */
export async function holdLane(by: Committer): Promise<{ letGo(): Promise<void> }> {
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
    const toArray = async () => {
      isHeld();
      await gate;
      return [{ student: holder }];
    };
    jest.spyOn(StudentModel.collection, 'aggregate').mockImplementationOnce(() => ({ toArray }) as never);
    held = by.submit<void>(touch(holder._id));
  });
  return {
    async letGo() {
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

/** What requests that share a group are answered, in their order; none of them may fail. */
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

/** What becomes of requests that share a group, in their order. */
export async function settledTogether<Outcome>(
  by: Committer,
  send: () => Sent<Outcome> | Promise<Sent<Outcome>>,
): Promise<PromiseSettledResult<Outcome>[]> {
  const lane = await holdLane(by);
  const outcomes = Promise.allSettled(await send());
  await lane.letGo();
  return outcomes;
}
