/** A school for the tests: two teachers with one course each, an admin, and as many students as a test needs. */
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

export interface AssignmentOptions {
  readonly title?: string;
  readonly instructions?: string | null;
  /** By default in an hour. */
  readonly dueDate?: string;
  readonly closesAt?: string | null;
}

export interface School {
  readonly teacher: Person;
  readonly otherTeacher: Person;
  readonly admin: Person;
  /** The course of `teacher`. */
  readonly course: Course;
  /** The course of `otherTeacher`. */
  readonly otherCourse: Course;
  /** @returns a new student who has joined these courses */
  student(...courses: Course[]): Promise<Person>;
  /** @returns the id of a new assignment in `course` */
  assignment(options?: AssignmentOptions): Promise<string>;
  /** @returns the id of a new assignment in `otherCourse` */
  otherAssignment(options?: AssignmentOptions): Promise<string>;
  /** @returns the moment that many days from now, in ISO 8601 */
  inDays(days: number): string;
}

const SESSION = 'accessToken refreshToken user { id }';

async function sessionOf(server: TestServer, mutation: 'signUp' | 'signIn', input: Credentials): Promise<Person> {
  const { accessToken, refreshToken, user } = await server.nobody.mutate(mutation, input, SESSION);
  return { ...server.as(accessToken), id: user.id, email: input.email, token: accessToken, refreshToken };
}

interface Credentials extends StudentOptions {
  readonly email: string;
  readonly password: string;
}

export interface StudentOptions {
  readonly displayName?: string;
  readonly timeZone?: string;
}

export const newEmail = (): string => `${randomUUID()}@school.example`;

/** @returns a new student without courses */
export const newStudent = (server: TestServer, options: StudentOptions = {}): Promise<Person> =>
  sessionOf(server, 'signUp', { email: newEmail(), password: PASSWORD, displayName: 'Ada Lovelace', ...options });

/** @returns the same person with the tokens of another sign-in */
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
  const assignmentOf = async (by: Person, courseId: string, options: AssignmentOptions): Promise<string> => {
    const input = { courseId, title: 'An assignment', dueDate: inDays(1 / 24), ...options };
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
    assignment: (options = {}) => assignmentOf(teacher, own.id, options),
    otherAssignment: (options = {}) => assignmentOf(otherTeacher, other.id, options),
    inDays,
  };
}
