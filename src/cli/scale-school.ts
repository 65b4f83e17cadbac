/**
 * Creates a school of any size with a history of rewards computed by the rules, to measure reads and grants at scale.
 * The same seed creates the same history. It inserts in bulk, into an empty database, the documents that the committer
 * would have written.
 */
import { Types } from 'mongoose';
import { endedSession } from '../granting/decide-group.js';
import { fingerprintOf, submissionFingerprint } from '../granting/find-replay.js';
import { newStudentDocument } from '../granting/new-student.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { isLate, type StudentAction } from '../rewards/index.js';
import { newJoinCode } from '../storage/join-codes.js';
import { AccountModel, type AccountRecord } from '../storage/models/account.js';
import { AssignmentModel, type AssignmentRecord } from '../storage/models/assignment.js';
import { CourseModel, type CourseRecord } from '../storage/models/course.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../storage/models/reward.js';
import { type RunningPomodoroRecord, StudentModel, type StudentRecord } from '../storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../storage/models/submission.js';

export interface ScaleOptions {
  /** Distinguishes the school from another one in the same database. Default: "scale". */
  readonly name?: string;
  readonly students: number;
  /** Total number of ledger rows. All students but the first have equal shares. */
  readonly rows: number;
  /** Ledger rows of the first student, for tests of paging. */
  readonly rowsOfFirst: number;
  readonly seed: number;
  /** The end of the history. More rows make the history start earlier, because the rate of rewards is fixed. */
  readonly now: Date;
  /** Called after each batch with the number of rows written so far. */
  readonly report: (rows: number) => void;
}

export interface ScaleSchool {
  readonly course: CourseRecord;
  readonly assignments: AssignmentRecord[];
  readonly studentIds: Types.ObjectId[];
}

interface Span {
  readonly end: Date;
  readonly days: number;
}

interface Batch {
  readonly accounts: AccountRecord[];
  readonly students: StudentRecord[];
  readonly submissions: SubmissionRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly rewards: RewardRecord[];
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The time between two rewards of a student: 10,000 students earn a million rows in a year. */
const DAYS_PER_ROW = 3.65;
/** Ledger rows that are buffered before they are written. */
const MAX_BATCH_ROWS = 20_000;

export async function seedScaleSchool(options: ScaleOptions): Promise<ScaleSchool> {
  const { name = 'scale' } = options;
  const random = randomNumbers(options.seed);
  const course = await createCourse(name, options.now);
  const rowsOf = rowCounts(options);
  const history = { end: options.now, days: Math.ceil(options.rows / options.students) * DAYS_PER_ROW };
  const assignments = await createAssignments(course, Math.ceil(rowsOf(1) / 2) + 1, history);
  const studentIds: Types.ObjectId[] = [];
  let batch = emptyBatch();
  let written = 0;
  for (let number = 0; number < options.students; number++) {
    const student = newStudent(number, course, options.now, batch);
    studentIds.push(student._id);
    simulateHistory(student, rowsOf(number), assignments, history, random, batch);
    if (batch.rewards.length < MAX_BATCH_ROWS && number < options.students - 1) continue;
    await write(batch);
    written += batch.rewards.length;
    options.report(written);
    batch = emptyBatch();
  }
  return { course, assignments, studentIds };
}

/**
 * Returns how many rows student `number` has: the first has `rowsOfFirst`, the others have equal shares of the rest.
 */
function rowCounts({ students, rows, rowsOfFirst }: ScaleOptions): (number: number) => number {
  const others = Math.max(1, students - 1);
  const rest = rows - rowsOfFirst;
  return (number) => (number === 0 ? rowsOfFirst : Math.floor(rest / others) + (number <= rest % others ? 1 : 0));
}

const emptyBatch = (): Batch => ({ accounts: [], students: [], submissions: [], sessions: [], rewards: [] });

async function write({ accounts, students, submissions, sessions, rewards }: Batch): Promise<void> {
  await Promise.all([
    AccountModel.collection.insertMany(accounts, { ordered: false }),
    StudentModel.collection.insertMany(students, { ordered: false }),
    submissions.length > 0 && SubmissionModel.collection.insertMany(submissions, { ordered: false }),
    sessions.length > 0 && PomodoroSessionModel.collection.insertMany(sessions, { ordered: false }),
    rewards.length > 0 && RewardModel.collection.insertMany(rewards, { ordered: false }),
  ]);
}

async function createCourse(name: string, now: Date): Promise<CourseRecord> {
  const teacher: AccountRecord = {
    _id: new Types.ObjectId(),
    email: `teacher@${name}.example`,
    passwordHash: NO_PASSWORD,
    role: 'TEACHER',
    displayName: 'Scale Teacher',
    createdAt: now,
  };
  const course = {
    _id: new Types.ObjectId(),
    name,
    joinCode: newJoinCode(),
    teacherId: teacher._id,
    createdAt: now,
  };
  await AccountModel.collection.insertOne(teacher);
  await CourseModel.collection.insertOne(course);
  return course;
}

/** Has the form of a hash, but is not the hash of any known password. */
const NO_PASSWORD = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Creates assignments with due dates spread evenly over the history. */
async function createAssignments(
  course: CourseRecord,
  count: number,
  { end, days }: Span,
): Promise<AssignmentRecord[]> {
  const assignments = Array.from({ length: count }, (_, number) => ({
    _id: new Types.ObjectId(),
    courseId: course._id,
    title: `Assignment ${number + 1}`,
    instructions: null,
    dueDate: new Date(end.getTime() - days * DAY_MS * (1 - (number + 1) / count)),
    closesAt: null,
    createdAt: end,
  }));
  await AssignmentModel.collection.insertMany(assignments);
  return assignments;
}

function newStudent(number: number, course: CourseRecord, now: Date, { accounts }: Batch): StudentRecord {
  const _id = new Types.ObjectId();
  accounts.push({
    _id,
    email: `student-${number}@${course.name}.example`,
    passwordHash: NO_PASSWORD,
    role: 'STUDENT',
    displayName: null,
    createdAt: now,
  });
  return {
    ...newStudentDocument({
      _id,
      displayName: `Student ${number}`,
      timeZone: ZONES[number % ZONES.length]!,
      createdAt: now,
    }),
    courseIds: [course._id],
  };
}

const ZONES = ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC'];

/** Creates the student's history in chronological order: submissions and focus sessions by turns. */
function simulateHistory(
  newStudentRecord: StudentRecord,
  rows: number,
  assignments: readonly AssignmentRecord[],
  { end, days }: Span,
  random: () => number,
  batch: Batch,
): void {
  let student = newStudentRecord;
  const start = end.getTime() - days * DAY_MS;
  for (let row = 0; row < rows; row++) {
    const at = new Date(start + ((row + random()) / rows) * days * DAY_MS);
    student =
      row % 2 === 0 && row / 2 < assignments.length
        ? submit(student, assignments[row / 2]!, at, batch)
        : focus(student, 5 + Math.floor(random() * 50), at, batch);
  }
  // One write for each row, and one for the start of the running session.
  batch.students.push({ ...student, revision: rows + 1, runningPomodoro: runningAt(end, assignments[0]!) });
}

/** At the end of the history, every student has a running session. */
const runningAt = (end: Date, { _id: assignmentId }: AssignmentRecord): RunningPomodoroRecord => ({
  id: new Types.ObjectId(),
  startedAt: new Date(end.getTime() - 5 * MINUTE_MS),
  plannedMinutes: 25,
  device: 'laptop',
  assignmentId,
});

const CONTENT = 'From the history of a scale school.';

function submit(student: StudentRecord, assignment: AssignmentRecord, at: Date, batch: Batch): StudentRecord {
  const rewardId = new Types.ObjectId();
  const subject = { kind: 'assignment' as const, id: assignment._id };
  const action: StudentAction = {
    kind: 'AssignmentSubmitted',
    at,
    localDate: dayOf(student, at),
    dueDate: assignment.dueDate,
  };
  const paid = payReward(student, action, {
    rewardId,
    reason: 'ASSIGNMENT_SUBMITTED',
    operation: 'submitAssignment',
    subject,
    ...rewardClaim(student, at, submissionFingerprint(assignment._id.toHexString(), CONTENT)),
  });
  batch.rewards.push(paid.reward);
  batch.submissions.push({
    _id: new Types.ObjectId(),
    studentId: student._id,
    assignmentId: assignment._id,
    rewardId,
    content: CONTENT,
    submittedAt: at,
    late: isLate(assignment.dueDate, at),
    revision: 0,
    revisedAt: null,
  });
  return paid.student;
}

function focus(student: StudentRecord, plannedMinutes: number, startedAt: Date, batch: Batch): StudentRecord {
  const rewardId = new Types.ObjectId();
  const at = new Date(startedAt.getTime() + plannedMinutes * MINUTE_MS);
  const running = { id: new Types.ObjectId(), startedAt, plannedMinutes, device: null, assignmentId: null };
  const session = { ...endedSession(student, running, at), rewardId };
  const action: StudentAction = {
    kind: 'PomodoroEnded',
    at,
    localDate: dayOf(student, at),
    plannedMinutes,
    focusedSeconds: session.focusedSeconds ?? 0,
  };
  const paid = payReward(student, action, {
    rewardId,
    reason: 'POMODORO_ENDED',
    operation: 'endPomodoro',
    subject: { kind: 'pomodoro', id: running.id },
    ...rewardClaim(student, at, fingerprintOf(running.id.toHexString())),
  });
  batch.rewards.push(paid.reward);
  batch.sessions.push(session);
  return paid.student;
}

const rewardClaim = (student: StudentRecord, receivedAt: Date, fingerprint: string) => ({
  requestKey: null,
  fingerprint,
  facts: { requestId: 'scale', receivedAt, actorId: student._id },
});

/** Returns a generator of pseudorandom numbers in [0, 1) for the seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
