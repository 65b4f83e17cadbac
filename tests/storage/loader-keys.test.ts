/** Every loader answers each key of a request with what belongs to that key, however similar another key is. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import { createLoaders, type Loaders } from '../../src/storage/loaders.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { AssignmentModel } from '../../src/storage/models/assignment.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import type { PageRequest, Parent } from '../../src/storage/pages.js';
import { later, minute, noon } from '../rewards/given.js';
import { bonus, done, extend, grade, revoke } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { focus, givenAssignment, givenCourse, givenStudent, requestOf, submit } from '../support/given.js';
import { rewarded } from '../support/replays.js';

useDatabase();

const DAY = 24 * 60 * minute;
const [FIRST_DAY, SECOND_DAY] = ['2026-03-11', '2026-03-12'];

/** Two courses: the first has students 1 and 2, the second has students 0 and 1. */
let teachers: Types.ObjectId[];
let accounts: Types.ObjectId[];
let courses: Types.ObjectId[];
let students: [Types.ObjectId, Types.ObjectId, Types.ObjectId];
/** Assignments 0 and 2 belong to the first course, 1 and 3 to the second. Nobody has handed in assignment 2. */
let assignments: Types.ObjectId[];
let submissions: [SubmissionRecord, SubmissionRecord, SubmissionRecord, SubmissionRecord];
/** Of submission 0, which was regraded; of submission 3, which was revoked; and so on. */
let rows: Record<'graded' | 'bonus' | 'revoked' | 'correction' | 'otherGrade', RewardRecord>;
let sessions: RewardRecord[];
let submitted: RewardRecord[];

beforeAll(async () => {
  teachers = [new Types.ObjectId(), new Types.ObjectId()];
  const taught = [await givenCourse({ teacherId: teachers[0]! }), await givenCourse({ teacherId: teachers[1]! })];
  courses = taught.map(({ _id }) => _id);
  const [one, other] = courses as [Types.ObjectId, Types.ObjectId];
  students = [
    await givenStudent({ courseIds: [other] }),
    await givenStudent({ courseIds: [one, other] }),
    await givenStudent({ courseIds: [one] }),
  ];
  assignments = [];
  for (const days of [1, 2, 3, 4]) {
    const { _id } = await givenAssignment(taught[(days - 1) % 2]!, { dueDate: later(noon, days * DAY) });
    await AssignmentModel.collection.updateOne({ _id }, { $set: { instructions: `Instructions ${days}` } });
    assignments.push(_id);
  }
  await handInAndRevise();
  await actByHand();
  sessions = [];
  for (const student of students) sessions.push(rewarded(await focus(student, 25, { from: later(noon, DAY) })).reward);
  accounts = await Promise.all([1, 2].map(insertTeacher));
});

async function handInAndRevise(): Promise<void> {
  const [a, b, , d] = assignments as [Types.ObjectId, Types.ObjectId, Types.ObjectId, Types.ObjectId];
  const pairs = [
    [students[1], a],
    [students[2], a],
    [students[0], b],
    [students[1], b],
    [students[0], d],
  ] as const;
  const paid = [];
  for (const [position, [student, _id]] of pairs.entries()) {
    paid.push(rewarded(await submit(student, { _id }, { content: `Text ${position}`, at: at(position) })));
  }
  submitted = paid.map(({ reward }) => reward);
  submissions = paid.map(({ submission }) => submission) as never;
  const [{ _id, studentId }] = submissions;
  const facts = requestOf(studentId, at(5));
  await reviseSubmission({ studentId, submissionId: _id.toHexString(), content: 'Revised', facts });
}

async function actByHand(): Promise<void> {
  const [graded] = done(await grade(submissions[0], 80)).rewards;
  const [correction] = done(await grade(submissions[0], 90)).rewards;
  const [otherGrade] = done(await grade(submissions[1], 60)).rewards;
  const [ofBonus] = done(await bonus(students[1], courses[0]!, 7)).rewards;
  done(await revoke(submitted[3]!));
  rows = {
    graded: graded!,
    correction: correction!,
    otherGrade: otherGrade!,
    bonus: ofBonus!,
    revoked: submitted[3]!,
  };
  const extensions = [
    [students[1], assignments[0]!],
    [students[2], assignments[0]!],
    [students[0], assignments[1]!],
    [students[1], assignments[1]!],
  ] as const;
  for (const [student, assignment] of extensions) {
    done(await extend(student, assignment, { dueDate: later(noon, 9 * DAY) }));
  }
}

async function insertTeacher(number: number): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const account = { email: `teacher${number}@school.example`, passwordHash: 'none', role: 'TEACHER' };
  await AccountModel.collection.insertOne({ _id, ...account, displayName: `T ${number}`, createdAt: noon } as never);
  return _id;
}

/** The moment of a submission. */
const at = (position: number): Date => later(noon, position * minute);
const hex = (ids: readonly Types.ObjectId[]): string[] => ids.map((id) => id.toHexString());
const unknown = (): string => new Types.ObjectId().toHexString();

/** Pages that differ in their parent, their length or their beginning. */
const pages = (
  parents: readonly Types.ObjectId[],
  seconds: readonly (readonly unknown[])[],
): readonly (PageRequest & Parent)[] =>
  seconds.flatMap((after, position) =>
    [
      { first: 1, after: null },
      { first: 2, after: null },
      { first: 1, after },
    ].map((page) => ({ parentId: parents[position]!, ...page })),
  );

const afterSubmission = ({ submittedAt, _id }: SubmissionRecord) => [submittedAt, _id];

type Keys = { readonly [Name in keyof Loaders]: () => readonly Parameters<Loaders[Name]['load']>[0][] };

/** Keys with different values. Where a key has several parts, two of these differ in that part only. */
const keys: Keys = {
  account: () => [...hex(accounts), unknown()],
  student: () => [...hex(students), unknown()],
  course: () => [...hex(courses), unknown()],
  assignment: () => [...hex(assignments), unknown()],
  instructions: () => hex(assignments),
  submission: () => [...hex(submissions.map(({ _id }) => _id)), unknown()],
  text: () => [submissions[0], { ...submissions[0], revision: 1 }, submissions[1]],
  reward: () => [...hex(submitted.map(({ _id }) => _id)), unknown()],
  endedSession: () => [...hex(sessions.map(({ subject }) => subject.id)), unknown()],
  taughtCourseIds: () => [...hex(teachers), unknown()],
  submissionOf: () => [...submissions, { studentId: students[2], assignmentId: assignments[1]! }],
  submissionCount: () => [assignments[0]!, assignments[2]!, assignments[3]!].map((id) => id.toHexString()),
  submissionOfReward: () => [...submitted.slice(1), rows.correction, rows.bonus],
  sessionOfReward: () => [...sessions, rows.bonus],
  gradeRow: () => submissions.slice(0, 3),
  correctedWorth: () => [rows.revoked, rows.graded, rows.bonus],
  dayTotals: () => [
    { studentId: students[1], from: FIRST_DAY!, to: FIRST_DAY! },
    { studentId: students[1], from: FIRST_DAY!, to: SECOND_DAY! },
    { studentId: students[1], from: SECOND_DAY!, to: SECOND_DAY! },
    { studentId: students[2], from: FIRST_DAY!, to: FIRST_DAY! },
  ],
  courses: () => [
    { filter: {}, page: { first: 1, after: null } },
    { filter: {}, page: { first: 2, after: null } },
    { filter: {}, page: { first: 1, after: [courses[0]] } },
    { filter: { teacherId: teachers[0] }, page: { first: 1, after: null } },
  ],
  assignmentsOfCourse: () =>
    pages(courses, [
      [later(noon, DAY), assignments[0]],
      [later(noon, 2 * DAY), assignments[1]],
    ]),
  studentsOfCourse: () => pages(courses, [[students[1]], [students[0]]]),
  submissionsOfAssignment: () => pages(assignments, [afterSubmission(submissions[1]), afterSubmission(submissions[3])]),
  submissionsOfStudent: () => [
    ...pages([students[1]], [afterSubmission(submissions[3])]).map((page) => ({ ...page, taughtBy: null })),
    { parentId: students[1], first: 1, after: null, taughtBy: teachers[1]! },
    { parentId: students[1], first: 1, after: afterSubmission(submissions[0]), taughtBy: teachers[0]! },
    { parentId: students[2], first: 1, after: null, taughtBy: null },
  ],
  rewardsOfStudent: () => [
    ...pages([students[1]], [[3]]),
    { parentId: students[1], first: 1, after: null, lastSequence: 1 },
    { parentId: students[2], first: 1, after: null },
  ],
  extendedStudents: () => pages(assignments, [[students[1]], [students[0]]]),
};

const loadersOfRequest = (): Loaders => createLoaders(new AbortController().signal);

/** A value as text. Sets, and the days of a student, have no particular order. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, each) => {
    if (each instanceof Set) return [...each].sort();
    return each?.[0]?.date === undefined ? each : [...each].sort((one, other) => (one.date < other.date ? -1 : 1));
  }) ?? 'undefined';

describe.each(Object.keys(keys) as (keyof Loaders)[])('%s', (name) => {
  /** The values of these keys, asked for in one request. */
  async function valuesOf(some: readonly unknown[]): Promise<string[]> {
    const loader = loadersOfRequest()[name] as unknown as { load(key: unknown): Promise<unknown> };
    return (await Promise.all(some.map((key) => loader.load(key)))).map(shown);
  }

  test('answers each key alone and together with the others alike, in any order', async () => {
    const some = keys[name]();
    const alone: string[] = [];
    for (const key of some) alone.push(...(await valuesOf([key])));
    expect(new Set(alone).size).toBe(some.length);
    expect(await valuesOf(some)).toEqual(alone);
    expect(await valuesOf([...some].reverse())).toEqual([...alone].reverse());
    expect(await valuesOf([...some, ...some])).toEqual([...alone, ...alone]);
    // Requests share commands.
    const ofRequests = await Promise.all([...some, ...some.toReversed()].map((key) => valuesOf([key])));
    expect(ofRequests.flat()).toEqual([...alone, ...alone.toReversed()]);
  });
});
