/** Creates the school of a run directly in the database. The product has created the collections and indexes before. */
import { type mongo, Types } from 'mongoose';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { newJoinCode } from '../../src/storage/join-codes.js';
import type { AccountRecord } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import { accountOf } from '../support/accounts.js';
import type { Stored } from './checker.js';

export interface SchoolOptions {
  readonly students: number;
  /** The number of open assignments. */
  readonly assignments: number;
  /** When it is created, in milliseconds since the epoch. By default now. */
  readonly at?: number;
  /** How long after that the open assignments close, in milliseconds. By default they never close. */
  readonly closesAfterMs?: number;
  /** The time zones of the students, in turn. By default UTC. */
  readonly timeZones?: readonly string[];
}

export interface School {
  /** The course that all students take. */
  readonly courseId: string;
  readonly joinCode: string;
  readonly teacherId: string;
  /** A second account that may put everything right by hand. */
  readonly adminId: string;
  readonly students: readonly SchoolStudent[];
  readonly assignmentIds: readonly string[];
  /** An assignment that no longer accepts submissions. */
  readonly closedAssignmentId: string;
  /** An assignment of a course that no student takes. */
  readonly foreignAssignmentId: string;
}

export interface SchoolStudent {
  readonly id: string;
  /** A session that has run past its planned end. Ending it pays 25 minutes. */
  readonly sessionId: string;
}

const DAY_MS = 86_400_000;
const SESSION_AGE_MS = 2 * 3_600_000;

/** Creates a school. Nobody signs in to its accounts: a token identifies a student. */
export async function prepareSchool(db: mongo.Db, options: SchoolOptions): Promise<School> {
  const { students: count, assignments, at: now = Date.now(), closesAfterMs, timeZones = ['UTC'] } = options;
  const createdAt = new Date(now);
  const courseId = new Types.ObjectId();
  const assignment = (number: number, overrides: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
    _id: new Types.ObjectId(),
    courseId,
    title: `Assignment ${number}`,
    instructions: null,
    // Due dates range from three days ago to ten days from now, so the assignments pay different points.
    dueDate: new Date(now + ((number % 14) - 3) * DAY_MS),
    closesAt: null,
    createdAt,
    ...overrides,
  });
  const closesAt = closesAfterMs === undefined ? null : new Date(now + closesAfterMs);
  const open = Array.from({ length: assignments }, (_, number) => assignment(number, { closesAt }));
  const closed = assignment(0, { closesAt: new Date(now - DAY_MS) });
  const course = courseAt(courseId, createdAt);
  const other = { ...courseAt(new Types.ObjectId(), createdAt), teacherId: course.teacherId };
  const foreign = assignment(0, { courseId: other._id });
  const students = Array.from({ length: count }, (_, number): StudentRecord => {
    const _id = new Types.ObjectId();
    return {
      ...newStudentDocument({
        ...{ _id, displayName: `Student ${number}`, createdAt },
        timeZone: timeZones[number % timeZones.length]!,
      }),
      courseIds: [courseId],
      // Starting the session was the first write.
      revision: 1,
      runningPomodoro: {
        id: new Types.ObjectId(),
        startedAt: new Date(now - SESSION_AGE_MS),
        plannedMinutes: 25,
        device: null,
        assignmentId: null,
      },
    };
  });
  const adminId = new Types.ObjectId();
  const accounts = [
    { ...accountOf(course.teacherId, 'TEACHER'), createdAt },
    { ...accountOf(adminId, 'ADMIN'), createdAt },
    ...students.map(({ _id }) => ({ ...accountOf(_id, 'STUDENT'), createdAt })),
  ];
  await db.collection<AccountRecord>('accounts').insertMany(accounts);
  await db.collection('courses').insertMany([course, other]);
  await db.collection('assignments').insertMany([...open, closed, foreign]);
  await db.collection('students').insertMany(students);
  return {
    courseId: courseId.toHexString(),
    joinCode: course.joinCode,
    teacherId: course.teacherId.toHexString(),
    adminId: adminId.toHexString(),
    students: students.map(({ _id, runningPomodoro }) => ({
      id: _id.toHexString(),
      sessionId: runningPomodoro!.id.toHexString(),
    })),
    assignmentIds: open.map(({ _id }) => _id.toHexString()),
    closedAssignmentId: closed._id.toHexString(),
    foreignAssignmentId: foreign._id.toHexString(),
  };
}

const courseAt = (_id: Types.ObjectId, createdAt: Date): CourseRecord => ({
  _id,
  name: 'Faults',
  joinCode: newJoinCode(),
  teacherId: new Types.ObjectId(),
  createdAt,
});

/** Reads all committed documents of the students. */
export async function readStored(db: mongo.Db): Promise<Stored> {
  const all = <Row extends object>(name: string, order: mongo.Sort) =>
    db
      .collection<Row>(name, { readConcern: { level: 'majority' } })
      .find()
      .sort(order)
      .toArray();
  const [students, rewards, submissions, sessions, acts] = await Promise.all([
    all<StudentRecord>('students', { _id: 1 }),
    all<RewardRecord>('rewards', { studentId: 1, sequence: 1 }),
    all<SubmissionRecord>('submissions', { _id: 1 }),
    all<PomodoroSessionRecord>('pomodoro_sessions', { _id: 1 }),
    all<ManualActRecord>('manual_acts', { _id: 1 }),
  ]);
  return { students, rewards, submissions, sessions, acts } as Stored;
}
