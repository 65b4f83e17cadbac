import DataLoader from 'dataloader';
import { type Model, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { type Account, findAccountsByIds } from './account-store.js';
import { type CoursesAsked, findCourses } from './course-store.js';
import { type AssignmentHead, AssignmentModel, type AssignmentRecord } from './models/assignment.js';
import { CourseModel, type CourseRecord } from './models/course.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { type SubmissionHead, SubmissionModel } from './models/submission.js';
import { toObjectId } from './object-id.js';
import { type Connection, loadPages, ONE_BATCH, type Page, type PageRequest, type Parent } from './pages.js';
import { type DaysAsked, type DayTotals, loadDayTotals } from './reward-ledger.js';
import { loadTexts, type TextOfSubmission } from './submission-store.js';

/** A loader whose keys are told apart by what they look like, if they are objects. */
export type Batched<Key, Value, CacheKey = Key> = DataLoader<Key, Value, CacheKey>;

/** Keys of one command, at most: a list that MongoDB finds in an index within some milliseconds. */
const MOST_KEYS = 1_000;

/**
 * Every loader is made here.
 * @param signal once it is aborted nothing more is read, and its reason is thrown
 */
export function batched<Key, Value, CacheKey = Key>(
  signal: AbortSignal,
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  cacheKeyFn?: (key: Key) => CacheKey,
): Batched<Key, Value, CacheKey> {
  const loadUnlessAborted = async (keys: readonly Key[]) => {
    signal.throwIfAborted();
    return load(keys);
  };
  return new DataLoader(loadUnlessAborted, { maxBatchSize: MOST_KEYS, ...(cacheKeyFn && { cacheKeyFn }) });
}

type ById<Row> = Batched<string, Row | null>;
type PageOf<Row> = Batched<PageRequest & Parent, Page<Row>, string>;

/** The reads of one request: each is sent once, together with those of its kind. Never shared between requests. */
export interface Loaders {
  readonly account: ById<Account>;
  readonly student: ById<StudentRecord>;
  readonly course: ById<CourseRecord>;
  readonly assignment: ById<AssignmentHead>;
  readonly instructions: Batched<string, string | null>;
  readonly submission: ById<SubmissionHead>;
  /** The text that a submission had when it was read. */
  readonly text: Batched<TextOfSubmission, string, string>;
  readonly endedSession: ById<PomodoroSessionRecord>;
  readonly reward: ById<RewardRecord>;
  /** The ids of all courses that somebody teaches. */
  readonly taughtCourseIds: Batched<string, ReadonlySet<string>>;
  /** What a student handed in for an assignment. */
  readonly submissionOf: Batched<SubmissionKey, SubmissionHead | null, string>;
  readonly submissionCount: Batched<string, number>;
  /** The days of a student that have anything, in no order. */
  readonly dayTotals: Batched<DaysAsked, readonly DayTotals[], string>;
  /** A page of the courses that a filter selects. */
  readonly courses: Batched<CoursesAsked, Page<CourseRecord>, string>;
  readonly assignmentsOfCourse: PageOf<AssignmentHead>;
  readonly studentsOfCourse: PageOf<StudentRecord>;
  readonly submissionsOfAssignment: PageOf<SubmissionHead>;
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
  without: 'instructions',
};
export const studentsOfCourse: Connection = { parentField: 'courseIds', order: [['_id', 1]] };
export const submissionsOfAssignment: Connection = {
  parentField: 'assignmentId',
  order: [
    ['submittedAt', -1],
    ['_id', -1],
  ],
  without: 'content',
};
export const rewardsOfStudent: Connection = {
  parentField: 'studentId',
  order: [['sequence', -1]],
  numberField: 'sequence',
};

/** @param signal of the request: see batched */
export function createLoaders(signal: AbortSignal): Loaders {
  return {
    account: batched(signal, async (ids) => {
      const accounts = await findAccountsByIds(ids);
      return ids.map((id) => accounts.get(id) ?? null);
    }),
    student: byId(signal, StudentModel),
    course: byId(signal, CourseModel),
    assignment: byId(signal, AssignmentModel, { instructions: 0 }),
    instructions: batched(signal, loadInstructions),
    submission: byId(signal, SubmissionModel, { content: 0 }),
    text: batched(signal, loadTexts, ({ _id, revision }) => `${_id} ${revision}`),
    endedSession: byId(signal, PomodoroSessionModel),
    reward: byId(signal, RewardModel),
    taughtCourseIds: batched(signal, (ids) => Promise.all(ids.map(loadTaughtCourseIds))),
    submissionOf: batched(signal, loadSubmissionsOf, submissionKey),
    submissionCount: batched(signal, countSubmissions),
    dayTotals: batched(
      signal,
      (days) => inGroups(days, ({ from, to }) => `${from} ${to}`, loadDayTotals),
      ({ studentId, from, to }) => `${studentId} ${from} ${to}`,
    ),
    courses: batched(
      signal,
      (asked) => Promise.all(asked.map(findCourses)),
      ({ filter, page }) => `${JSON.stringify(filter)} ${pageKey(page)}`,
    ),
    assignmentsOfCourse: pageOf(signal, AssignmentModel, assignmentsOfCourse),
    studentsOfCourse: pageOf(signal, StudentModel, studentsOfCourse),
    submissionsOfAssignment: pageOf(signal, SubmissionModel, submissionsOfAssignment),
    rewardsOfStudent: pageOf(signal, RewardModel, rewardsOfStudent),
  };
}

/**
 * By id in lower-case hexadecimal; null where there is none, as for an id that is no id at all.
 * @param without fields that may be large, and are left out
 */
function byId<Row extends { _id: Types.ObjectId }>(
  signal: AbortSignal,
  model: Model<Row>,
  without: Record<string, 0> = {},
): ById<Row> {
  return batched(signal, async (ids) => {
    const wanted = { _id: { $in: ids.flatMap((id) => toObjectId(id) ?? []) } };
    const rows = await model.find(wanted, without).batchSize(ONE_BATCH).lean<Row[]>();
    const found = new Map(rows.map((row) => [row._id.toHexString(), row]));
    return ids.map((id) => found.get(id.toLowerCase()) ?? null);
  });
}

/** Batched for all parents of which the same page is asked. */
function pageOf<Row>(signal: AbortSignal, model: Model<Row>, connection: Connection): PageOf<Row> {
  return batched(
    signal,
    (keys) => inGroups(keys, pageKey, (group) => loadPages(model, connection, group, group[0]!)),
    parentKey,
  );
}

/** Loads the keys that are alike together, and puts their values in the order of the keys. */
async function inGroups<Key, Value>(
  keys: readonly Key[],
  likeness: (key: Key) => string,
  load: (group: readonly Key[]) => Promise<readonly Value[]>,
): Promise<Value[]> {
  const values = new Map<Key, Value>();
  const groups = [...groupBy(keys, likeness).values()];
  await Promise.all(
    groups.map(async (group) => {
      const loaded = await load(group);
      group.forEach((key, position) => values.set(key, loaded[position]!));
    }),
  );
  return keys.map((key) => values.get(key)!);
}

export const pageKey = ({ first, after }: PageRequest): string => JSON.stringify([first, after]);
const parentKey = (key: PageRequest & Parent): string => `${key.parentId} ${key.newest} ${pageKey(key)}`;

const submissionKey = ({ studentId, assignmentId }: SubmissionKey): string => `${studentId}/${assignmentId}`;

/** Of one teacher: a request has one viewer. */
async function loadTaughtCourseIds(teacherId: string): Promise<ReadonlySet<string>> {
  const courses = await CourseModel.find({ teacherId: new Types.ObjectId(teacherId) }, { _id: 1 })
    .batchSize(ONE_BATCH)
    .lean<{ _id: Types.ObjectId }[]>();
  return new Set(courses.map(({ _id }) => _id.toHexString()));
}

async function loadSubmissionsOf(keys: readonly SubmissionKey[]): Promise<(SubmissionHead | null)[]> {
  const wanted = {
    $or: [...groupBy(keys, ({ studentId }) => studentId.toHexString()).values()].map((group) => ({
      studentId: group[0]!.studentId,
      assignmentId: { $in: group.map(({ assignmentId }) => assignmentId) },
    })),
  };
  const rows = await SubmissionModel.find(wanted, { content: 0 }).batchSize(ONE_BATCH).lean<SubmissionHead[]>();
  const found = new Map(rows.map((row) => [submissionKey(row), row]));
  return keys.map((key) => found.get(submissionKey(key)) ?? null);
}

async function loadInstructions(assignmentIds: readonly string[]): Promise<(string | null)[]> {
  const ids = assignmentIds.map((id) => new Types.ObjectId(id));
  const rows = await AssignmentModel.find({ _id: { $in: ids } }, { instructions: 1 })
    .batchSize(ONE_BATCH)
    .lean<Pick<AssignmentRecord, '_id' | 'instructions'>[]>();
  const found = new Map(rows.map(({ _id, instructions }) => [_id.toHexString(), instructions]));
  return assignmentIds.map((id) => found.get(id) ?? null);
}

async function countSubmissions(assignmentIds: readonly string[]): Promise<number[]> {
  const counts = await SubmissionModel.aggregate<{ _id: Types.ObjectId; count: number }>([
    { $match: { assignmentId: { $in: assignmentIds.map((id) => new Types.ObjectId(id)) } } },
    { $group: { _id: '$assignmentId', count: { $sum: 1 } } },
  ]).option({ batchSize: ONE_BATCH });
  const found = new Map(counts.map(({ _id, count }) => [_id.toHexString(), count]));
  return assignmentIds.map((id) => found.get(id) ?? 0);
}
