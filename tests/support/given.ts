/** Test data for the actions (given...), and functions that run the actions on it. Needs useDatabase(). */
import { Types } from 'mongoose';
import { createAssignment } from '../../src/actions/create-assignment.js';
import { createCourse } from '../../src/actions/create-course.js';
import { type EndPomodoroOutcome, endPomodoro } from '../../src/actions/end-pomodoro.js';
import { type PomodoroStarted, startPomodoro } from '../../src/actions/start-pomodoro.js';
import { type SubmitAssignmentOutcome, submitAssignment } from '../../src/actions/submit-assignment.js';
import { updateAssignment } from '../../src/actions/update-assignment.js';
import { type Committer, createCommitter } from '../../src/granting/committer.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import type { Refused } from '../../src/granting/refusal.js';
import type { RequestFacts } from '../../src/granting/request-facts.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { StudentModel, type StudentRecord } from '../../src/storage/models/student.js';
import { later, minute, noon } from '../rewards/given.js';

/** The committer of this process. */
export const here = createCommitter();
/** A second committer on the same database. It acts like another server process. */
export const elsewhere = createCommitter();

let requests = 0;

/** The facts of a new request with its own id, received at this moment. */
export function requestOf(actorId: Types.ObjectId, receivedAt: Date = noon): RequestFacts {
  requests += 1;
  return { requestId: `request-${requests}`, receivedAt, actorId };
}

/** Inserts a new student without any progress, with these fields changed. @returns its id */
export async function givenStudent(overrides: Partial<StudentRecord> = {}): Promise<Types.ObjectId> {
  const _id = overrides._id ?? new Types.ObjectId();
  const student = newStudentDocument({ _id, displayName: 'Ada', timeZone: 'UTC', createdAt: later(noon, -minute) });
  await StudentModel.collection.insertOne({ ...student, ...overrides });
  return _id;
}

export async function givenCourse({ teacherId = new Types.ObjectId() } = {}): Promise<CourseRecord> {
  return createCourse({ name: 'A course', facts: requestOf(teacherId) });
}

/** Creates an assignment. By default it is due at noon and never closes. */
export async function givenAssignment(
  { _id: courseId, teacherId }: CourseRecord,
  overrides: Partial<Pick<AssignmentRecord, 'title' | 'dueDate' | 'closesAt'>> = {},
): Promise<AssignmentRecord> {
  const outcome = await createAssignment({
    teacher: { accountId: teacherId, role: 'TEACHER' },
    courseId: courseId.toHexString(),
    title: 'An assignment',
    instructions: null,
    dueDate: noon,
    closesAt: null,
    ...overrides,
    facts: requestOf(teacherId),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return outcome.assignment;
}

/** Changes an assignment as an admin. @returns the changed assignment */
export async function changeAssignment(
  { _id }: Pick<AssignmentRecord, '_id'>,
  changes: Partial<Pick<AssignmentRecord, 'dueDate' | 'closesAt'>>,
): Promise<AssignmentRecord> {
  const teacher = { accountId: new Types.ObjectId(), role: 'ADMIN' } as const;
  const outcome = await updateAssignment({ teacher, assignmentId: _id.toHexString(), changes });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return outcome.assignment;
}

/** Creates a course with one assignment, and a student who takes it. */
export async function givenClass(
  overrides: Parameters<typeof givenAssignment>[1] & { student?: Partial<StudentRecord> } = {},
) {
  const { student: studentOverrides, ...assignmentOverrides } = overrides;
  const course = await givenCourse();
  const assignment = await givenAssignment(course, assignmentOverrides);
  const student = await givenStudent({ courseIds: [course._id], ...studentOverrides });
  return { course, assignment, student };
}

/** Reads the student from the database. */
export async function storedStudent(studentId: Types.ObjectId): Promise<StudentRecord> {
  const student = await StudentModel.findById(studentId).lean<StudentRecord>();
  if (!student) throw new Error(`there is no student ${studentId}`);
  return student;
}

/** Removes the student from all courses, in the database: the API has no way to leave a course. */
export async function leaveCourses(studentId: Types.ObjectId): Promise<void> {
  await StudentModel.updateOne({ _id: studentId }, { $set: { courseIds: [] }, $inc: { revision: 1 } });
}

/** When a request arrives, its idempotency key, and the committer that processes it. */
export interface Sending {
  readonly at?: Date;
  readonly key?: string | null;
  readonly by?: Committer;
}

export function submit(
  studentId: Types.ObjectId,
  assignment: Pick<AssignmentRecord, '_id'> | string,
  { content = 'My essay.', at = noon, key = null, by = here }: Sending & { readonly content?: string } = {},
): Promise<SubmitAssignmentOutcome | Refused> {
  return submitAssignment(by, {
    studentId,
    assignmentId: typeof assignment === 'string' ? assignment : assignment._id.toHexString(),
    content,
    idempotencyKey: key,
    facts: requestOf(studentId, at),
  });
}

export function start(
  studentId: Types.ObjectId,
  options: Sending & {
    readonly plannedMinutes?: number;
    readonly device?: string | null;
    readonly assignment?: Pick<AssignmentRecord, '_id'> | string | null;
  } = {},
): Promise<PomodoroStarted | Refused> {
  const { plannedMinutes = 25, device = null, assignment = null, at = noon, by = here } = options;
  return startPomodoro(by, {
    studentId,
    plannedMinutes,
    device,
    assignmentId: typeof assignment === 'string' ? assignment : (assignment?._id.toHexString() ?? null),
    facts: requestOf(studentId, at),
  });
}

export function end(
  studentId: Types.ObjectId,
  session: Types.ObjectId | string,
  { at = later(noon, 25 * minute), key = null, by = here }: Sending = {},
): Promise<EndPomodoroOutcome | Refused> {
  return endPomodoro(by, {
    studentId,
    sessionId: session.toString(),
    idempotencyKey: key,
    facts: requestOf(studentId, at),
  });
}

/** Starts a session, by default at noon and for 25 minutes. @returns its id */
export async function givenRunning(
  studentId: Types.ObjectId,
  options: Parameters<typeof start>[1] = {},
): Promise<Types.ObjectId> {
  const started = await start(studentId, options);
  if (started.kind === 'refused' || started.joined) throw new Error('the session did not start');
  return started.session.id;
}

/** Starts a session, by default at noon, and ends it after this many minutes. @returns the outcome of the end */
export async function focus(
  studentId: Types.ObjectId,
  minutes: number,
  {
    from = noon,
    plannedMinutes = minutes,
    key = null,
  }: { from?: Date; plannedMinutes?: number; key?: string | null } = {},
): Promise<EndPomodoroOutcome | Refused> {
  const session = await givenRunning(studentId, { at: from, plannedMinutes });
  return end(studentId, session, { at: later(from, minutes * minute), key });
}
