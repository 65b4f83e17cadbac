import { collections } from '../storage/collections.js';
import { AccountModel } from '../storage/models/account.js';
import { StudentModel } from '../storage/models/student.js';
import type { Books } from './books.js';
import type { Drift } from './drift.js';
import { driftsOf } from './drifts-of.js';
import { findStrays, type Orphan, readAllBooks } from './read-books.js';
import { createReferences } from './references.js';

/** What was looked at, and how much of it is not as it must be. */
export interface Verified {
  students: number;
  rewards: number;
  drifts: number;
}

/**
 * Verifies every student, and that nothing is left over: no document of nobody's, no account of a student that does not
 * exist, no unique index missing. Reads only.
 * @param found is told each drift
 * @param progress is told after each batch how many ledger rows have been looked at
 */
export async function verifyDatabase(
  found: (drift: Drift) => void,
  progress: (rewards: number) => void = () => {},
): Promise<Verified> {
  const verified: Verified = { students: 0, rewards: 0, drifts: 0 };
  const note = (drifts: readonly Drift[]) => {
    verified.drifts += drifts.length;
    drifts.forEach(found);
  };
  note(await missingIndexes());
  note((await findStrays()).map(driftOfOrphan));
  note(await accountsWithoutStudent());
  const dangling = createReferences();
  const batches = readAllBooks();
  let reading = batches.next();
  for (;;) {
    const batch = await reading;
    if (batch.done) return verified;
    // The database reads the next batch while this one is derived.
    reading = batches.next();
    reading.catch(() => {});
    const { books, orphans } = batch.value;
    for (const each of books) note(driftsOf(each));
    note(await dangling(books));
    note(orphans.map(driftOfOrphan));
    verified.students += books.length;
    verified.rewards += books.reduce((rows, { rewards }) => rows + rewards.length, 0);
    progress(verified.rewards);
  }
}

/** The same for one student: nothing is said of the database as a whole. */
export async function verifyStudent(books: Books, found: (drift: Drift) => void): Promise<Verified> {
  const drifts = [...driftsOf(books), ...(await createReferences()([books]))];
  drifts.forEach(found);
  return { students: 1, rewards: books.rewards.length, drifts: drifts.length };
}

const driftOfOrphan = ({ collection, _id, studentId }: Orphan): Drift => ({
  studentId: String(studentId),
  field: `${collection}[${_id}].studentId`,
  stored: studentId,
});

/** Without them the next grant may pay twice. */
async function missingIndexes(): Promise<Drift[]> {
  const missing = await Promise.all(
    collections.map(async (model) => {
      const { toCreate } = await model.diffIndexes({ indexOptionsToCreate: true });
      return (toCreate as unknown as [object, { unique?: boolean }][])
        .filter(([, options]) => options.unique)
        .map(([keys, { unique, ...options }]) => ({
          studentId: null,
          field: `${model.collection.name} has a unique index`,
          derived: { keys, ...options },
        }));
    }),
  );
  return missing.flat();
}

/**
 * The student is written before its account, so that every account that is seen has one. The contrary is no drift: a
 * crash between the two leaves a student that nobody can reach.
 */
async function accountsWithoutStudent(): Promise<Drift[]> {
  const accounts = await AccountModel.aggregate<{ readonly _id: unknown }>([
    { $match: { role: 'STUDENT' } },
    { $project: { _id: 1 } },
    { $lookup: { from: StudentModel.collection.name, localField: '_id', foreignField: '_id', as: 'students' } },
    { $match: { students: [] } },
  ]);
  return accounts.map(({ _id }) => ({ studentId: String(_id), field: `accounts[${_id}]._id`, stored: _id }));
}
