import { type Model, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { type Account, findAccountsByIds } from './account-store.js';
import { type BatchLoader, createBatchLoader, loadInGroups, shared } from './batch-loader.js';
import {
  type CoursesRequest,
  findCourses,
  loadInstructions,
  loadTaughtAssignmentIds,
  loadTaughtCourseIds,
} from './course-store.js';
import { type AssignmentHead, AssignmentModel } from './models/assignment.js';
import { CourseModel, type CourseRecord } from './models/course.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { type SubmissionHead, SubmissionModel } from './models/submission.js';
import { mapById, toObjectId, withId } from './object-id.js';
import {
  type Connection,
  type Excluded,
  findRows,
  loadPages,
  type Page,
  type PageRequest,
  type Parent,
  SINGLE_BATCH,
} from './pages.js';
import {
  type DayTotals,
  type DayTotalsRequest,
  type GradedSubmission,
  loadCorrectedWorths,
  loadDayTotals,
  loadGradeRows,
  type RowKey,
} from './reward-ledger.js';
import { loadExtendedStudents } from './student-store.js';
import { countSubmissions, findSubmissionsOfRewards, loadTexts, type SubmissionTextKey } from './submission-store.js';

type ById<Row> = BatchLoader<string, Row | null>;
type PageOf<Row> = BatchLoader<PageRequest & Parent, Page<Row>, string>;

/**
 * The reads of one request, deduplicated and batched by kind. Never share loaders between requests: they remember what
 * they read. Their commands are shared.
 */
export interface Loaders {
  readonly account: ById<Account>;
  readonly student: ById<StudentRecord>;
  readonly course: ById<CourseRecord>;
  readonly assignment: ById<AssignmentHead>;
  readonly instructions: BatchLoader<string, string | null>;
  readonly submission: ById<SubmissionHead>;
  /** The text of a submission at the revision that was read. */
  readonly text: BatchLoader<SubmissionTextKey, string, string>;
  readonly reward: ById<RewardRecord>;
  readonly endedSession: ById<PomodoroSessionRecord>;
  /** The ids of all courses that a teacher teaches. */
  readonly taughtCourseIds: BatchLoader<string, ReadonlySet<string>>;
  /** A student's submission for an assignment; a discarded one does not count. */
  readonly submissionOf: BatchLoader<SubmissionKey, SubmissionHead | null, string>;
  /** The number of submissions for an assignment, without discarded ones. */
  readonly submissionCount: BatchLoader<string, number>;
  /** The submission that a row is about, discarded or not; null if it is about none. */
  readonly submissionOfReward: BatchLoader<RewardRecord, SubmissionHead | null, string>;
  /** The session that a row is about; null if it is about none. */
  readonly sessionOfReward: BatchLoader<RewardRecord, PomodoroSessionRecord | null, string>;
  /** The row of a submission's first grade; null if it was never graded. */
  readonly gradeRow: BatchLoader<GradedSubmission, RewardRecord | null, string>;
  /** What the latest correction of a row says that it is worth; null if it was never corrected. */
  readonly correctedWorth: BatchLoader<RowKey, number | null, string>;
  /** The days of a student that have at least one reward, in no particular order. */
  readonly dayTotals: BatchLoader<DayTotalsRequest, readonly DayTotals[], string>;
  /** A page of the courses that match a filter. */
  readonly courses: BatchLoader<CoursesRequest, Page<CourseRecord>, string>;
  readonly assignmentsOfCourse: PageOf<AssignmentHead>;
  readonly studentsOfCourse: PageOf<StudentRecord>;
  readonly submissionsOfAssignment: PageOf<SubmissionHead>;
  readonly submissionsOfStudent: BatchLoader<SubmissionsOfStudent, Page<SubmissionHead>, string>;
  readonly rewardsOfStudent: PageOf<RewardRecord>;
  /** The students who have an extension for an assignment. */
  readonly extendedStudents: PageOf<StudentRecord>;
}

export interface SubmissionKey {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: Types.ObjectId;
}

/** @property taughtBy only the submissions for assignments of this teacher's courses; null: all */
type SubmissionsOfStudent = PageRequest & Parent & { readonly taughtBy: Types.ObjectId | null };

export { coursesOrder } from './course-store.js';
export { extendedStudentsOrder } from './student-store.js';
export const assignmentsOfCourse: Connection = {
  parentField: 'courseId',
  order: [
    ['dueDate', 1],
    ['_id', 1],
  ],
  excluded: { instructions: 0 },
};
export const studentsOfCourse: Connection = { parentField: 'courseIds', order: [['_id', 1]] };
export const submissionsOfAssignment: Connection = {
  parentField: 'assignmentId',
  order: [
    ['submittedAt', -1],
    ['_id', -1],
  ],
  filter: { discardedAt: null },
  excluded: { content: 0 },
};
export const submissionsOfStudent: Connection = {
  parentField: 'studentId',
  order: submissionsOfAssignment.order,
  excluded: { content: 0 },
};
export const rewardsOfStudent: Connection = {
  parentField: 'studentId',
  order: [['sequence', -1]],
  sequenceField: 'sequence',
};

type Makers = {
  readonly [Name in keyof Loaders]: (signal: AbortSignal, loaders: Loaders) => Loaders[Name];
};

/** How each loader is made. */
const makers: Makers = {
  account: sharedLoader(
    async (ids) => {
      const accounts = await findAccountsByIds(ids);
      return ids.map((id) => accounts.get(id) ?? null);
    },
    (id) => id,
  ),
  student: byId(StudentModel),
  course: byId(CourseModel),
  assignment: byId(AssignmentModel, { instructions: 0 }),
  instructions: (signal) => createBatchLoader(signal, loadInstructions),
  submission: byId(SubmissionModel, { content: 0 }),
  text: (signal) => createBatchLoader(signal, loadTexts, ({ _id, revision }) => `${_id} ${revision}`),
  reward: byId(RewardModel),
  endedSession: byId(PomodoroSessionModel),
  taughtCourseIds: (signal) => createBatchLoader(signal, (ids) => Promise.all(ids.map(loadTaughtCourseIds))),
  submissionOf: (signal) => createBatchLoader(signal, loadSubmissionsOf, submissionKey),
  submissionCount: (signal) => createBatchLoader(signal, countSubmissions),
  submissionOfReward: (signal, { reward }) =>
    createBatchLoader(
      signal,
      async (rows) => findSubmissionsOfRewards(await Promise.all(rows.map((row) => ownRow(row, reward)))),
      ({ _id }) => `${_id}`,
    ),
  sessionOfReward: (signal, { reward, endedSession }) =>
    createBatchLoader(
      signal,
      async (rows) => {
        const subjects = (await Promise.all(rows.map((row) => ownRow(row, reward)))).map(({ subject }) => subject);
        return Promise.all(subjects.map(({ kind, id }) => (kind === 'pomodoro' ? endedSession.load(`${id}`) : null)));
      },
      ({ _id }) => `${_id}`,
    ),
  gradeRow: (signal) => createBatchLoader(signal, loadGradeRows, ({ _id }) => `${_id}`),
  correctedWorth: (signal) => createBatchLoader(signal, loadCorrectedWorths, ({ _id }) => `${_id}`),
  dayTotals: (signal) =>
    createBatchLoader(
      signal,
      (days) => loadInGroups(days, ({ from, to }) => `${from} ${to}`, loadDayTotals),
      ({ studentId, from, to }) => `${studentId} ${from} ${to}`,
    ),
  courses: (signal) =>
    createBatchLoader(
      signal,
      (asked) => Promise.all(asked.map(findCourses)),
      ({ filter, page }) => `${JSON.stringify(filter)} ${pageKey(page)}`,
    ),
  assignmentsOfCourse: pageOf(AssignmentModel, assignmentsOfCourse),
  studentsOfCourse: pageOf(StudentModel, studentsOfCourse),
  submissionsOfAssignment: pageOf(SubmissionModel, submissionsOfAssignment),
  submissionsOfStudent: (signal) =>
    createBatchLoader(
      signal,
      (keys) => loadInGroups(keys, (key) => `${key.taughtBy} ${pageKey(key)}`, loadSubmissionsOfStudents),
      (key) => `${key.taughtBy} ${parentKey(key)}`,
    ),
  rewardsOfStudent: pageOf(RewardModel, rewardsOfStudent),
  extendedStudents: (signal) =>
    createBatchLoader(
      signal,
      (keys) => loadInGroups(keys, pageKey, (group) => loadExtendedStudents(group, group[0]!)),
      parentKey,
    ),
};

/** Makes each loader when it is first used: most requests use few of them. */
class LoadersOfRequest {
  readonly made: { [name: string]: unknown } = {};

  constructor(readonly signal: AbortSignal) {}
}

for (const [name, make] of Object.entries(makers)) {
  Object.defineProperty(LoadersOfRequest.prototype, name, {
    get(this: LoadersOfRequest & Loaders) {
      this.made[name] ??= make(this.signal, this);
      return this.made[name];
    },
  });
}

/** @param signal aborts the reads of the request: see createBatchLoader */
export const createLoaders = (signal: AbortSignal): Loaders =>
  new LoadersOfRequest(signal) as LoadersOfRequest & Loaders;

/**
 * Creates a loader by id. It returns null for an id that does not exist, and for a key that is not a valid id.
 */
function byId<Row extends { _id: Types.ObjectId }>(model: Model<Row>, projection?: Excluded) {
  return sharedLoader(
    async (ids: readonly string[]) => {
      const wanted = ids.flatMap((id) => toObjectId(id) ?? []);
      const rows = await findRows(model, withId(wanted), projection && { projection });
      const found = mapById(rows);
      return ids.map((id) => found.get(id.toLowerCase()) ?? null);
    },
    (id) => id,
  );
}

/** Creates a loader of pages. Parents that need the same page share one command. */
function pageOf<Row>(model: Model<Row>, connection: Connection) {
  return sharedLoader(
    (keys: readonly (PageRequest & Parent)[]) => loadPages(model, connection, keys, keys[0]!),
    parentKey,
    pageKey,
  );
}

/** Creates a loader of which all requests of this process share the commands: see shared. */
function sharedLoader<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  keyOf: (key: Key) => string,
  groupOf?: (key: Key) => string,
) {
  const loadTogether = shared(load, keyOf, groupOf);
  return (signal: AbortSignal) => createBatchLoader(signal, loadTogether, keyOf);
}

export function pageKey({ first, after }: PageRequest): string {
  return JSON.stringify([first, after]);
}

function parentKey(key: PageRequest & Parent): string {
  return `${key.parentId} ${key.lastSequence} ${pageKey(key)}`;
}

const submissionKey = ({ studentId, assignmentId }: SubmissionKey): string => `${studentId}/${assignmentId}`;

async function loadSubmissionsOf(keys: readonly SubmissionKey[]): Promise<(SubmissionHead | null)[]> {
  const wanted = {
    $or: [...groupBy(keys, ({ studentId }) => studentId.toHexString()).values()].map((group) => ({
      studentId: group[0]!.studentId,
      assignmentId: { $in: group.map(({ assignmentId }) => assignmentId) },
      discardedAt: null,
    })),
  };
  const rows = await SubmissionModel.find(wanted, { content: 0 }).batchSize(SINGLE_BATCH).lean<SubmissionHead[]>();
  const found = new Map(rows.map((row) => [submissionKey(row), row]));
  return keys.map((key) => found.get(submissionKey(key)) ?? null);
}

/** The row itself, or the one that it corrects: what a correction is about is what its row is about. */
async function ownRow(row: RewardRecord, rewards: ById<RewardRecord>): Promise<RewardRecord> {
  const own = row.corrects ? await rewards.load(row.corrects.toHexString()) : row;
  if (!own) throw new Error(`the row ${row._id} corrects one that does not exist`);
  return own;
}

/** @param keys with the same page and teacher */
async function loadSubmissionsOfStudents(keys: readonly SubmissionsOfStudent[]): Promise<Page<SubmissionHead>[]> {
  const [page] = keys as readonly [SubmissionsOfStudent];
  const filter = page.taughtBy && { assignmentId: { $in: await loadTaughtAssignmentIds(page.taughtBy) } };
  return loadPages(SubmissionModel, { ...submissionsOfStudent, ...(filter && { filter }) }, keys, page);
}
