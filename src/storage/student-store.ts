import type { ClientSession } from 'mongoose';
import { StudentModel, type StudentRecord } from './models/student.js';

/** A student before and after the writes of one group of requests, which raise its revision. */
export interface StudentChange {
  readonly before: StudentRecord;
  readonly after: StudentRecord;
}

/** Somebody else wrote to a student after it was read: nothing of the transaction may stand. */
export class StaleRevision extends Error {
  constructor() {
    super('a student was written to by somebody else meanwhile');
  }
}

/**
 * Writes all changes in one command, each only where the student still has the revision that was read.
 * @throws StaleRevision where one has not
 */
export async function applyStudentChanges(changes: readonly StudentChange[], session: ClientSession): Promise<void> {
  const updates = changes.map(({ before, after }) => ({
    updateOne: {
      filter: { _id: before._id, revision: before.revision },
      update: { $set: changedFields(before, after) },
    },
  }));
  const { matchedCount } = await StudentModel.collection.bulkWrite(updates, { session });
  if (matchedCount !== changes.length) throw new StaleRevision();
}

function changedFields(before: StudentRecord, after: StudentRecord): Partial<StudentRecord> {
  const fields = Object.keys(after) as (keyof StudentRecord)[];
  return Object.fromEntries(
    fields.filter((field) => after[field] !== before[field]).map((field) => [field, after[field]]),
  );
}
