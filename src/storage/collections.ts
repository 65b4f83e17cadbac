import { DatabaseError } from './connect.js';
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
  await model.createCollection();
  const { toDrop } = await model.diffIndexes();
  if (toDrop.length > 0) {
    throw new DatabaseError(
      `The collection ${name} has indexes that are not declared, or not like this: ${toDrop.join(', ')}. ` +
        'Find out what made them, drop them by hand and start again.',
    );
  }
  try {
    await model.createIndexes();
  } catch (error) {
    const { message } = error as Error;
    throw new DatabaseError(`The indexes of the collection ${name} cannot be made: ${message}`, { cause: error });
  }
}
