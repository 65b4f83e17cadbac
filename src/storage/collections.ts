import { DatabaseError } from './connect.js';
import { commandProblem } from './connection-problems.js';
import { AccountModel } from './models/account.js';
import { AssignmentModel } from './models/assignment.js';
import { CourseModel } from './models/course.js';
import { FormerTextModel } from './models/former-text.js';
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
];

/**
 * Creates the collections and their indexes, checks that the database has exactly the declared indexes, and migrates
 * documents that an older version stored. Never drops or changes an existing index.
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
  if (toDrop.length > 0) {
    throw new DatabaseError(
      `The collection ${name} has indexes that are not declared, or are declared differently: ${toDrop.join(', ')}. ` +
        'Find out what created them, drop them by hand, and start again.',
    );
  }
  await explainFailure(`Cannot create the indexes of the collection ${name}`, () => model.createIndexes());
}

async function explainFailure<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(`${what}: ${commandProblem(error)}`, { cause: error });
  }
}
