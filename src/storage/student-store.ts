import type { ClientSession, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { updateAll } from './grant-commands.js';
import { ManualActModel } from './models/manual-act.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import {
  filterAfter,
  type Page,
  type PageRequest,
  type Parent,
  SINGLE_BATCH,
  type SortOrder,
  toPage,
} from './pages.js';
import { READ_TIMEOUT_MS } from './read-timeout.js';

export async function loadStudent(id: Types.ObjectId): Promise<StudentRecord | null> {
  return StudentModel.findById(id).lean<StudentRecord>();
}

/** Returns the courses of each of these students that exists. */
export async function loadCoursesOfStudents(
  ids: readonly Types.ObjectId[],
): Promise<Pick<StudentRecord, '_id' | 'courseIds'>[]> {
  return StudentModel.find({ _id: { $in: ids } }, { courseIds: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<Pick<StudentRecord, '_id' | 'courseIds'>[]>();
}

/** Returns the ids of the students of a course, at most `limit`, in order. */
export async function findStudentIdsOfCourse(courseId: Types.ObjectId, limit: number): Promise<Types.ObjectId[]> {
  const students = await StudentModel.find({ courseIds: courseId }, { _id: 1 })
    .sort({ _id: 1 })
    .limit(limit)
    .lean<{ _id: Types.ObjectId }[]>();
  return students.map(({ _id }) => _id);
}

export const extendedStudentsOrder: SortOrder = [['_id', 1]];

/**
 * Returns, for each assignment, a page of the students who have an extension for it, in one command. It finds them by
 * the acts that gave the extensions: see StudentRecord.
 */
export async function loadExtendedStudents(
  assignments: readonly Parent[],
  { first, after }: PageRequest,
): Promise<Page<StudentRecord>[]> {
  const hasExtension = { $expr: { $in: ['$$assignmentId', { $ifNull: ['$extensions.assignmentId', []] }] } };
  const found = await ManualActModel.collection
    .aggregate<{ _id: Types.ObjectId; row: StudentRecord }>(
      [
        { $match: { assignmentId: { $in: assignments.map(({ parentId }) => parentId) } } },
        { $unwind: '$studentIds' },
        { $group: { _id: '$assignmentId', studentIds: { $addToSet: '$studentIds' } } },
        {
          $lookup: {
            from: StudentModel.collection.name,
            localField: 'studentIds',
            foreignField: '_id',
            let: { assignmentId: '$_id' },
            pipeline: [
              { $match: { $and: [hasExtension, after ? filterAfter({}, extendedStudentsOrder, after) : {}] } },
              { $sort: Object.fromEntries(extendedStudentsOrder) },
              { $limit: first + 1 },
            ],
            as: 'row',
          },
        },
        // As in loadPages: the rows of a page might not fit into one document.
        { $unwind: '$row' },
        { $project: { row: 1 } },
      ],
      { batchSize: SINGLE_BATCH, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const foundFor = groupBy(found, ({ _id }) => `${_id}`);
  const rowsFor = ({ parentId }: Parent) => (foundFor.get(`${parentId}`) ?? []).map(({ row }) => row);
  return assignments.map((assignment) => toPage(rowsFor(assignment), first));
}

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
    q: { _id: before._id, revision: before.revision },
    u: { $set: changedFields(before, after) },
  }));
  if ((await updateAll(StudentModel, updates, session)) !== changes.length) throw new StaleRevision();
}

function changedFields(before: StudentRecord, after: StudentRecord): Partial<StudentRecord> {
  const changed: Record<string, unknown> = {};
  for (const field of Object.keys(after) as (keyof StudentRecord)[]) {
    if (after[field] !== before[field]) changed[field] = after[field];
  }
  return changed;
}
