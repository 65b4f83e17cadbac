/**
 * Creates a school of any size with a history of rewards computed by the rules, to measure reads, grants and the
 * verification at scale. About one row in a hundred is by hand. The same seed creates the same history. It inserts in
 * bulk, into an empty database, the documents that the committer would have written.
 */
import { Types } from 'mongoose';
import { MAX_BONUSES } from '../actions/grant-bonuses.js';
import { newStudentDocument } from '../granting/new-student.js';
import { groupBy } from '../group-by.js';
import { newJoinCode } from '../storage/join-codes.js';
import { AccountModel, type AccountRecord } from '../storage/models/account.js';
import { AssignmentModel, type AssignmentRecord } from '../storage/models/assignment.js';
import { CourseModel, type CourseRecord } from '../storage/models/course.js';
import { ManualActModel, type ManualActRecord } from '../storage/models/manual-act.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../storage/models/reward.js';
import { type RunningPomodoroRecord, StudentModel, type StudentRecord } from '../storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../storage/models/submission.js';
import { classBonus, payClassBonus, type Staff, type Step } from './scale-acts.js';
import { nextEpisode } from './scale-episodes.js';
import { focus, newHistory, type StudentHistory, submit } from './scale-history.js';

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

/** What the histories of all students have in common. */
interface Common {
  readonly staff: Staff;
  readonly assignments: readonly AssignmentRecord[];
  readonly span: Span;
  readonly random: () => number;
  /** By student: the acts for many that name it, in order. */
  readonly classBonuses: ReadonlyMap<string, readonly ManualActRecord[]>;
}

interface Span {
  readonly end: Date;
  readonly days: number;
}

/** Returns the moment when this share of a history, from 0 to 1, is over. */
const momentIn = ({ end, days }: Span, share: number): Date => new Date(end.getTime() - days * DAY_MS * (1 - share));

interface Batch {
  readonly accounts: AccountRecord[];
  readonly students: StudentRecord[];
  readonly submissions: SubmissionRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly rewards: RewardRecord[];
  readonly acts: ManualActRecord[];
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The time between two rewards of a student: 10,000 students earn a million rows in a year. */
const DAYS_PER_ROW = 3.65;
/** Ledger rows that are buffered before they are written. */
const MAX_BATCH_ROWS = 20_000;
/** About one row in a hundred is written by hand: an episode writes between none and three, and one on average. */
const EPISODES_PER_ROW = 0.008;
/** A discard revokes a submission and its grade. */
const MAX_ROWS_OF_STEP = 2;
/** Bonuses for many students at once, spread over the history. */
const CLASS_BONUSES = 10;
/** One row in so many is part of a bonus for many. */
const ROWS_PER_CLASS_BONUS = 500;

export async function seedScaleSchool(options: ScaleOptions): Promise<ScaleSchool> {
  const { name = 'scale' } = options;
  const random = randomNumbers(options.seed);
  const { course, staff } = await createCourse(name, options.now);
  const rowsOf = rowCounts(options);
  const span = { end: options.now, days: Math.ceil(options.rows / options.students) * DAYS_PER_ROW };
  const assignments = await createAssignments(course, Math.ceil(rowsOf(1) / 2) + 1, span);
  const studentIds = Array.from({ length: options.students }, () => new Types.ObjectId());
  const classBonuses = await createClassBonuses(staff, studentIds, options.rows, span, random);
  const common: Common = { staff, assignments, span, random, classBonuses };
  let batch = emptyBatch();
  let written = 0;
  for (const [number, _id] of studentIds.entries()) {
    const student = newStudent(_id, number, course, options.now, batch);
    addHistory(simulateHistory(student, rowsOf(number), common), common, batch);
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

const emptyBatch = (): Batch => ({
  accounts: [],
  students: [],
  submissions: [],
  sessions: [],
  rewards: [],
  acts: [],
});

async function write({ accounts, students, submissions, sessions, rewards, acts }: Batch): Promise<void> {
  await Promise.all([
    AccountModel.collection.insertMany(accounts, { ordered: false }),
    StudentModel.collection.insertMany(students, { ordered: false }),
    submissions.length > 0 && SubmissionModel.collection.insertMany(submissions, { ordered: false }),
    sessions.length > 0 && PomodoroSessionModel.collection.insertMany(sessions, { ordered: false }),
    rewards.length > 0 && RewardModel.collection.insertMany(rewards, { ordered: false }),
    acts.length > 0 && ManualActModel.collection.insertMany(acts, { ordered: false }),
  ]);
}

async function createCourse(name: string, now: Date): Promise<{ course: CourseRecord; staff: Staff }> {
  const [teacher, admin] = (['TEACHER', 'ADMIN'] as const).map(
    (role): AccountRecord => ({
      _id: new Types.ObjectId(),
      email: `${role.toLowerCase()}@${name}.example`,
      passwordHash: NO_PASSWORD,
      role,
      displayName: role === 'TEACHER' ? 'Scale Teacher' : 'Scale Admin',
      createdAt: now,
    }),
  ) as [AccountRecord, AccountRecord];
  const course = {
    _id: new Types.ObjectId(),
    name,
    joinCode: newJoinCode(),
    teacherId: teacher._id,
    createdAt: now,
  };
  await AccountModel.collection.insertMany([teacher, admin]);
  await CourseModel.collection.insertOne(course);
  return { course, staff: { courseId: course._id, teacherId: teacher._id, adminId: admin._id } };
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

/** Stores the acts that give bonuses to many students at once. Each student is paid in its own history. */
async function createClassBonuses(
  staff: Staff,
  studentIds: readonly Types.ObjectId[],
  rows: number,
  span: Span,
  random: () => number,
): Promise<Common['classBonuses']> {
  const wanted = Math.ceil(rows / ROWS_PER_CLASS_BONUS / CLASS_BONUSES);
  const count = Math.min(wanted, MAX_BONUSES, studentIds.length);
  const step = Math.floor(studentIds.length / count);
  const acts = Array.from({ length: CLASS_BONUSES }, (_, number) => {
    const first = Math.floor(random() * studentIds.length);
    const named = Array.from({ length: count }, (_, each) => studentIds[(first + each * step) % studentIds.length]!);
    return classBonus(staff, named, momentIn(span, (number + 0.5) / CLASS_BONUSES));
  });
  await ManualActModel.collection.insertMany(acts);
  const named = acts.flatMap((act) => act.studentIds.map((id) => ({ act, id: id.toHexString() })));
  return new Map([...groupBy(named, ({ id }) => id)].map(([id, each]) => [id, each.map(({ act }) => act)]));
}

function newStudent(
  _id: Types.ObjectId,
  number: number,
  course: CourseRecord,
  now: Date,
  { accounts }: Batch,
): StudentRecord {
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

/**
 * Creates a student's history in chronological order: submissions and focus sessions by turns, and acts by hand between
 * them. Each row has an equal part of the time. An act comes when it begins, the student's own actions later in it.
 */
function simulateHistory(student: StudentRecord, rows: number, common: Common): StudentHistory {
  const { staff, assignments, span, random } = common;
  const history = newHistory(student);
  const bonuses = [...(common.classBonuses.get(student._id.toHexString()) ?? [])];
  const timeOf = (row: number) => momentIn(span, row / rows);
  let submitted = 0;
  let steps: readonly Step[] = [];
  while (history.ledger.length < rows) {
    const row = history.ledger.length;
    const [bonus] = bonuses;
    if (bonus && bonus.at < timeOf(row + 1)) {
      payClassBonus(history, staff, bonuses.shift()!, new Date(Math.max(bonus.at.getTime(), timeOf(row).getTime())));
      continue;
    }
    if (steps.length === 0 && random() < EPISODES_PER_ROW) {
      steps = nextEpisode(history, assignments, assignments[submitted], common);
    }
    const [step, ...others] = steps;
    steps = others;
    if (step && rows - row >= MAX_ROWS_OF_STEP) step(history, timeOf(row));
    else if (row % 2 === 0 && submitted < assignments.length) {
      submit(history, assignments[submitted++]!, timeOf(row + random()));
    } else focus(history, 5 + Math.floor(random() * 50), timeOf(row + random()));
  }
  return history;
}

function addHistory(
  { student, ledger, submissions, sessions, acts }: StudentHistory,
  { span, assignments }: Common,
  batch: Batch,
): void {
  // The start of the running session is one more write.
  const { revision } = student;
  batch.students.push({ ...student, revision: revision + 1, runningPomodoro: runningAt(span.end, assignments[0]!) });
  for (const row of ledger) batch.rewards.push(row);
  for (const submission of submissions) batch.submissions.push(submission);
  for (const session of sessions) batch.sessions.push(session);
  for (const act of acts) batch.acts.push(act);
}

/** At the end of the history, every student has a running session. */
const runningAt = (end: Date, { _id: assignmentId }: AssignmentRecord): RunningPomodoroRecord => ({
  id: new Types.ObjectId(),
  startedAt: new Date(end.getTime() - 5 * MINUTE_MS),
  plannedMinutes: 25,
  device: 'laptop',
  assignmentId,
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
