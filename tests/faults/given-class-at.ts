import type { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { type Answer, clientOf, mutationOf } from '../support/client.js';
import { givenClass } from '../support/given.js';
import { JWT_SECRET } from './product-server.js';

/** Tokens are issued this far ahead, so that they are valid on a server whose clock is moved by an hour. */
const TOKEN_CLOCK_AHEAD_MS = 7_200_000;
const tokens = createTokens(JWT_SECRET, () => new Date(Date.now() + TOKEN_CLOCK_AHEAD_MS), { has: () => false });

export interface ClassAt {
  readonly studentId: Types.ObjectId;
  /** Submits the one assignment. @throws if no response arrives */
  handIn(): Promise<Answer>;
  /** Reads the committed rewards of the student. */
  rewards(): Promise<RewardRecord[]>;
}

/** Creates a student with one assignment to submit, at a server on this test file's database. Needs useDatabase(). */
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
