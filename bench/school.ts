import { Types } from 'mongoose';
import { newStudentDocument } from '../src/actions/new-student.js';
import { AssignmentModel } from '../src/storage/models/assignment.js';
import { CourseModel } from '../src/storage/models/course.js';
import { StudentModel } from '../src/storage/models/student.js';
import { tokenOf } from './tokens.js';

/** A course, with assignments that are due tomorrow: each pays everybody the same. */
export interface School {
  readonly courseId: string;
  readonly assignments: readonly string[];
  readonly dueDate: Date;
  teacherToken(): Promise<string>;
}

/** Students who are signed in, in one order everywhere. */
export interface Enrolled {
  readonly ids: readonly Types.ObjectId[];
  readonly tokens: readonly string[];
  /** The session of each. It has run for as long as it was planned for: 25 minutes. */
  readonly sessions: readonly string[];
}

const DAY_MS = 86_400_000;
const PLANNED_MINUTES = 25;
/** What handing in on the day before it is due pays, by the rules. */
export const POINTS_PER_SUBMISSION = 50;

/** A new course in the connected database. */
export async function foundSchool(assignmentCount: number): Promise<School> {
  const now = new Date();
  const teacherId = new Types.ObjectId();
  const courseId = new Types.ObjectId();
  const course = { _id: courseId, name: 'Bench', joinCode: courseId.toHexString(), teacherId, createdAt: now };
  await CourseModel.collection.insertOne(course);
  const dueDate = new Date(now.getTime() + DAY_MS);
  return {
    courseId: courseId.toHexString(),
    assignments: await addAssignments(courseId, assignmentCount, dueDate),
    dueDate,
    teacherToken: () => tokenOf(teacherId, 'TEACHER'),
  };
}

/** @returns their ids */
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

/** New students of a course in the connected database, who have done nothing yet and are in the middle of nothing. */
export async function enrol(courseId: string, count: number): Promise<Enrolled> {
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
