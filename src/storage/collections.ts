import { AccountModel } from './models/account.js';
import { AssignmentModel } from './models/assignment.js';
import { CourseModel } from './models/course.js';
import { PomodoroSessionModel } from './models/pomodoro-session.js';
import { RewardModel } from './models/reward.js';
import { SignInModel } from './models/sign-in.js';
import { StudentModel } from './models/student.js';
import { SubmissionModel } from './models/submission.js';

/** Every collection of the product. */
export const collections = [
  AccountModel,
  SignInModel,
  StudentModel,
  CourseModel,
  AssignmentModel,
  SubmissionModel,
  PomodoroSessionModel,
  RewardModel,
];

/**
 * Creates the collections and their indexes and makes sure that the database has exactly the declared ones.
 * Must have returned before the first request is served: without its unique indexes the ledger can pay twice,
 * and a collection cannot be made inside every transaction.
 * @throws Error naming the collection and the index that differ
 */
export async function prepareCollections(): Promise<void> {
  await Promise.all(
    collections.map(async (model) => {
      await model.createCollection();
      await model.createIndexes();
      const { toDrop, toCreate } = await model.diffIndexes();
      if (toDrop.length === 0 && toCreate.length === 0) return;
      throw new Error(
        `The indexes of the collection ${model.collection.name} differ from the declared ones. ` +
          `Undeclared: ${JSON.stringify(toDrop)}. Missing: ${JSON.stringify(toCreate)}. ` +
          'Drop the undeclared ones by hand after checking what made them, then start again.',
      );
    }),
  );
}
