import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ScaleSchool } from '../../src/cli/scale-school.js';
import {
  ExtensionsDocument,
  ExtensionsOfCourseDocument,
  LeaderboardDocument,
  type LeaderboardPeriod,
  LedgerWithCorrectionsDocument,
  MeWithLedgerDocument,
  MyCoursesDocument,
  MyDaysDocument,
  MyExtensionsDocument,
  MyLedgerDocument,
  MyLedgerWithCorrectionsDocument,
  MySubmissionsDocument,
  OneStudentDocument,
  RosterDocument,
  RosterWithRewardsDocument,
  RosterWithSubmissionsDocument,
  SubmissionsDocument,
  SubmissionsOfStudentDocument,
  SubmitAgainDocument,
  TaughtCoursesDocument,
} from '../../web/generated/graphql.js';

/** Sends an operation as the user that the query is for. */
export type Ask = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
) => Promise<Result>;

/** A dashboard query, as a client sends it. */
export interface DashboardQuery {
  readonly name: string;
  readonly as: 'STUDENT' | 'TEACHER';
  /** Sends the query once. `prepare` first requests what it needs, for example a cursor. */
  readonly send: (ask: Ask, school: ScaleSchool, cursor: string | null) => Promise<unknown>;
  readonly prepare?: (ask: Ask, school: ScaleSchool) => Promise<string | null | undefined>;
  /** The collection of which a page reads more than it shows. */
  readonly readsMoreOf?: string;
}

const idOf = ({ course }: ScaleSchool) => course._id.toHexString();
const assignmentOf = ({ assignments }: ScaleSchool) => assignments[0]!._id.toHexString();

const leaderboard = (period: LeaderboardPeriod): DashboardQuery => ({
  name: `leaderboard ${period} with my own row`,
  as: 'STUDENT',
  send: (ask, school, after) => ask(LeaderboardDocument, { course: idOf(school), period, first: 100, after }),
});

export const dashboardQueries: readonly DashboardQuery[] = [
  { name: 'me with ledger and badges', as: 'STUDENT', send: (ask) => ask(MeWithLedgerDocument, {}) },
  {
    name: 'ledger, a later page',
    as: 'STUDENT',
    prepare: async (ask) => {
      const { me } = await ask(MyLedgerDocument, { first: 1 });
      return 'rewards' in me ? me.rewards.pageInfo.endCursor : null;
    },
    send: (ask, _school, after) => ask(MyLedgerDocument, { first: 100, after }),
  },
  {
    name: 'daily progress of a year',
    as: 'STUDENT',
    send: (ask) => ask(MyDaysDocument, { from: '2025-12-01', to: '2026-11-30' }),
  },
  {
    name: 'my courses with assignments and mySubmission',
    as: 'STUDENT',
    send: (ask) => ask(MyCoursesDocument, {}),
  },
  leaderboard('WEEK'),
  leaderboard('MONTH'),
  leaderboard('ALL_TIME'),
  {
    ...leaderboard('ALL_TIME'),
    name: 'leaderboard ALL_TIME, a later page',
    prepare: async (ask, school) => {
      const { course } = await ask(LeaderboardDocument, { course: idOf(school), period: 'ALL_TIME', first: 1 });
      return course?.leaderboard.pageInfo.endCursor;
    },
  },
  {
    name: 'roster with badges, streaks and running sessions',
    as: 'TEACHER',
    send: (ask, school) => ask(RosterDocument, { course: idOf(school) }),
  },
  {
    name: 'roster with the latest rewards of each',
    as: 'TEACHER',
    send: (ask, school) => ask(RosterWithRewardsDocument, { course: idOf(school) }),
  },
  {
    name: "an assignment's submissions with students and rewards",
    as: 'TEACHER',
    send: (ask, school) => ask(SubmissionsDocument, { assignment: assignmentOf(school) }),
  },
  {
    name: 'my courses with assignments and their counts',
    as: 'TEACHER',
    send: (ask) => ask(TaughtCoursesDocument, {}),
  },
  {
    name: 'one student with the latest rewards',
    as: 'TEACHER',
    send: (ask, { studentIds }) => ask(OneStudentDocument, { student: studentIds[0]!.toHexString() }),
  },
  {
    name: 'ledger with worths, notes, and who corrected which row',
    as: 'STUDENT',
    send: (ask) => ask(MyLedgerWithCorrectionsDocument, { first: 100 }),
  },
  {
    name: 'ledger with worths, notes, and who corrected which row, as the teacher',
    as: 'TEACHER',
    send: (ask, { studentIds }) =>
      ask(LedgerWithCorrectionsDocument, { student: studentIds[0]!.toHexString(), first: 100 }),
  },
  {
    name: 'my submissions with grades and worths',
    as: 'STUDENT',
    send: (ask) => ask(MySubmissionsDocument, {}),
  },
  {
    name: 'assignments with my extensions',
    as: 'STUDENT',
    send: (ask, school) => ask(MyExtensionsDocument, { course: idOf(school) }),
  },
  {
    name: "one student's submissions with grades and worths",
    as: 'TEACHER',
    send: (ask, { studentIds }) => ask(SubmissionsOfStudentDocument, { student: studentIds[0]!.toHexString() }),
  },
  {
    name: 'roster with the latest submissions of each',
    as: 'TEACHER',
    send: (ask, school) => ask(RosterWithSubmissionsDocument, { course: idOf(school) }),
  },
  {
    name: "an assignment's extensions",
    as: 'TEACHER',
    send: (ask, school) => ask(ExtensionsDocument, { assignment: assignmentOf(school) }),
  },
  {
    name: "a course's assignments with their extensions",
    as: 'TEACHER',
    send: (ask, school) => ask(ExtensionsOfCourseDocument, { course: idOf(school) }),
    // All acts and extended students of each assignment, of which there are few: docs/adr/0029-fewer-indexes-of-students.md.
    readsMoreOf: 'manual_acts',
  },
  {
    name: 'submitAssignment, replayed',
    as: 'STUDENT',
    send: (ask, school) => ask(SubmitAgainDocument, { assignment: assignmentOf(school) }),
  },
];
