/** A school to ask about: two teachers with a course each, an admin, and students as they are needed. */
import { randomUUID } from 'node:crypto';
import { createAccount } from '../../src/actions/create-account.js';
import type { Role } from '../../src/storage/models/account.js';
import type { Client, TestServer } from '../support/client.js';

export const PASSWORD = 'a password of the tests';

export interface Person extends Client {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
}

export interface Course {
  readonly id: string;
  readonly joinCode: string;
}

export interface AssignmentTold {
  readonly title?: string;
  readonly instructions?: string | null;
  /** Absent: in an hour. */
  readonly dueDate?: string;
  readonly closesAt?: string | null;
}

export interface School {
  readonly teacher: Person;
  readonly otherTeacher: Person;
  readonly admin: Person;
  /** Of the teacher. */
  readonly course: Course;
  /** Of the other teacher. */
  readonly otherCourse: Course;
  /** A new student of these courses. */
  student(...courses: Course[]): Promise<Person>;
  /** The id of a new assignment of the teacher's course. */
  assignment(told?: AssignmentTold): Promise<string>;
  /** The same of the other teacher's. */
  otherAssignment(told?: AssignmentTold): Promise<string>;
  /** A moment so many days from now. */
  inDays(days: number): string;
}

const SESSION = 'accessToken refreshToken user { id }';

async function sessionOf(server: TestServer, mutation: 'signUp' | 'signIn', input: Credentials): Promise<Person> {
  const { accessToken, refreshToken, user } = await server.nobody.mutate(mutation, input, SESSION);
  return { ...server.as(accessToken), id: user.id, email: input.email, token: accessToken, refreshToken };
}

interface Credentials extends StudentTold {
  readonly email: string;
  readonly password: string;
}

export interface StudentTold {
  readonly displayName?: string;
  readonly timeZone?: string;
}

export const newEmail = (): string => `${randomUUID()}@school.example`;

/** A student who takes no course. */
export const newStudent = (server: TestServer, told: StudentTold = {}): Promise<Person> =>
  sessionOf(server, 'signUp', { email: newEmail(), password: PASSWORD, displayName: 'Ada Lovelace', ...told });

/** The same person in another sign-in. */
export const signedInAgain = (server: TestServer, { email }: Pick<Person, 'email'>): Promise<Person> =>
  sessionOf(server, 'signIn', { email, password: PASSWORD });

async function newStaff(server: TestServer, role: Role): Promise<Person> {
  const email = newEmail();
  const displayName = role === 'ADMIN' ? 'The Admin' : 'Ms Teacher';
  await createAccount({ email, password: PASSWORD, role, displayName, timeZone: 'UTC', createdAt: server.clock() });
  return signedInAgain(server, { email });
}

export async function createSchool(server: TestServer): Promise<School> {
  const inDays = (days: number) => new Date(server.clock().getTime() + days * 86_400_000).toISOString();
  const [teacher, otherTeacher, admin] = await Promise.all([
    newStaff(server, 'TEACHER'),
    newStaff(server, 'TEACHER'),
    newStaff(server, 'ADMIN'),
  ]);
  const course = async (by: Person, name: string): Promise<Course> =>
    (await by.mutate('createCourse', { name }, 'course { id joinCode }')).course;
  const assignmentOf = async (by: Person, courseId: string, told: AssignmentTold): Promise<string> => {
    const input = { courseId, title: 'An assignment', dueDate: inDays(1 / 24), ...told };
    return (await by.mutate('createAssignment', input, 'assignment { id }')).assignment.id;
  };
  const [own, other] = await Promise.all([course(teacher, 'Own course'), course(otherTeacher, 'Other course')]);
  let students = 0;
  return {
    teacher,
    otherTeacher,
    admin,
    course: own,
    otherCourse: other,
    async student(...courses) {
      students += 1;
      const student = await newStudent(server, { displayName: `Student ${students}` });
      for (const { joinCode } of courses) await student.mutate('joinCourse', { joinCode });
      return student;
    },
    assignment: (told = {}) => assignmentOf(teacher, own.id, told),
    otherAssignment: (told = {}) => assignmentOf(otherTeacher, other.id, told),
    inDays,
  };
}
