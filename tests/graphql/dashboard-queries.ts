import type { ScaleSchool } from '../../src/cli/scale-school.js';

/** A query of a dashboard, as a client sends it. */
export interface DashboardQuery {
  readonly name: string;
  readonly as: 'STUDENT' | 'TEACHER';
  /** @param ask what has to be asked first, for a cursor */
  readonly text: (school: ScaleSchool, ask: (query: string) => Promise<unknown>) => string | Promise<string>;
}

const REWARD = 'id sequence reason xp auraPoints lines { rule points } newBadges { id } after { level xp }';

const query = (as: DashboardQuery['as'], name: string, text: DashboardQuery['text']): DashboardQuery => ({
  as,
  name,
  text,
});

const leaderboard =
  (period: string, after: (cursor: string) => string = () => '') =>
  async ({ course: { _id } }: ScaleSchool, ask: (query: string) => Promise<unknown>): Promise<string> => {
    const list = (args: string, fields: string) =>
      `{ course(id: "${_id}") { leaderboard(period: ${period}, first: ${args}) { ${fields} } } }`;
    const first = (await ask(list('1', 'pageInfo { endCursor }'))) as {
      course: { leaderboard: { pageInfo: { endCursor: string } } };
    };
    return list(
      `100${after(first.course.leaderboard.pageInfo.endCursor)}`,
      'me { rank auraPoints } edges { node { rank displayName auraPoints level isMe } } pageInfo { hasNextPage endCursor }',
    );
  };

const behind = (cursor: string) => `, after: "${cursor}"`;

export const dashboardQueries: readonly DashboardQuery[] = [
  query(
    'STUDENT',
    'me with ledger and badges',
    () => `{ me { ... on Student { id displayName email level xp xpForNextLevel auraPoints streak { days } runningPomodoro { id }
      unlockedBadges { badge { id } unlockedAt reward { id } } courses { name }
      rewards(first: 100) { edges { node { ${REWARD} submission { id content } pomodoro { id focusedSeconds } } } } } } }`,
  ),
  query('STUDENT', 'ledger, a later page', async (_school, ask) => {
    const page = (args: string, fields: string) =>
      `{ me { ... on Student { rewards(first: ${args}) { ${fields} } } } }`;
    const { me } = (await ask(page('1', 'pageInfo { endCursor }'))) as {
      me: { rewards: { pageInfo: { endCursor: string } } };
    };
    return page(`100${behind(me.rewards.pageInfo.endCursor)}`, `edges { node { ${REWARD} } }`);
  }),
  query(
    'STUDENT',
    'daily progress of a year',
    () =>
      `{ me { ... on Student { dailyProgress(from: "2025-12-01", to: "2026-11-30") { date xp focusedSeconds submissions } } } }`,
  ),
  query(
    'STUDENT',
    'my courses with assignments and mySubmission',
    () => `{ courses { edges { node { id name assignments(first: 100) { edges { node {
      id title dueDate closesAt pointsNow submissionCount mySubmission { id content late reward { xp } } } } } } } } }`,
  ),
  query('STUDENT', 'leaderboard WEEK with my own row', leaderboard('WEEK')),
  query('STUDENT', 'leaderboard MONTH with my own row', leaderboard('MONTH')),
  query('STUDENT', 'leaderboard ALL_TIME with my own row', leaderboard('ALL_TIME')),
  query('STUDENT', 'leaderboard ALL_TIME, a later page', leaderboard('ALL_TIME', behind)),
  query(
    'TEACHER',
    'roster with badges, streaks and running sessions',
    ({ course: { _id } }) => `{ course(id: "${_id}") { name joinCode students(first: 100) { edges { node {
      id displayName email level xp auraPoints streak { days longest freezes } runningPomodoro { id endsAt assignment { title } }
      unlockedBadges { badge { id name } unlockedAt reward { id reason } } } } pageInfo { hasNextPage endCursor } } } }`,
  ),
  query(
    'TEACHER',
    'roster with the latest rewards of each',
    ({ course: { _id } }) => `{ course(id: "${_id}") { students(first: 100) { edges { node {
      id rewards(first: 2) { edges { node { id xp submission { id } pomodoro { id } } } } } } } } }`,
  ),
  query(
    'TEACHER',
    "an assignment's submissions with students and rewards",
    ({
      assignments,
    }) => `{ assignment(id: "${assignments[0]!._id}") { title submissionCount submissions(first: 100) { edges { node {
      id content submittedAt late student { id displayName email } reward { id xp } } } } } }`,
  ),
  query(
    'TEACHER',
    'my courses with assignments and their counts',
    () =>
      `{ courses(first: 100) { edges { node { id name joinCode assignments(first: 100) { edges { node { id title submissionCount } } } } } } }`,
  ),
  query(
    'TEACHER',
    'one student with the latest rewards',
    ({ studentIds }) =>
      `{ student(id: "${studentIds[0]}") { displayName level rewards(first: 20) { edges { node { ${REWARD} } } } } }`,
  ),
  query(
    'STUDENT',
    'submitAssignment, of what has been paid before',
    ({
      assignments,
    }) => `mutation { submitAssignment(input: { assignmentId: "${assignments[0]!._id}", content: "again" }) {
      __typename ... on Refusal { code } } }`,
  ),
];
