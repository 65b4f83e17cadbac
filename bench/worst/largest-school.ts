import { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import type { Role } from '../../src/storage/models/account.js';

/** A school with as much data as the product allows: all texts of submissions have the maximum length. */
export interface LargestSchool {
  readonly teacher: Person;
  /** Has submitted every assignment. */
  readonly student: Person;
  readonly courseId: string;
  readonly joinCode: string;
  readonly assignmentIds: readonly string[];
  /** The submission of `student` for the first assignment. It has many revisions. */
  readonly submissionId: string;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface SchoolSize {
  readonly assignments: number;
  readonly students: number;
  readonly revisions: number;
}

/** Sends an operation as the owner of this token. @returns its data @throws Error if the answer has errors */
export type Ask = (token: string, query: string, variables?: object) => Promise<QueryData>;
// biome-ignore lint/suspicious/noExplicitAny: the shape depends on the query
export type QueryData = any;

export const PASSWORD = 'a password of the bench';
const MAX_CHARACTERS = 20_000;
/** Four bytes in UTF-8 and two units in memory for each character. */
const EMOJI_TEXT = '🦉'.repeat(MAX_CHARACTERS);
/** Six bytes in JSON for each character but one: a text needs a visible one. */
const ESCAPED_TEXT = `x${'\u0001'.repeat(MAX_CHARACTERS - 1)}`;
const DAY_MS = 86_400_000;
/** Concurrent requests while the school is created. */
const CONCURRENCY = 8;

/** Returns an access token that the server accepts. */
export type TokenOf = (accountId: Types.ObjectId, role: Role) => Promise<string>;

/** Creates the school: accounts in the connected database, and everything else through the server behind `ask`. */
export async function createLargestSchool(ask: Ask, tokenOf: TokenOf, size: SchoolSize): Promise<LargestSchool> {
  const newPerson = personMaker(tokenOf);
  const teacher = await newPerson('TEACHER', 'teacher');
  const { course } = (await ask(teacher.token, CREATE_COURSE, { input: { name: '🦉'.repeat(200) } })).createCourse;
  const dueDate = new Date(Date.now() + DAY_MS).toISOString();
  const assignmentIds = await mapConcurrently(size.assignments, async () => {
    const input = { courseId: course.id, title: '🦉'.repeat(200), instructions: EMOJI_TEXT, dueDate };
    return (await ask(teacher.token, CREATE_ASSIGNMENT, { input })).createAssignment.assignment.id as string;
  });
  const students = await mapConcurrently(size.students, async (number) => {
    const student = await newPerson('STUDENT', `student-${number}`);
    await ask(student.token, JOIN, { input: { joinCode: course.joinCode } });
    await submit(ask, student, assignmentIds[0]!, number);
    return student;
  });
  const [student] = students;
  const submissionId = await submit(ask, student!, assignmentIds[0]!, 0);
  for (let number = 1; number <= size.revisions; number += 1) {
    await ask(student!.token, REVISE, { input: { submissionId, content: `${number}${EMOJI_TEXT.slice(10)}` } });
  }
  await mapConcurrently(size.assignments, (number) => submit(ask, student!, assignmentIds[number]!, number));
  return { teacher, student: student!, courseId: course.id, joinCode: course.joinCode, assignmentIds, submissionId };
}

const CREATE_COURSE = `mutation ($input: CreateCourseInput!) { createCourse(input: $input) { course { id joinCode } } }`;
const CREATE_ASSIGNMENT = `mutation ($input: CreateAssignmentInput!) { createAssignment(input: $input) {
  ... on CreateAssignmentPayload { assignment { id } } } }`;
const JOIN = `mutation ($input: JoinCourseInput!) { joinCourse(input: $input) { __typename } }`;
const SUBMIT = `mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) {
  ... on SubmitAssignmentPayload { submission { id } } } }`;
const REVISE = `mutation ($input: ReviseSubmissionInput!) { reviseSubmission(input: $input) { __typename } }`;

async function submit(ask: Ask, { token }: Person, assignmentId: string, number: number): Promise<string> {
  const input = { assignmentId, content: number % 2 === 0 ? EMOJI_TEXT : ESCAPED_TEXT };
  return (await ask(token, SUBMIT, { input })).submitAssignment.submission.id;
}

const personMaker =
  (tokenOf: TokenOf) =>
  async (role: Role, name: string): Promise<Person> => {
    const email = `${name}@largest.example`;
    const displayName = '🦉'.repeat(80);
    const account = await createAccount({
      ...{ email, password: PASSWORD, role, displayName },
      ...{ timeZone: 'UTC', createdAt: new Date() },
    });
    if (account === null) throw new Error('the school already exists');
    return { id: account.id, email, token: await tokenOf(new Types.ObjectId(account.id), role) };
  };

/** Runs `work` for the numbers from 0 to `count` - 1, up to CONCURRENCY at once. @returns the results, by number */
async function mapConcurrently<Result>(count: number, work: (number: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      results[number] = await work(number);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}
