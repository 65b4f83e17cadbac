import type { Types } from 'mongoose';
import { AssignmentModel } from '../storage/models/assignment.js';
import { CourseModel } from '../storage/models/course.js';
import { type Drift, isObjectId } from './drift.js';
import { pathOfSession, pathOfSubmission, type StudentSnapshot } from './student-snapshot.js';

interface Reference {
  readonly studentId: string;
  readonly field: string;
  readonly id: Types.ObjectId;
}

type FindExisting = (ids: readonly Types.ObjectId[]) => Promise<readonly { readonly _id: Types.ObjectId }[]>;

/**
 * Returns a function that finds references to assignments and courses that do not exist. It looks them up after the
 * snapshot was read. This is safe because they are never deleted: one that is missing now was missing then.
 */
export function createReferenceChecker(): (snapshots: readonly StudentSnapshot[]) => Promise<Drift[]> {
  const assignments = createLookup((ids) => AssignmentModel.find({ _id: { $in: ids } }, { _id: 1 }).lean());
  const courses = createLookup((ids) => CourseModel.find({ _id: { $in: ids } }, { _id: 1 }).lean());
  return async (snapshots) => {
    const missing = await Promise.all([
      assignments(snapshots.flatMap((each) => assignmentsOf(each))),
      courses(snapshots.flatMap((each) => coursesOf(each))),
    ]);
    return missing.flat().map(({ studentId, field, id }) => ({ studentId, field, stored: id }));
  };
}

/** The lookup caches the ids that it has found. */
function createLookup(findExisting: FindExisting): (references: readonly Reference[]) => Promise<Reference[]> {
  const known = new Set<string>();
  return async (references) => {
    const unknown = references.filter(({ id }) => isObjectId(id) && !known.has(id.toHexString()));
    if (unknown.length === 0) return [];
    const ids = new Map(unknown.map(({ id }) => [id.toHexString(), id]));
    for (const { _id } of await findExisting([...ids.values()])) known.add(_id.toHexString());
    return unknown.filter(({ id }) => !known.has(id.toHexString()));
  };
}

function assignmentsOf({ student, submissions, sessions }: StudentSnapshot): Reference[] {
  const studentId = student._id.toHexString();
  const running = student.runningPomodoro?.assignmentId;
  return [
    ...(running ? [{ studentId, field: 'runningPomodoro.assignmentId', id: running }] : []),
    ...submissions.map((each) => ({
      studentId,
      field: `${pathOfSubmission(each)}.assignmentId`,
      id: each.assignmentId,
    })),
    ...sessions.flatMap((each) =>
      each.assignmentId ? [{ studentId, field: `${pathOfSession(each)}.assignmentId`, id: each.assignmentId }] : [],
    ),
  ];
}

function coursesOf({ student: { _id, courseIds } }: StudentSnapshot): Reference[] {
  const studentId = _id.toHexString();
  return Array.isArray(courseIds)
    ? courseIds.map((id, index) => ({ studentId, field: `courseIds[${index}]`, id }))
    : [];
}
