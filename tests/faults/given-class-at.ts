import type { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { type Answer, clientOf, mutationOf } from '../support/client.js';
import { givenClass } from '../support/given.js';
import { JWT_SECRET } from './product-server.js';

/** Good for a server whose clock was moved by an hour as well. Milliseconds. */
const AHEAD_MS = 7_200_000;
const tokens = createTokens(JWT_SECRET, () => new Date(Date.now() + AHEAD_MS), { has: () => false });

export interface ClassAt {
  readonly studentId: Types.ObjectId;
  /** Sends the one assignment there is. @throws where no answer comes */
  handIn(): Promise<Answer>;
  /** What is committed. */
  rewards(): Promise<RewardRecord[]>;
}

/** A student with one assignment to hand in, at a server on the database of this test file. Needs useDatabase(). */
export async function givenClassAt(url: string): Promise<ClassAt> {
  const { student, assignment } = await givenClass();
  const identity = { accountId: student.toHexString(), role: 'STUDENT', signInId: student.toHexString() } as const;
  const client = clientOf(url, (await tokens.issueAccess(identity)).token);
  const input = { assignmentId: assignment._id.toHexString(), content: 'An essay.' };
  return {
    studentId: student,
    handIn: () => client.ask(mutationOf('submitAssignment', 'replayed reward { id grantedAt }'), { input }),
    rewards: () => RewardModel.find({ studentId: student }).lean<RewardRecord[]>(),
  };
}
