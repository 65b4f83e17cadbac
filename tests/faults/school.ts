/** A school for a run, written past the product once the product has made its collections: no index is the kit's. */
import { type mongo, Types } from 'mongoose';
import { newStudentDocument } from '../../src/actions/new-student.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import type { Stored } from './checker.js';

export interface SchoolOptions {
  readonly students: number;
  /** That they can submit. */
  readonly assignments: number;
}

export interface School {
  readonly students: readonly SchoolStudent[];
  readonly assignmentIds: readonly string[];
  /** Takes nothing any more. */
  readonly closedAssignmentId: string;
  /** Of a course that nobody takes. */
  readonly foreignAssignmentId: string;
}

export interface SchoolStudent {
  readonly id: string;
  /** Has run for longer than it was planned: whoever ends it is paid for 25 minutes. */
  readonly sessionId: string;
}

const DAY_MS = 86_400_000;
const SESSION_BEGAN_MS_AGO = 2 * 3_600_000;

/** Accounts are not needed: a token says who a student is. */
export async function prepareSchool(db: mongo.Db, { students: count, assignments }: SchoolOptions): Promise<School> {
  const now = Date.now();
  const createdAt = new Date(now);
  const courseId = new Types.ObjectId();
  const assignment = (number: number, told: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
    _id: new Types.ObjectId(),
    courseId,
    title: `Assignment ${number}`,
    instructions: null,
    // From three days ago to ten days from now: they pay differently.
    dueDate: new Date(now + ((number % 14) - 3) * DAY_MS),
    closesAt: null,
    createdAt,
    ...told,
  });
  const open = Array.from({ length: assignments }, (_, number) => assignment(number));
  const closed = assignment(0, { closesAt: new Date(now - DAY_MS) });
  const foreign = assignment(0, { courseId: new Types.ObjectId() });
  const students = Array.from({ length: count }, (_, number): StudentRecord => {
    const _id = new Types.ObjectId();
    return {
      ...newStudentDocument({ _id, displayName: `Student ${number}`, timeZone: 'UTC', createdAt }),
      courseIds: [courseId],
      // The start of the session was a write.
      revision: 1,
      runningPomodoro: {
        id: new Types.ObjectId(),
        startedAt: new Date(now - SESSION_BEGAN_MS_AGO),
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
  await db.collection('courses').insertOne(course);
  await db.collection('assignments').insertMany([...open, closed, foreign]);
  await db.collection('students').insertMany(students);
  return {
    students: students.map(({ _id, runningPomodoro }) => ({
      id: _id.toHexString(),
      sessionId: runningPomodoro!.id.toHexString(),
    })),
    assignmentIds: open.map(({ _id }) => _id.toHexString()),
    closedAssignmentId: closed._id.toHexString(),
    foreignAssignmentId: foreign._id.toHexString(),
  };
}

/** All that there is of its students, as it is committed. */
export async function readStored(db: mongo.Db): Promise<Stored> {
  const all = <Row extends object>(name: string, order: mongo.Sort) =>
    db
      .collection<Row>(name, { readConcern: { level: 'majority' } })
      .find()
      .sort(order)
      .toArray();
  const [students, rewards, submissions, sessions] = await Promise.all([
    all<StudentRecord>('students', { _id: 1 }),
    all<RewardRecord>('rewards', { studentId: 1, sequence: 1 }),
    all<SubmissionRecord>('submissions', { _id: 1 }),
    all<PomodoroSessionRecord>('pomodoro_sessions', { _id: 1 }),
  ]);
  return { students, rewards, submissions, sessions } as Stored;
}
