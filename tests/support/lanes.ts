/** Groups of requests on purpose. Needs useDatabase(), and jest.restoreAllMocks() after each test. */
import { Types } from 'mongoose';
import {
  type Committer,
  type CommitterLimits,
  committerLimits,
  createCommitter,
} from '../../src/actions/grant-reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { stepInBefore } from './commands.js';
import { givenStudent, requestOf } from './given.js';

/** A committer with one transaction at once: what comes while somebody holds it waits, and then goes as one group. */
export function oneLane(limits: Partial<CommitterLimits> = {}): Committer {
  return createCommitter({ ...committerLimits, lanes: 1, ...limits });
}

/** Keeps the next lane of a committer busy, with a student of its own, until it is let go. */
export async function holdLane(by: Committer): Promise<{ letGo(): Promise<void> }> {
  const studentId = await givenStudent();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let holder: Promise<void> | undefined;
  await new Promise<void>((isHeld) => {
    stepInBefore({ target: StudentModel.collection, method: 'find' }, async () => {
      isHeld();
      await gate;
    });
    holder = by.submit<void>(touch(studentId));
  });
  return {
    async letGo() {
      open();
      await holder;
    },
  };
}

/** A request that reads its student and writes nothing. */
export function touch(studentId = new Types.ObjectId()) {
  return { studentId, facts: requestOf(studentId), needs: {}, decide: () => ({ answer: () => {} }) };
}

/** What requests that share a group are answered, in their order; none of them may fail. */
export async function together<Outcome>(by: Committer, send: () => readonly Promise<Outcome>[]): Promise<Outcome[]> {
  const outcomes = await settledTogether(by, send);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** What becomes of requests that share a group, in their order. */
export async function settledTogether<Outcome>(
  by: Committer,
  send: () => readonly Promise<Outcome>[],
): Promise<PromiseSettledResult<Outcome>[]> {
  const lane = await holdLane(by);
  const outcomes = Promise.allSettled(send());
  await lane.letGo();
  return outcomes;
}
