import type { ClientSession } from 'mongoose';
import { StudentModel, type StudentRecord } from './models/student.js';

/** A student before and after the writes of one group of requests. The writes increment its revision. */
export interface StudentChange {
  readonly before: StudentRecord;
  readonly after: StudentRecord;
}

/** A student was changed after it was read. The transaction must be aborted. */
export class StaleRevision extends Error {
  constructor() {
    super('a student was changed after it was read');
  }
}

/**
 * Writes all changes in one command. Each update applies only if the student still has the revision that was read.
 * @throws StaleRevision if at least one student has another revision
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
