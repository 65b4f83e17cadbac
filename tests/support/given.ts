/** The ground on which the tests of the actions stand (given...), and what is done there. Needs useDatabase(). */
import { Types } from 'mongoose';
import { createAssignment } from '../../src/actions/create-assignment.js';
import { createCourse } from '../../src/actions/create-course.js';
import { endPomodoro, type PomodoroEnded } from '../../src/actions/end-pomodoro.js';
import { type PomodoroStarted, startPomodoro } from '../../src/actions/start-pomodoro.js';
import { type AssignmentSubmitted, submitAssignment } from '../../src/actions/submit-assignment.js';
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
/** A second committer on the same database: what another process is to this one. */
export const elsewhere = createCommitter();

let requests = 0;

/** A request of its own, that arrives at this moment. */
export function requestOf(actorId: Types.ObjectId, receivedAt: Date = noon): RequestFacts {
  requests += 1;
  return { requestId: `request-${requests}`, receivedAt, actorId };
}

/** A student that has done nothing yet, but for what is told. */
export async function givenStudent(told: Partial<StudentRecord> = {}): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const student = newStudentDocument({ _id, displayName: 'Ada', timeZone: 'UTC', createdAt: later(noon, -minute) });
  await StudentModel.collection.insertOne({ ...student, ...told });
  return _id;
}

export async function givenCourse({ teacherId = new Types.ObjectId() } = {}): Promise<CourseRecord> {
  return createCourse({ name: 'A course', facts: requestOf(teacherId) });
}

/** An assignment that is due at noon and never closes, unless told otherwise. */
export async function givenAssignment(
  { _id: courseId, teacherId }: CourseRecord,
  told: Partial<Pick<AssignmentRecord, 'title' | 'dueDate' | 'closesAt'>> = {},
): Promise<AssignmentRecord> {
  const outcome = await createAssignment({
    teacher: { accountId: teacherId, role: 'TEACHER' },
    courseId: courseId.toHexString(),
    title: 'An assignment',
    instructions: null,
    dueDate: noon,
    closesAt: null,
    ...told,
    facts: requestOf(teacherId),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return outcome.assignment;
}

/** The assignment as an admin changes it afterwards. */
export async function changeAssignment(
  { _id }: Pick<AssignmentRecord, '_id'>,
  changes: Partial<Pick<AssignmentRecord, 'dueDate' | 'closesAt'>>,
): Promise<AssignmentRecord> {
  const teacher = { accountId: new Types.ObjectId(), role: 'ADMIN' } as const;
  const outcome = await updateAssignment({ teacher, assignmentId: _id.toHexString(), changes });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return outcome.assignment;
}

/** A student that takes a course with one assignment. */
export async function givenClass(
  told: Parameters<typeof givenAssignment>[1] & { student?: Partial<StudentRecord> } = {},
) {
  const { student: toldOfStudent, ...toldOfAssignment } = told;
  const course = await givenCourse();
  const assignment = await givenAssignment(course, toldOfAssignment);
  const student = await givenStudent({ courseIds: [course._id], ...toldOfStudent });
  return { course, assignment, student };
}

/** The student as it is stored. */
export async function storedStudent(studentId: Types.ObjectId): Promise<StudentRecord> {
  const student = await StudentModel.findById(studentId).lean<StudentRecord>();
  if (!student) throw new Error(`there is no student ${studentId}`);
  return student;
}

/** Without a way to leave a course, the database is told. */
export async function leaveCourses(studentId: Types.ObjectId): Promise<void> {
  await StudentModel.updateOne({ _id: studentId }, { $set: { courseIds: [] }, $inc: { revision: 1 } });
}

/** When a request arrives, under which key, and which committer takes it. */
export interface Sending {
  readonly at?: Date;
  readonly key?: string | null;
  readonly by?: Committer;
}

export function submit(
  studentId: Types.ObjectId,
  assignment: Pick<AssignmentRecord, '_id'> | string,
  { content = 'My essay.', at = noon, key = null, by = here }: Sending & { readonly content?: string } = {},
): Promise<AssignmentSubmitted | Refused> {
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
  told: Sending & {
    readonly plannedMinutes?: number;
    readonly device?: string | null;
    readonly assignment?: Pick<AssignmentRecord, '_id'> | string | null;
  } = {},
): Promise<PomodoroStarted | Refused> {
  const { plannedMinutes = 25, device = null, assignment = null, at = noon, by = here } = told;
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
): Promise<PomodoroEnded | Refused> {
  return endPomodoro(by, {
    studentId,
    sessionId: session.toString(),
    idempotencyKey: key,
    facts: requestOf(studentId, at),
  });
}

/** The id of a session that was started at noon, for 25 minutes, unless told otherwise. */
export async function givenRunning(
  studentId: Types.ObjectId,
  told: Parameters<typeof start>[1] = {},
): Promise<Types.ObjectId> {
  const started = await start(studentId, told);
  if (started.kind === 'refused' || started.joined) throw new Error('it did not start');
  return started.session.id;
}

/** The outcome of a session that is started at noon and ended so many minutes later. */
export async function focus(
  studentId: Types.ObjectId,
  minutes: number,
  {
    from = noon,
    plannedMinutes = minutes,
    key = null,
  }: { from?: Date; plannedMinutes?: number; key?: string | null } = {},
): Promise<PomodoroEnded | Refused> {
  const session = await givenRunning(studentId, { at: from, plannedMinutes });
  return end(studentId, session, { at: later(from, minutes * minute), key });
}
