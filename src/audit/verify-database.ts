import { collections } from '../storage/collections.js';
import { AccountModel } from '../storage/models/account.js';
import { StudentModel } from '../storage/models/student.js';
import type { Drift } from './drift.js';
import { driftsOf } from './drifts-of.js';
import { findInvalidStudentIds, findStrayActs, type Orphan, readAllSnapshots } from './read-snapshots.js';
import { createReferenceChecker } from './references.js';
import { driftsOfSchool } from './school.js';
import type { StudentSnapshot } from './student-snapshot.js';

/** How many students, ledger rows and drifts the verification counted. */
export interface VerificationSummary {
  students: number;
  rewards: number;
  drifts: number;
}

/**
 * Verifies every student, account, sign-in, course and assignment. Also finds documents without an owner and missing
 * unique indexes. Reads only.
 * @param onDrift called for each drift
 * @param onProgress called after each batch with the number of ledger rows verified so far
 */
export async function verifyDatabase(
  onDrift: (drift: Drift) => void,
  onProgress: (rewards: number) => void = () => {},
): Promise<VerificationSummary> {
  const verified: VerificationSummary = { students: 0, rewards: 0, drifts: 0 };
  const note = (drifts: readonly Drift[]) => {
    verified.drifts += drifts.length;
    drifts.forEach(onDrift);
  };
  note(await missingIndexes());
  note((await findInvalidStudentIds()).map(driftOfOrphan));
  note(await findStrayActs());
  note(await accountsWithoutStudent());
  for await (const drifts of driftsOfSchool()) note(drifts);
  const checkReferences = createReferenceChecker();
  const batches = readAllSnapshots();
  let reading = batches.next();
  for (;;) {
    const batch = await reading;
    if (batch.done) return verified;
    // The database reads the next batch while this one is being verified.
    reading = batches.next();
    reading.catch(() => {});
    const { snapshots, orphans, drifts } = batch.value;
    for (const each of snapshots) note(driftsOf(each));
    note(await checkReferences(snapshots));
    note(orphans.map(driftOfOrphan));
    note(drifts);
    verified.students += snapshots.length;
    verified.rewards += snapshots.reduce((rows, { rewards }) => rows + rewards.length, 0);
    onProgress(verified.rewards);
  }
}

/** Verifies one student. It skips the checks of the whole database. */
export async function verifyStudent(
  snapshot: StudentSnapshot,
  onDrift: (drift: Drift) => void,
): Promise<VerificationSummary> {
  const drifts = [...driftsOf(snapshot), ...(await createReferenceChecker()([snapshot]))];
  drifts.forEach(onDrift);
  return { students: 1, rewards: snapshot.rewards.length, drifts: drifts.length };
}

const driftOfOrphan = ({ collection, _id, studentId }: Orphan): Drift => ({
  studentId: String(studentId),
  field: `${collection}[${_id}].studentId`,
  stored: studentId,
});

/** Without its unique indexes, the ledger could accept a second payment for the same subject or key. */
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
 * The student is written before its account, so each visible account must have a student. A student without an account
 * is no drift if it has done nothing: a crash between the two writes leaves one that nobody can sign in to.
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
