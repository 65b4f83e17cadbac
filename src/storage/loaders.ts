import DataLoader from 'dataloader';
import { type Model, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { type Account, findAccountsByIds } from './account-store.js';
import { findCourses } from './course-store.js';
import { AssignmentModel, type AssignmentRecord } from './models/assignment.js';
import { CourseModel, type CourseRecord } from './models/course.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { SubmissionModel, type SubmissionRecord } from './models/submission.js';
import { toObjectId } from './object-id.js';
import { type Connection, loadPages, ONE_BATCH, type Page, type PageRequest } from './pages.js';

type ById<Row> = DataLoader<string, Row | null>;
type PageOf<Row> = DataLoader<PageRequest & { readonly parentId: Types.ObjectId }, Page<Row>, string>;

/** The reads of one request: each is sent once, together with those of its kind. Never shared between requests. */
export interface Loaders {
  readonly account: ById<Account>;
  readonly student: ById<StudentRecord>;
  readonly course: ById<CourseRecord>;
  readonly assignment: ById<AssignmentRecord>;
  readonly submission: ById<SubmissionRecord>;
  readonly endedSession: ById<PomodoroSessionRecord>;
  readonly reward: ById<RewardRecord>;
  /** The ids of all courses that somebody teaches. */
  readonly taughtCourseIds: DataLoader<string, ReadonlySet<string>>;
  /** What a student handed in for an assignment. */
  readonly submissionOf: DataLoader<SubmissionKey, SubmissionRecord | null, string>;
  readonly submissionCount: DataLoader<string, number>;
  /** A page of those that a filter selects; a request asks once. */
  readonly courses: typeof findCourses;
  readonly assignmentsOfCourse: PageOf<AssignmentRecord>;
  readonly studentsOfCourse: PageOf<StudentRecord>;
  readonly submissionsOfAssignment: PageOf<SubmissionRecord>;
  readonly rewardsOfStudent: PageOf<RewardRecord>;
}

export interface SubmissionKey {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: Types.ObjectId;
}

export { coursesOrder } from './course-store.js';
export const assignmentsOfCourse: Connection = {
  parentField: 'courseId',
  order: [
    ['dueDate', 1],
    ['_id', 1],
  ],
};
export const studentsOfCourse: Connection = { parentField: 'courseIds', order: [['_id', 1]] };
export const submissionsOfAssignment: Connection = {
  parentField: 'assignmentId',
  order: [
    ['submittedAt', -1],
    ['_id', -1],
  ],
};
export const rewardsOfStudent: Connection = { parentField: 'studentId', order: [['sequence', -1]] };

/** @param signal once it is aborted nothing more is read, and its reason is thrown */
export function createLoaders(signal: AbortSignal): Loaders {
  const loaders = allLoaders();
  for (const loader of Object.values(loaders)) {
    if (loader instanceof DataLoader) readUntil(signal, loader);
  }
  const { courses } = loaders;
  return {
    ...loaders,
    async courses(...asked) {
      signal.throwIfAborted();
      return courses(...asked);
    },
  };
}

/** All batches begin with a load: what nobody may load is not read. */
function readUntil(signal: AbortSignal, loader: DataLoader<unknown, unknown>): void {
  const load = loader.load.bind(loader);
  loader.load = (key) => (signal.aborted ? Promise.reject(signal.reason) : load(key));
}

function allLoaders(): Loaders {
  return {
    account: new DataLoader(async (ids) => {
      const accounts = await findAccountsByIds(ids);
      return ids.map((id) => accounts.get(id) ?? null);
    }),
    student: byId(StudentModel),
    course: byId(CourseModel),
    assignment: byId(AssignmentModel),
    submission: byId(SubmissionModel),
    endedSession: byId(PomodoroSessionModel),
    reward: byId(RewardModel),
    taughtCourseIds: new DataLoader((ids) => Promise.all(ids.map(loadTaughtCourseIds))),
    submissionOf: new DataLoader(loadSubmissionsOf, { cacheKeyFn: submissionKey }),
    submissionCount: new DataLoader(countSubmissions),
    courses: findCourses,
    assignmentsOfCourse: pageOf(AssignmentModel, assignmentsOfCourse),
    studentsOfCourse: pageOf(StudentModel, studentsOfCourse),
    submissionsOfAssignment: pageOf(SubmissionModel, submissionsOfAssignment),
    rewardsOfStudent: pageOf(RewardModel, rewardsOfStudent),
  };
}

/** By id in lower-case hexadecimal; null where there is none, as for an id that is no id at all. */
function byId<Row extends { _id: Types.ObjectId }>(model: Model<Row>): ById<Row> {
  return new DataLoader(async (ids) => {
    const wanted = { _id: { $in: ids.flatMap((id) => toObjectId(id) ?? []) } };
    const rows = await model.find(wanted).batchSize(ONE_BATCH).lean<Row[]>();
    const found = new Map(rows.map((row) => [row._id.toHexString(), row]));
    return ids.map((id) => found.get(id.toLowerCase()) ?? null);
  });
}

/** Batched for all parents of which the same page is asked. */
function pageOf<Row>(model: Model<Row>, connection: Connection): PageOf<Row> {
  return new DataLoader(
    async (keys) => {
      const pages = new Map<string, Page<Row>>();
      const byPage = groupBy(keys, pageKey);
      await Promise.all(
        [...byPage.values()].map(async (group) => {
          const found = await loadPages(
            model,
            connection,
            group.map(({ parentId }) => parentId),
            group[0]!,
          );
          group.forEach((key, position) => pages.set(parentPageKey(key), found[position]!));
        }),
      );
      return keys.map((key) => pages.get(parentPageKey(key))!);
    },
    { cacheKeyFn: parentPageKey },
  );
}

const pageKey = ({ first, after }: PageRequest): string => JSON.stringify([first, after]);
const parentPageKey = (key: PageRequest & { parentId: Types.ObjectId }): string => `${key.parentId}${pageKey(key)}`;

const submissionKey = ({ studentId, assignmentId }: SubmissionKey): string => `${studentId}/${assignmentId}`;

/** Of one teacher: a request has one viewer. */
async function loadTaughtCourseIds(teacherId: string): Promise<ReadonlySet<string>> {
  const courses = await CourseModel.find({ teacherId: new Types.ObjectId(teacherId) }, { _id: 1 })
    .batchSize(ONE_BATCH)
    .lean<{ _id: Types.ObjectId }[]>();
  return new Set(courses.map(({ _id }) => _id.toHexString()));
}

async function loadSubmissionsOf(keys: readonly SubmissionKey[]): Promise<(SubmissionRecord | null)[]> {
  const rows = await SubmissionModel.find({
    $or: [...groupBy(keys, ({ studentId }) => studentId.toHexString()).values()].map((group) => ({
      studentId: group[0]!.studentId,
      assignmentId: { $in: group.map(({ assignmentId }) => assignmentId) },
    })),
  })
    .batchSize(ONE_BATCH)
    .lean<SubmissionRecord[]>();
  const found = new Map(rows.map((row) => [submissionKey(row), row]));
  return keys.map((key) => found.get(submissionKey(key)) ?? null);
}

async function countSubmissions(assignmentIds: readonly string[]): Promise<number[]> {
  const counts = await SubmissionModel.aggregate<{ _id: Types.ObjectId; count: number }>([
    { $match: { assignmentId: { $in: assignmentIds.map((id) => new Types.ObjectId(id)) } } },
    { $group: { _id: '$assignmentId', count: { $sum: 1 } } },
  ]).option({ batchSize: ONE_BATCH });
  const found = new Map(counts.map(({ _id, count }) => [_id.toHexString(), count]));
  return assignmentIds.map((id) => found.get(id) ?? 0);
}
