import { DatabaseError } from './connect.js';
import { commandProblem } from './connection-problems.js';
import { AccountModel } from './models/account.js';
import { AssignmentModel } from './models/assignment.js';
import { CourseModel } from './models/course.js';
import { FormerTextModel } from './models/former-text.js';
import { ManualActModel } from './models/manual-act.js';
import { PomodoroSessionModel } from './models/pomodoro-session.js';
import { RewardModel } from './models/reward.js';
import { SignInModel } from './models/sign-in.js';
import { StudentModel } from './models/student.js';
import { SubmissionModel } from './models/submission.js';
import { moveFormerTexts } from './move-former-texts.js';

/** Creating a collection takes milliseconds, but it waits while the database accepts no writes. Milliseconds. */
const CREATE_TIMEOUT_MS = 15_000;

/** All collections of the product. */
export const collections = [
  AccountModel,
  SignInModel,
  StudentModel,
  CourseModel,
  AssignmentModel,
  SubmissionModel,
  FormerTextModel,
  PomodoroSessionModel,
  RewardModel,
  ManualActModel,
];

/** Indexes of older versions, by collection. They are dropped once the indexes of their collection exist. */
const replacedIndexes: Readonly<Record<string, readonly string[]>> = {
  // A student may hand in again after a submission was discarded, so the assignment alone is no longer unique.
  submissions: ['studentId_1_assignmentId_1'],
  // Extensions are found by their acts: an index of students makes each grant dearer.
  students: ['extensions.assignmentId_1__id_1'],
};

/**
 * Creates the collections and their indexes, checks that the database has exactly the declared indexes, and migrates
 * documents that an older version stored. It drops only indexes of older versions that were replaced.
 *
 * Call it before the first request is served. Without its unique indexes the ledger can pay twice, and a transaction
 * cannot always create a collection.
 * @throws DatabaseError naming the collection and what is wrong with its indexes
 */
export async function prepareCollections(): Promise<void> {
  const prepared = await Promise.allSettled(collections.map(prepareCollection));
  for (const outcome of prepared) if (outcome.status === 'rejected') throw outcome.reason;
  await moveFormerTexts();
}

async function prepareCollection(model: (typeof collections)[number]): Promise<void> {
  const { name } = model.collection;
  const { toDrop } = await explainFailure(`Cannot create the collection ${name}`, async () => {
    await model.createCollection({ maxTimeMS: CREATE_TIMEOUT_MS });
    return model.diffIndexes();
  });
  const replaced = toDrop.filter((index) => replacedIndexes[name]?.includes(index));
  const unknown = toDrop.filter((index) => !replaced.includes(index));
  if (unknown.length > 0) {
    throw new DatabaseError(
      `The collection ${name} has indexes that are not declared, or are declared differently: ${unknown.join(', ')}. ` +
        'Find out what created them, drop them by hand, and start again.',
    );
  }
  await explainFailure(`Cannot create the indexes of the collection ${name}`, () => model.createIndexes());
  for (const index of replaced) {
    await explainFailure(`Cannot drop the index ${index} of the collection ${name}`, () => dropIndex(model, index));
  }
}

/** Drops an index, unless another process has dropped it meanwhile. */
async function dropIndex(model: (typeof collections)[number], index: string): Promise<void> {
  await model.collection.dropIndex(index).catch((error: { codeName?: string }) => {
    if (error.codeName !== 'IndexNotFound') throw error;
  });
}

async function explainFailure<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(`${what}: ${commandProblem(error)}`, { cause: error });
  }
}
