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

/** To make a collection takes milliseconds; where nothing can be written the command would wait for ever. Milliseconds. */
const MADE_WITHIN_MS = 15_000;

/** Every collection of the product. */
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
 * Creates the collections and their indexes and makes sure that the database has exactly the declared ones,
 * and that the documents of an older version are stored as this one reads them.
 * Must have returned before the first request is served: without its unique indexes the ledger can pay twice,
 * and a collection cannot be made inside every transaction.
 * @throws DatabaseError naming the collection and what is wrong with its indexes; nobody's index is dropped or changed
 */
export async function prepareCollections(): Promise<void> {
  const prepared = await Promise.allSettled(collections.map(prepareCollection));
  for (const outcome of prepared) if (outcome.status === 'rejected') throw outcome.reason;
  await moveFormerTexts();
}

async function prepareCollection(model: (typeof collections)[number]): Promise<void> {
  const { name } = model.collection;
  const { toDrop } = await orExplain(`The collection ${name} cannot be made`, async () => {
    await model.createCollection({ maxTimeMS: MADE_WITHIN_MS });
    return model.diffIndexes();
  });
  if (toDrop.length > 0) {
    throw new DatabaseError(
      `The collection ${name} has indexes that are not declared, or not like this: ${toDrop.join(', ')}. ` +
        'Find out what made them, drop them by hand and start again.',
    );
  }
  await orExplain(`The indexes of the collection ${name} cannot be made`, () => model.createIndexes());
}

async function orExplain<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(`${what}: ${commandProblem(error)}`, { cause: error });
  }
}
