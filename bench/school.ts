import { Types } from 'mongoose';
import { newStudentDocument } from '../src/actions/new-student.js';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { AssignmentModel } from '../src/storage/models/assignment.js';
import { CourseModel } from '../src/storage/models/course.js';
import { StudentModel } from '../src/storage/models/student.js';
import { tokenOf } from './tokens.js';

/** What a load needs to submit: who is signed in, and to which assignments. */
export interface School {
  /** Names the database that the server is to use. */
  readonly uri: string;
  readonly tokens: string[];
  readonly assignments: string[];
}

/** As many as no measurement uses up. */
const ASSIGNMENTS = 4_000;

/** Students of one course, signed in, and assignments that are due tomorrow. */
export async function prepareSchool(serverUri: string, students: number, say: (line: string) => void): Promise<School> {
  const uri = serverUri.replace(/\/[^/?]*\?/, '/school?');
  await connect(uri);
  await prepareCollections();
  const now = new Date();
  const teacherId = new Types.ObjectId();
  const courseId = new Types.ObjectId();
  await CourseModel.collection.insertOne({
    _id: courseId,
    name: 'Bench',
    joinCode: 'BENCH',
    teacherId,
    createdAt: now,
  });
  const assignments = Array.from({ length: ASSIGNMENTS }, (_, number) => ({
    _id: new Types.ObjectId(),
    courseId,
    title: `Assignment ${number}`,
    instructions: null,
    dueDate: new Date(now.getTime() + 86_400_000),
    closesAt: null,
    createdAt: now,
  }));
  await AssignmentModel.collection.insertMany(assignments);
  const documents = Array.from({ length: students }, (_, number) => ({
    ...newStudentDocument({
      _id: new Types.ObjectId(),
      displayName: `Student ${number}`,
      timeZone: 'UTC',
      createdAt: now,
    }),
    courseIds: [courseId],
  }));
  await StudentModel.collection.insertMany(documents);
  const tokens = await Promise.all(documents.map(({ _id }) => tokenOf(_id, 'STUDENT')));
  await disconnect();
  say(`${students} students, ${ASSIGNMENTS} assignments`);
  return { uri, tokens, assignments: assignments.map(({ _id }) => _id.toHexString()) };
}
