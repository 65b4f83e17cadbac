/** Creates the school of a run directly in the database. The product has created the collections and indexes before. */
import { type mongo, Types } from 'mongoose';
import { newStudentDocument } from '../../src/granting/new-student.js';
import type { AccountRecord } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import type { Stored } from './checker.js';

export interface SchoolOptions {
  readonly students: number;
  /** The number of open assignments. */
  readonly assignments: number;
}

export interface School {
  /** The course that all students take. */
  readonly courseId: string;
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

/** Creates a school. Its students need no accounts: a token identifies a student. The teacher and the admin need one. */
export async function prepareSchool(db: mongo.Db, { students: count, assignments }: SchoolOptions): Promise<School> {
  const now = Date.now();
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
  const open = Array.from({ length: assignments }, (_, number) => assignment(number));
  const closed = assignment(0, { closesAt: new Date(now - DAY_MS) });
  const foreign = assignment(0, { courseId: new Types.ObjectId() });
  const students = Array.from({ length: count }, (_, number): StudentRecord => {
    const _id = new Types.ObjectId();
    return {
      ...newStudentDocument({ _id, displayName: `Student ${number}`, timeZone: 'UTC', createdAt }),
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
  const course = {
    _id: courseId,
    name: 'Faults',
    joinCode: courseId.toHexString(),
    teacherId: new Types.ObjectId(),
    createdAt,
  };
  const account = (_id: Types.ObjectId, role: AccountRecord['role']): AccountRecord => ({
    ...{ _id, email: `${_id}@faults.example`, passwordHash: 'none: nobody signs in' },
    ...{ role, displayName: 'Teacher', createdAt },
  });
  const admin = account(new Types.ObjectId(), 'ADMIN');
  await db.collection<AccountRecord>('accounts').insertMany([account(course.teacherId, 'TEACHER'), admin]);
  await db.collection('courses').insertOne(course);
  await db.collection('assignments').insertMany([...open, closed, foreign]);
  await db.collection('students').insertMany(students);
  return {
    courseId: courseId.toHexString(),
    teacherId: course.teacherId.toHexString(),
    adminId: admin._id.toHexString(),
    students: students.map(({ _id, runningPomodoro }) => ({
      id: _id.toHexString(),
      sessionId: runningPomodoro!.id.toHexString(),
    })),
    assignmentIds: open.map(({ _id }) => _id.toHexString()),
    closedAssignmentId: closed._id.toHexString(),
    foreignAssignmentId: foreign._id.toHexString(),
  };
}

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
