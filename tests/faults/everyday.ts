/** What students and teachers do besides: they change texts, time zones and due dates, sign up, join, and read. */
import type { Paid } from './acts.js';
import type { EverydayOperation, LogicalRequest } from './record.js';
import type { School } from './school.js';

/** A ledger has no more rows in this kit, and a course no more students. */
const ROWS = 100;

const PROGRESS = 'level xp lifetimeXp auraPoints';

export const EVERYDAY_QUERIES: Readonly<Record<EverydayOperation, string>> = {
  reviseSubmission: `mutation ($input: ReviseSubmissionInput!) { reviseSubmission(input: $input) {
    ... on ReviseSubmissionPayload { submission { id content } } ... on Refusal { code } } }`,
  updateProfile: `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
    id ... on Student { timeZone } } }`,
  updateAssignment: `mutation ($input: UpdateAssignmentInput!) { updateAssignment(input: $input) {
    ... on UpdateAssignmentPayload { assignment { id dueDate } } ... on Refusal { code } } }`,
  joinCourse: `mutation ($input: JoinCourseInput!) { joinCourse(input: $input) {
    ... on JoinCoursePayload { course { id } } ... on Refusal { code } } }`,
  signUp: `mutation ($input: SignUpInput!) { signUp(input: $input) {
    ... on Session { user { id } } ... on Refusal { code } } }`,
  leaderboard: `query ($id: ID!, $period: LeaderboardPeriod!) { leaderboard: course(id: $id) {
    leaderboard(period: $period, first: ${ROWS}) {
      edges { node { rank displayName auraPoints level isMe } } me { rank displayName auraPoints level isMe } } } }`,
  ledger: `query ($id: ID!) { ledger: student(id: $id) {
    ${PROGRESS} submissionCount pomodoroCount totalPomodoroSeconds timeZone
    rewards(first: ${ROWS}) { edges { node { id sequence reason xp auraPoints before { ${PROGRESS} }
      after { ${PROGRESS} } grantedAt } } }
    submissions(first: ${ROWS}) { edges { node { id content } } } } }`,
};

/** Zones that are at different days at many moments. Each change of a student's zone is to the next of them. */
const ZONES = ['Pacific/Kiritimati', 'America/Los_Angeles', 'Pacific/Pago_Pago', 'Europe/Berlin'] as const;
const HOUR_MS = 3_600_000;

const base = { subjectId: null, idempotencyKey: null, content: null } as const;

/** Changes of one thing: each is sent after the one before is resolved, so that their order is known. */
function changesOf(
  operation: EverydayOperation,
  of: string,
  values: readonly string[],
  more: Pick<LogicalRequest, 'studentId'> & {
    actor?: { id: string; role: 'TEACHER' };
    inputOf: (value: string) => object;
  },
): LogicalRequest[] {
  const { studentId, actor, inputOf } = more;
  const idOf = (number: number) => `${operation} ${number} of ${of}`;
  return values.map((value, position) => ({
    ...{ ...base, id: idOf(position + 1), studentId, operation },
    ...(position > 0 && { sendAfter: idOf(position) }),
    everyday: {
      ...(actor && { actor }),
      variables: { input: inputOf(value) },
      change: { of, number: position + 1, value },
    },
  }));
}

/** Revisions of a submission. @param count the number of them */
export const revisionsOf = ({ studentId, submissionId }: Paid, count: number): LogicalRequest[] =>
  changesOf(
    'reviseSubmission',
    `text ${submissionId}`,
    numbered(count, (number) => `An essay, version ${number}`),
    {
      studentId,
      inputOf: (content) => ({ submissionId, content }),
    },
  );

export const zoneChangesOf = (studentId: string, count: number): LogicalRequest[] =>
  changesOf(
    'updateProfile',
    `zone ${studentId}`,
    numbered(count, (number) => ZONES[number % ZONES.length]!),
    {
      studentId,
      inputOf: (timeZone) => ({ timeZone }),
    },
  );

/** Each new due date is in the future, on a full hour. */
export function dueDatesOf({ teacherId }: School, assignmentId: string, count: number): LogicalRequest[] {
  const from = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
  const dates = numbered(count, (number) => new Date(from + number * 25 * HOUR_MS).toISOString());
  return changesOf('updateAssignment', `due ${assignmentId}`, dates, {
    ...{ studentId: teacherId, actor: { id: teacherId, role: 'TEACHER' } },
    inputOf: (dueDate) => ({ assignmentId, dueDate }),
  });
}

const numbered = (count: number, textOf: (number: number) => string): string[] =>
  Array.from({ length: count }, (_, position) => textOf(position + 1));

export const emailOf = (number: number): string => `newcomer-${number}@faults.example`;

export function signUpOf(number: number): LogicalRequest {
  const input = { email: emailOf(number), password: 'a long password', displayName: `Newcomer ${number}` };
  return {
    ...{ ...base, id: `sign-up-${number}`, studentId: '', operation: 'signUp' },
    everyday: { actor: null, variables: { input: { ...input, timeZone: 'Europe/Berlin' } } },
  };
}

export const joinOf = (studentId: string, { joinCode }: School): LogicalRequest => ({
  ...{ ...base, id: `join-${studentId}`, studentId, operation: 'joinCourse' },
  everyday: { variables: { input: { joinCode } } },
});

export const leaderboardReadOf = (studentId: string, { courseId }: School, number: number): LogicalRequest => ({
  ...{ ...base, id: `board-${studentId}-${number}`, studentId, operation: 'leaderboard' },
  // All rewards of a run are of this week, so both are the same.
  everyday: { variables: { id: courseId, period: number % 2 === 0 ? 'ALL_TIME' : 'WEEK' } },
});

/** Every second one is read by the teacher. */
export const ledgerReadOf = (studentId: string, { teacherId }: School, number: number): LogicalRequest => ({
  ...{ ...base, id: `ledger-${studentId}-${number}`, studentId, operation: 'ledger' },
  everyday: {
    ...(number % 2 === 0 && { actor: { id: teacherId, role: 'TEACHER' } }),
    variables: { id: studentId },
  },
});
