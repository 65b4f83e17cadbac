import { Types } from 'mongoose';
import { isTaken } from './duplicate-key.js';
import { AssignmentModel, type AssignmentRecord, type AssignmentTerms } from './models/assignment.js';
import { CourseModel, type CourseRecord } from './models/course.js';
import { filterAfter, type Page, type PageRequest, SINGLE_BATCH, type SortOrder, toPage } from './pages.js';

export async function loadAssignment(id: Types.ObjectId): Promise<AssignmentRecord | null> {
  return AssignmentModel.findById(id).lean<AssignmentRecord>();
}

export async function loadTermsOfAssignment(id: Types.ObjectId): Promise<AssignmentTerms | null> {
  return AssignmentModel.findById(id, { courseId: 1, dueDate: 1, closesAt: 1 }).lean<AssignmentTerms>();
}

/** Returns all assignments of a course, without paging. Use it only to set up a small course. */
export async function findAssignmentsOfCourse(courseId: Types.ObjectId): Promise<AssignmentRecord[]> {
  return AssignmentModel.find({ courseId }).lean<AssignmentRecord[]>();
}

export async function loadCourse(id: Types.ObjectId): Promise<CourseRecord | null> {
  return CourseModel.findById(id).lean<CourseRecord>();
}

/** Returns whether one of the courses has this teacher. */
export async function teachesAny(teacherId: Types.ObjectId, courseIds: readonly Types.ObjectId[]): Promise<boolean> {
  return (await CourseModel.findOne({ teacherId, _id: { $in: courseIds } }, { _id: 1 }).lean()) !== null;
}

export async function findCourseByJoinCode(joinCode: string): Promise<CourseRecord | null> {
  return CourseModel.findOne({ joinCode }).lean<CourseRecord>();
}

/** Inserts a course. @returns false, without writing, if another course has the same join code */
export async function createCourse(course: CourseRecord): Promise<boolean> {
  try {
    await CourseModel.collection.insertOne(course);
    return true;
  } catch (error) {
    if (isTaken('joinCode', error)) return false;
    throw error;
  }
}

export async function createAssignment(assignment: AssignmentRecord): Promise<void> {
  await AssignmentModel.collection.insertOne(assignment);
}

/**
 * Changes an assignment, if its dates are still those that the change was checked against.
 * @returns the changed assignment; null, without writing, if its dates have changed since
 */
export async function changeAssignment(
  read: AssignmentRecord,
  changes: Partial<AssignmentRecord>,
): Promise<AssignmentRecord | null> {
  return AssignmentModel.findOneAndUpdate(
    { _id: read._id, dueDate: read.dueDate, closesAt: read.closesAt },
    { $set: changes },
    { returnDocument: 'after' },
  ).lean<AssignmentRecord>();
}

export const coursesOrder: SortOrder = [['_id', 1]];

export interface CoursesRequest {
  readonly filter: Record<string, unknown>;
  readonly page: PageRequest;
}

/** Returns a page of the courses that match the filter, in the order in which they were created. */
export async function findCourses({ filter, page: { first, after } }: CoursesRequest): Promise<Page<CourseRecord>> {
  const rows = await CourseModel.find(after ? filterAfter(filter, coursesOrder, after) : filter)
    .sort({ _id: 1 })
    .limit(first + 1)
    .lean<CourseRecord[]>();
  return toPage(rows, first);
}

/** Takes one teacher, not a batch: a request has only one viewer. */
export async function loadTaughtCourseIds(teacherId: string): Promise<ReadonlySet<string>> {
  const courses = await CourseModel.find({ teacherId: new Types.ObjectId(teacherId) }, { _id: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<{ _id: Types.ObjectId }[]>();
  return new Set(courses.map(({ _id }) => _id.toHexString()));
}

/** Returns the instructions of assignments, in the order of the ids. */
export async function loadInstructions(assignmentIds: readonly string[]): Promise<(string | null)[]> {
  const ids = assignmentIds.map((id) => new Types.ObjectId(id));
  const rows = await AssignmentModel.find({ _id: { $in: ids } }, { instructions: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<Pick<AssignmentRecord, '_id' | 'instructions'>[]>();
  const found = new Map(rows.map(({ _id, instructions }) => [_id.toHexString(), instructions]));
  return assignmentIds.map((id) => found.get(id) ?? null);
}

/** Returns the ids of all assignments of the courses that a teacher teaches. */
export async function loadTaughtAssignmentIds(teacherId: Types.ObjectId): Promise<Types.ObjectId[]> {
  const courses = await CourseModel.find({ teacherId }, { _id: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<{ _id: Types.ObjectId }[]>();
  const assignments = await AssignmentModel.find({ courseId: { $in: courses.map(({ _id }) => _id) } }, { _id: 1 })
    .batchSize(SINGLE_BATCH)
    .lean<{ _id: Types.ObjectId }[]>();
  return assignments.map(({ _id }) => _id);
}
