import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { Types } from 'mongoose';
import type { Viewer as SignedIn } from '../../src/auth/policy.js';
import { createSchema } from '../../src/graphql/schema.js';
import { createFeed, type Feed } from '../../src/live/feed.js';
import { useDatabase } from '../support/database.js';
import { type RunningServer, startServer } from '../support/server.js';
import { createSubscriber, type Subscriber } from '../support/subscriber.js';

import {
  type Answer,
  BY_HAND,
  prepareSchool,
  type School,
  signInOf,
  VIEWERS,
  type Viewer,
} from './authorization-school.js';

const FILE = fileURLToPath(new URL('../../docs/authorization.md', import.meta.url));
const HOW_TO_UPDATE = 'Review the difference. If it is right, set UPDATE_DOCS=1 to write the file.';

useDatabase();

/** A query that reaches one object of a type, and the object's path in the answer. */
interface ObjectQuery {
  readonly query: (selection: string) => string;
  readonly path: readonly (string | number)[];
}

describe('who may see and do what', () => {
  let server: RunningServer;
  let schema: GraphQLSchema;
  let school: School;
  let feed: Feed;
  let subscriber: Subscriber;

  beforeAll(async () => {
    let moved = 0;
    server = await startServer({ demonstration: false, clock: () => new Date(Date.now() + moved) });
    schema = await createSchema();
    school = await prepareSchool(server.url, (minutes) => {
      moved += minutes * 60_000;
    });
    feed = createFeed({ clock: () => new Date() });
    subscriber = await createSubscriber(feed);
  });
  afterAll(() => Promise.all([server.close(), feed.stop()]));

  test('every field, query, mutation and subscription answers each viewer as docs/authorization.md says', async () => {
    const sections = [];
    for (const type of typesOf(schema)) sections.push(await sectionOf(type, school, schema, subscriber));
    const seen = `${INTRODUCTION}\n${sections.join('\n')}`;
    if (process.env.UPDATE_DOCS) await writeFile(FILE, seen);
    expect({ hint: HOW_TO_UPDATE, seen }).toEqual({ hint: HOW_TO_UPDATE, seen: await readFile(FILE, 'utf8') });
  });
});

const INTRODUCTION = `# Who may see and do what

tests/graphql/authorization.test.ts generates this page. It requests every field, query, mutation and subscription as each
of seven viewers, and fails if an answer differs from this page. The rules are in src/auth/policy.ts.

All objects belong to one student or to that student's course. "student" is that student, "classmate" takes the same
course, and "teacher" teaches it. The acts by hand, from grantBonus to extendDeadline, are about the classmate.

- yes: the viewer gets a value
- null: the field is null for this viewer
- a code: the viewer gets a GraphQL error, or a refusal as data
- .: the object does not exist for this viewer
`;

/** Query and Mutation first, then the object types by name. */
function typesOf(schema: GraphQLSchema): string[] {
  const names = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .map(({ name }) => name);
  const roots = ['Query', 'Mutation', 'Subscription'];
  return [...roots, ...names.filter((name) => !roots.includes(name)).sort()];
}

async function sectionOf(type: string, school: School, schema: GraphQLSchema, subscriber: Subscriber): Promise<string> {
  const definition = schema.getType(type);
  if (!isObjectType(definition)) throw new Error(`${type} is not an object type`);
  const rows: string[] = [];
  for (const field of Object.values(definition.getFields())) {
    const cells = [];
    for (const viewer of VIEWERS) {
      cells.push(
        type === 'Subscription'
          ? await subscriptionCellOf(field, viewer, school, subscriber)
          : await cellOf(type, field, viewer, school),
      );
    }
    rows.push(`| ${field.name} | ${cells.join(' | ')} |`);
  }
  return [
    `## ${type}`,
    '',
    `| field | ${VIEWERS.join(' | ')} |`,
    `|${'---|'.repeat(VIEWERS.length + 1)}`,
    ...rows,
    '',
  ].join('\n');
}

async function cellOf(
  type: string,
  field: GraphQLField<unknown, unknown>,
  viewer: Viewer,
  school: School,
): Promise<string> {
  if (type === 'Query' || type === 'Mutation') {
    const operation = type === 'Query' ? queriesOf(school) : mutationsOf(school, viewer);
    const asked = operation[field.name];
    if (asked === undefined) throw new Error(`this test has no operation for ${type}.${field.name}`);
    const ask = field.name === 'signOut' ? school.askInNewSignIn : school.ask;
    return outcomeOf(await ask(viewer, `${type.toLowerCase()} { ${asked} }`), [field.name]);
  }
  const objectQuery = objectQueries(school, viewer)[type];
  if (!objectQuery) throw new Error(`this test has no query for an object of type ${type}`);
  const answer = await school.ask(viewer, objectQuery.query(selectionOf(field)));
  return outcomeOf(answer, [...objectQuery.path, field.name]);
}

/** Whether a viewer may subscribe at all. What an event shows follows the rules of the object types. */
async function subscriptionCellOf(
  field: GraphQLField<unknown, unknown>,
  viewer: Viewer,
  school: School,
  subscriber: Subscriber,
): Promise<string> {
  const asked = subscriptionsOf(school)[field.name];
  if (asked === undefined) throw new Error(`this test has no operation for Subscription.${field.name}`);
  const answer = await subscriber.subscribe(await signedIn(viewer, school), `subscription { ${asked} }`);
  if (!(Symbol.asyncIterator in answer)) return String(answer.errors?.[0]?.extensions.code);
  await answer.return();
  return 'yes';
}

async function signedIn(viewer: Viewer, school: School): Promise<SignedIn | null> {
  const { data } = await school.ask(viewer, '{ me { id role } }');
  const me = at(data, 'me') as { id: string; role: SignedIn['role'] } | undefined;
  return me ? { accountId: new Types.ObjectId(me.id), role: me.role, signInId: 'a sign-in' } : null;
}

const subscriptionsOf = ({ course }: School): Record<string, string> => ({
  rewardGranted: 'rewardGranted { id }',
  pomodoroChanged: 'pomodoroChanged { id }',
  courseRewardGranted: `courseRewardGranted(courseId: "${course}") { id }`,
});

/** A field with its required arguments. If it returns an object, only __typename is selected. */
function selectionOf(field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter(isRequiredArgument).map(({ name }) => name);
  const args = required.length === 0 ? '' : `(${required.map((name) => `${name}: "${DAYS[name]}"`).join(', ')})`;
  return `${field.name}${args}${isLeafType(getNamedType(field.type)) ? '' : ' { __typename }'}`;
}

const DAYS: Record<string, string> = { from: '2026-01-01', to: '2026-01-02' };

function outcomeOf({ data, errors }: Answer, path: readonly (string | number)[]): string {
  const [error] = errors ?? [];
  const asked = path.filter((step) => typeof step === 'string').join('.');
  const failed = error?.path?.filter((step) => typeof step === 'string').join('.');
  if (error && failed === asked) return error.extensions.code;
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => at(value, step), data);
  if (error || parent === null || parent === undefined) return '.';
  const value = at(parent, path.at(-1)!);
  if (value === undefined) return '.';
  if (value === null) return 'null';
  return refusalOf(value) ?? 'yes';
}

const at = (value: unknown, step: string | number): unknown =>
  (value as Record<string | number, unknown> | null)?.[step];

const refusalOf = (value: unknown): string | undefined => {
  const code = at(value, 'code');
  return typeof code === 'string' ? code : undefined;
};

const queriesOf = ({ student, course, assignment, submission }: School): Record<string, string> => ({
  me: 'me { id }',
  student: `student(id: "${student}") { id }`,
  course: `course(id: "${course}") { id }`,
  courses: 'courses { edges { node { id } } }',
  assignment: `assignment(id: "${assignment}") { id }`,
  submission: `submission(id: "${submission}") { id }`,
  badges: 'badges { id }',
});

const REFUSED = '__typename ... on Refusal { code }';

/** Each viewer acts on the student's own objects, or on those of the student's course. */
function mutationsOf(school: School, viewer: Viewer): Record<string, string> {
  const { course, assignment, submission, session, joinCode } = school;
  const due = new Date(Date.now() + 86_400_000).toISOString();
  return {
    signUp: `signUp(input: { email: "new-${viewer.replaceAll(' ', '-')}@matrix.example", password: "long enough", displayName: "New" }) { ${REFUSED} }`,
    signIn: `signIn(input: { email: "nobody@matrix.example", password: "long enough" }) { ${REFUSED} }`,
    refreshSession: `refreshSession(refreshToken: "none") { ${REFUSED} }`,
    signOut: 'signOut',
    updateProfile: 'updateProfile(input: {}) { id }',
    submitAssignment: `submitAssignment(input: { assignmentId: "${assignment}", content: "first" }) { ${REFUSED} }`,
    reviseSubmission: `reviseSubmission(input: { submissionId: "${submission}", content: "second" }) { ${REFUSED} }`,
    startPomodoro: `startPomodoro(input: { plannedMinutes: 1, assignmentId: "${assignment}" }) { ${REFUSED} }`,
    endPomodoro: `endPomodoro(input: { sessionId: "${session}" }) { ${REFUSED} }`,
    joinCourse: `joinCourse(input: { joinCode: "${joinCode} wrong" }) { ${REFUSED} }`,
    createCourse: 'createCourse(input: { name: "Another" }) { __typename }',
    createAssignment: `createAssignment(input: { courseId: "${course}", title: "B", dueDate: "${due}" }) { ${REFUSED} }`,
    updateAssignment: `updateAssignment(input: { assignmentId: "${assignment}" }) { ${REFUSED} }`,
    ...Object.fromEntries(
      Object.entries(actsOf(school, viewer)).map(([name, input]) => [
        name,
        `${name}(input: { ${input} }) { ${REFUSED} }`,
      ]),
    ),
  };
}

/** The inputs of the acts by hand, each on what is there for this viewer. */
function actsOf({ classmate, course, assignment, byHand }: School, viewer: Viewer) {
  const { submission, reward } = byHand[viewer];
  const due = '2100-01-01T00:00:00Z';
  // Each viewer sends other dates: the same ones again would change nothing.
  const closes = `${2100 + VIEWERS.indexOf(viewer)}-01-02T00:00:00Z`;
  return {
    grantBonus: `studentId: "${classmate}", courseId: "${course}", points: 1, ${BY_HAND}`,
    grantBonuses: `studentIds: ["${classmate}"], courseId: "${course}", points: 1, ${BY_HAND}`,
    gradeSubmission: `submissionId: "${submission}", grade: 50, idempotencyKey: "k"`,
    revokeReward: `rewardId: "${reward}", ${BY_HAND}`,
    restoreReward: `rewardId: "${reward}", ${BY_HAND}`,
    discardSubmission: `submissionId: "${submission}", ${BY_HAND}`,
    extendDeadline: `studentId: "${classmate}", assignmentId: "${assignment}", dueDate: "${due}", closesAt: "${closes}", ${BY_HAND}`,
  };
}

/** A query for one object of each type, the student's own or the course's. */
function objectQueries(school: School, viewer: Viewer): Record<string, ObjectQuery> {
  const { student, course, assignment, submission, session } = school;
  const joinCode = viewer === 'student of another course' ? school.otherJoinCode : school.joinCode;
  const inside = (
    root: string,
    path: readonly (string | number)[],
    args: Record<string, string> = {},
  ): ObjectQuery => ({
    query: (selection) => {
      const nested = path
        .filter((step): step is string => typeof step === 'string')
        .slice(1)
        .reduceRight((inner, step) => `${step}${args[step] ?? ''} { ${inner} }`, selection);
      return `{ ${root} { ${nested} } }`;
    },
    path,
  });
  const result = (field: string, input: string, type: string): ObjectQuery => ({
    query: (selection) => `mutation { ${field}(input: { ${input} }) { ... on ${type} { ${selection} } } }`,
    path: [field],
  });
  const plain = (field: string, input: string): ObjectQuery => ({
    query: (selection) => `mutation { ${field}(input: { ${input} }) { ${selection} } }`,
    path: [field],
  });
  const acts = actsOf(school, viewer);
  const ofStudent = `student(id: "${student}")`;
  const ofCourse = `course(id: "${course}")`;
  const ofAssignment = `assignment(id: "${assignment}")`;
  const days = { dailyProgress: '(from: "2026-01-01", to: "2026-01-02")' };
  const due = new Date(Date.now() + 86_400_000).toISOString();
  const me = (type: string): ObjectQuery => ({
    query: (selection) => `{ me { ... on ${type} { ${selection} } } }`,
    path: ['me'],
  });
  return {
    Student: inside(ofStudent, ['student']),
    Streak: inside(ofStudent, ['student', 'streak']),
    UnlockedBadge: inside(ofStudent, ['student', 'unlockedBadges', 0]),
    DailyProgress: inside(ofStudent, ['student', 'dailyProgress', 0], days),
    RewardConnection: inside(ofStudent, ['student', 'rewards']),
    RewardEdge: inside(ofStudent, ['student', 'rewards', 'edges', 0]),
    PageInfo: inside(ofStudent, ['student', 'rewards', 'pageInfo']),
    // The first row is the focus session's. The second restores the submission's: it has a note, and corrects another row.
    Reward: inside(ofStudent, ['student', 'rewards', 'edges', 1, 'node']),
    RewardLine: inside(ofStudent, ['student', 'rewards', 'edges', 0, 'node', 'lines', 0]),
    Progress: inside(ofStudent, ['student', 'rewards', 'edges', 0, 'node', 'after']),
    PomodoroSession: inside(ofStudent, ['student', 'rewards', 'edges', 0, 'node', 'pomodoro']),
    Badge: inside('badges', ['badges', 0]),
    Course: inside(ofCourse, ['course']),
    CourseConnection: inside('courses', ['courses']),
    CourseEdge: inside('courses', ['courses', 'edges', 0]),
    StudentConnection: inside(ofCourse, ['course', 'students']),
    StudentEdge: inside(ofCourse, ['course', 'students', 'edges', 0]),
    AssignmentConnection: inside(ofCourse, ['course', 'assignments']),
    AssignmentEdge: inside(ofCourse, ['course', 'assignments', 'edges', 0]),
    LeaderboardConnection: inside(ofCourse, ['course', 'leaderboard']),
    LeaderboardEdge: inside(ofCourse, ['course', 'leaderboard', 'edges', 0]),
    LeaderboardEntry: inside(ofCourse, ['course', 'leaderboard', 'edges', 0, 'node']),
    Assignment: inside(ofAssignment, ['assignment']),
    SubmissionConnection: inside(ofAssignment, ['assignment', 'submissions']),
    SubmissionEdge: inside(ofAssignment, ['assignment', 'submissions', 'edges', 0]),
    Submission: inside(`submission(id: "${submission}")`, ['submission']),
    Teacher: me('Teacher'),
    Admin: me('Admin'),
    Session: { query: (selection) => signInOf('student', selection), path: ['signIn'] },
    Refusal: result('joinCourse', `joinCode: "${joinCode} wrong"`, 'Refusal'),
    SubmitAssignmentPayload: result(
      'submitAssignment',
      `assignmentId: "${assignment}", content: "first"`,
      'SubmitAssignmentPayload',
    ),
    ReviseSubmissionPayload: result(
      'reviseSubmission',
      `submissionId: "${submission}", content: "second"`,
      'ReviseSubmissionPayload',
    ),
    StartPomodoroPayload: result('startPomodoro', 'plannedMinutes: 1', 'StartPomodoroPayload'),
    EndPomodoroPayload: result('endPomodoro', `sessionId: "${session}"`, 'EndPomodoroPayload'),
    JoinCoursePayload: result('joinCourse', `joinCode: "${joinCode}"`, 'JoinCoursePayload'),
    CreateCoursePayload: plain('createCourse', 'name: "Another"'),
    CreateAssignmentPayload: result(
      'createAssignment',
      `courseId: "${course}", title: "C", dueDate: "${due}"`,
      'CreateAssignmentPayload',
    ),
    ExtensionConnection: inside(ofAssignment, ['assignment', 'extensions']),
    ExtensionEdge: inside(ofAssignment, ['assignment', 'extensions', 'edges', 0]),
    Extension: inside(ofAssignment, ['assignment', 'extensions', 'edges', 0, 'node']),
    GrantBonusPayload: result('grantBonus', acts.grantBonus, 'GrantBonusPayload'),
    GrantBonusesPayload: result('grantBonuses', acts.grantBonuses, 'GrantBonusesPayload'),
    GrantBonusesEntry: {
      query: (selection) =>
        `mutation { grantBonuses(input: { ${acts.grantBonuses} }) { ... on GrantBonusesPayload { entries { ${selection} } } } }`,
      path: ['grantBonuses', 'entries', 0],
    },
    GradeSubmissionPayload: result('gradeSubmission', acts.gradeSubmission, 'GradeSubmissionPayload'),
    CorrectRewardPayload: result('revokeReward', acts.revokeReward, 'CorrectRewardPayload'),
    DiscardSubmissionPayload: result('discardSubmission', acts.discardSubmission, 'DiscardSubmissionPayload'),
    ExtendDeadlinePayload: result('extendDeadline', acts.extendDeadline, 'ExtendDeadlinePayload'),
    UpdateAssignmentPayload: result('updateAssignment', `assignmentId: "${assignment}"`, 'UpdateAssignmentPayload'),
  };
}
