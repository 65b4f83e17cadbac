import { createAccount } from '../../src/actions/create-account.js';

/** The seven viewers. All queries are for objects of "student"; "teacher" teaches that student. */
export const VIEWERS = [
  'anonymous',
  'student',
  'classmate',
  'student of another course',
  'teacher',
  'another teacher',
  'admin',
] as const;
export type Viewer = (typeof VIEWERS)[number];

/** The objects that viewers query. They all belong to the student, or to the student's course. */
export interface School {
  readonly ask: (viewer: Viewer, query: string) => Promise<Answer>;
  /** Like `ask`, but in a separate sign-in, which the query may end. */
  readonly askInNewSignIn: (viewer: Viewer, query: string) => Promise<Answer>;
  readonly student: string;
  readonly course: string;
  readonly assignment: string;
  readonly submission: string;
  readonly session: string;
  readonly joinCode: string;
  readonly otherJoinCode: string;
  readonly classmate: string;
  /** What each viewer acts on by hand. It belongs to the classmate, so that the student's own objects stay as they are. */
  readonly byHand: Readonly<Record<Viewer, ByHand>>;
}

interface ByHand {
  readonly submission: string;
  readonly reward: string;
}

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string };
  }[];
}

const PASSWORD = 'a password of the tests';
const ROLES: Partial<Record<Viewer, 'TEACHER' | 'ADMIN'>> = {
  teacher: 'TEACHER',
  'another teacher': 'TEACHER',
  admin: 'ADMIN',
};

/**
 * Two courses, and a student with one of everything: an extension, a revised and graded submission, a revoked and restored
 * reward, a completed session, badges.
 */
export async function prepareSchool(url: string, moveClock: (minutes: number) => void): Promise<School> {
  const tokens = new Map<Viewer, string>();
  const send = async (query: string, token: string | undefined): Promise<Answer> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as Answer;
  };
  const ask = (viewer: Viewer, query: string) => send(query, tokens.get(viewer));
  const must = async (viewer: Viewer, query: string): Promise<never> => {
    const { data, errors } = await ask(viewer, query);
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data as object)[0] as never;
  };
  const signIn = async (viewer: Viewer): Promise<string> => {
    const session: { accessToken: string } = await must('anonymous', signInOf(viewer, 'accessToken'));
    return session.accessToken;
  };
  const askInNewSignIn = async (viewer: Viewer, query: string) =>
    send(query, viewer === 'anonymous' ? undefined : await signIn(viewer));
  for (const viewer of VIEWERS.slice(1)) {
    const email = emailOf(viewer);
    await createAccount({
      email,
      password: PASSWORD,
      role: ROLES[viewer] ?? 'STUDENT',
      displayName: viewer,
      timeZone: 'UTC',
      createdAt: new Date(),
    });
    tokens.set(viewer, await signIn(viewer));
  }
  const course = await courseOf('teacher', ['student', 'classmate'], must);
  const { joinCode: otherJoinCode } = await courseOf('another teacher', ['student of another course'], must);
  const me: { id: string } = await must('student', '{ me { id } }');
  await must(
    'teacher',
    `mutation { extendDeadline(input: { assignmentId: "${course.assignment}", studentId: "${me.id}", dueDate: "${inDays(2)}", closesAt: "${inDays(3)}", ${OF_SETUP} }) {
      __typename } }`,
  );
  const submitted: { submission: { id: string }; reward: { id: string } } = await must(
    'student',
    `mutation { submitAssignment(input: { assignmentId: "${course.assignment}", content: "first", idempotencyKey: "k" }) {
      ... on SubmitAssignmentPayload { submission { id } reward { id } } } }`,
  );
  const submission = submitted.submission.id;
  await must(
    'student',
    `mutation { reviseSubmission(input: { submissionId: "${submission}", content: "second" }) { __typename } }`,
  );
  await must(
    'teacher',
    `mutation { gradeSubmission(input: { submissionId: "${submission}", grade: 80, feedback: "Good.", idempotencyKey: "setup" }) { __typename } }`,
  );
  for (const correction of ['revokeReward', 'restoreReward']) {
    await must(
      'teacher',
      `mutation { ${correction}(input: { rewardId: "${submitted.reward.id}", ${OF_SETUP} }) { __typename } }`,
    );
  }
  const started: { session: { id: string } } = await must('student', startOf(course.assignment));
  moveClock(1);
  const session = started.session.id;
  await must('student', `mutation { endPomodoro(input: { sessionId: "${session}" }) { __typename } }`);
  const classmate: { id: string } = await must('classmate', '{ me { id } }');
  const byHand = {} as Record<Viewer, ByHand>;
  for (const viewer of VIEWERS) byHand[viewer] = await oneForHand(course.course, must);
  const ids = { student: me.id, classmate: classmate.id, submission, session };
  return { ask, askInNewSignIn, ...ids, otherJoinCode, byHand, ...course };
}

/** A submission of the classmate for an assignment of its own. */
async function oneForHand(course: string, must: (viewer: Viewer, query: string) => Promise<never>): Promise<ByHand> {
  const assignment = await assignmentOf(course, 'teacher', must);
  const { submission, reward }: { submission: { id: string }; reward: { id: string } } = await must(
    'classmate',
    `mutation { submitAssignment(input: { assignmentId: "${assignment}", content: "mine" }) {
      ... on SubmitAssignmentPayload { submission { id } reward { id } } } }`,
  );
  return { submission: submission.id, reward: reward.id };
}

/** What acts by hand need in addition. The same input again is a repeat. */
export const BY_HAND = 'note: "A note.", idempotencyKey: "k"';
const OF_SETUP = 'note: "A note.", idempotencyKey: "setup"';

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

const emailOf = (viewer: Viewer): string => `${viewer.replaceAll(' ', '-')}@matrix.example`;

export const signInOf = (viewer: Viewer, selection: string): string =>
  `mutation { signIn(input: { email: "${emailOf(viewer)}", password: "${PASSWORD}" }) { ... on Session { ${selection} } } }`;

export const startOf = (assignment: string): string =>
  `mutation { startPomodoro(input: { plannedMinutes: 1, device: "phone", assignmentId: "${assignment}" }) {
    ... on StartPomodoroPayload { session { id } } } }`;

async function courseOf(
  teacher: Viewer,
  students: readonly Viewer[],
  must: (viewer: Viewer, query: string) => Promise<never>,
): Promise<Pick<School, 'course' | 'assignment' | 'joinCode'>> {
  const created: { course: { id: string; joinCode: string } } = await must(
    teacher,
    `mutation { createCourse(input: { name: "Course of ${teacher}" }) { course { id joinCode } } }`,
  );
  const { id: course, joinCode } = created.course;
  const assignment = await assignmentOf(course, teacher, must);
  for (const student of students) {
    await must(student, `mutation { joinCourse(input: { joinCode: "${joinCode}" }) { __typename } }`);
  }
  return { course, assignment, joinCode };
}

async function assignmentOf(
  course: string,
  teacher: Viewer,
  must: (viewer: Viewer, query: string) => Promise<never>,
): Promise<string> {
  const due = inDays(1);
  const { assignment }: { assignment: { id: string } } = await must(
    teacher,
    `mutation { createAssignment(input: { courseId: "${course}", title: "A", instructions: "I", dueDate: "${due}", closesAt: "${due}" }) {
      ... on CreateAssignmentPayload { assignment { id } } } }`,
  );
  return assignment.id;
}
