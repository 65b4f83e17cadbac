import { Types } from 'mongoose';
import { newStudentDocument } from '../src/granting/new-student.js';
import { AccountModel } from '../src/storage/models/account.js';
import { AssignmentModel } from '../src/storage/models/assignment.js';
import { CourseModel } from '../src/storage/models/course.js';
import { StudentModel } from '../src/storage/models/student.js';
import { tokenOf } from './tokens.js';

/** A course with assignments that are due tomorrow. Each assignment pays every student the same. */
export interface School {
  readonly courseId: string;
  readonly assignments: readonly string[];
  readonly dueDate: Date;
  teacherToken(): Promise<string>;
}

/** Students with access tokens. All lists have the same order. */
export interface EnrolledStudents {
  readonly ids: readonly Types.ObjectId[];
  readonly tokens: readonly string[];
  /** The running session of each student. It has run for its planned 25 minutes. */
  readonly sessions: readonly string[];
}

const DAY_MS = 86_400_000;
const PLANNED_MINUTES = 25;
/** What the rules pay for a submission one day before the due date. */
export const POINTS_PER_SUBMISSION = 50;

/** Creates a course in the connected database. */
export async function createSchool(assignmentCount: number): Promise<School> {
  const now = new Date();
  const teacherId = new Types.ObjectId();
  const courseId = new Types.ObjectId();
  const course = { _id: courseId, name: 'Bench', joinCode: courseId.toHexString(), teacherId, createdAt: now };
  await CourseModel.collection.insertOne(course);
  await AccountModel.collection.insertOne({
    _id: teacherId,
    email: `${teacherId}@school.example`,
    passwordHash: 'nobody signs in',
    role: 'TEACHER',
    displayName: 'Teacher',
    createdAt: now,
  });
  const dueDate = new Date(now.getTime() + DAY_MS);
  return {
    courseId: courseId.toHexString(),
    assignments: await addAssignments(courseId, assignmentCount, dueDate),
    dueDate,
    teacherToken: () => tokenOf(teacherId, 'TEACHER'),
  };
}

/** Adds assignments to a course. @returns their ids */
export async function addAssignments(courseId: Types.ObjectId, count: number, dueDate: Date): Promise<string[]> {
  const assignments = Array.from({ length: count }, (_, number) => ({
    _id: new Types.ObjectId(),
    courseId,
    title: `Assignment ${number}`,
    instructions: null,
    dueDate,
    closesAt: null,
    createdAt: new Date(),
  }));
  await AssignmentModel.collection.insertMany(assignments);
  return assignments.map(({ _id }) => _id.toHexString());
}

/** Creates students of a course in the connected database. They have no rewards, and each has one running session. */
export async function enrollStudents(courseId: string, count: number): Promise<EnrolledStudents> {
  const now = new Date();
  const running = () => ({
    id: new Types.ObjectId(),
    startedAt: new Date(now.getTime() - PLANNED_MINUTES * 60_000),
    plannedMinutes: PLANNED_MINUTES,
    device: 'laptop',
    assignmentId: null,
  });
  const students = Array.from({ length: count }, (_, number) => ({
    ...newStudentDocument({
      _id: new Types.ObjectId(),
      displayName: `Student ${number}`,
      timeZone: 'UTC',
      createdAt: now,
    }),
    courseIds: [new Types.ObjectId(courseId)],
    runningPomodoro: running(),
  }));
  await StudentModel.collection.insertMany(students);
  return {
    ids: students.map(({ _id }) => _id),
    tokens: await Promise.all(students.map(({ _id }) => tokenOf(_id, 'STUDENT'))),
    sessions: students.map(({ runningPomodoro }) => runningPomodoro.id.toHexString()),
  };
}
