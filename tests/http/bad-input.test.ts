/**
 * P7, no client mistake is a server error: tests each input of the API on both sides of each of its limits. A refusal
 * is BAD_USER_INPUT, names the field, says what to do, and leaves the whole database unchanged.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLSchema, getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { type Answer, type AnsweredError, type Client, mutationOf, useServer } from '../support/client.js';
import {
  ABSENT,
  closesAt,
  DUE,
  day,
  dueDate,
  email,
  exactText,
  id,
  ids,
  knownEmail,
  knownPassword,
  type Limits,
  NOT_TEXTS,
  named,
  neverNull,
  newPassword,
  optional,
  page,
  period,
  required,
  type Sample,
  text,
  timeZone,
  trueOrFalse,
  wholeNumber,
} from './samples.js';
import { createSchool, newEmail, PASSWORD, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
let assignmentId: string;
let submissionId: string;
let rewardId: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  assignmentId = await school.assignment();
  const submitted = await student.mutate(
    'submitAssignment',
    { assignmentId, content: 'x' },
    'submission { id } reward { id }',
  );
  submissionId = submitted.submission.id;
  rewardId = submitted.reward.id;
});

/** A mutation with one input: who calls it, a valid input, and the limits of each of its fields. */
interface Inputs {
  readonly by: () => Client;
  readonly good: () => Record<string, unknown>;
  readonly fields: Readonly<Record<string, Limits>>;
}

/** What every act by hand has. */
const byHand = () => ({ note: 'x', idempotencyKey: randomUUID() });
const BY_HAND = { note: required(text(1, 500)), idempotencyKey: required(exactText(1, 255)) };

const inputs: Readonly<Record<string, Inputs>> = {
  signUp: {
    by: () => server.nobody,
    good: () => ({ email: newEmail(), password: PASSWORD, displayName: 'Ada' }),
    fields: {
      email: required(email),
      password: required(newPassword()),
      displayName: required(named(1, 80)),
      timeZone: neverNull(timeZone),
    },
  },
  signIn: {
    by: () => server.nobody,
    good: () => ({ email: student.email, password: PASSWORD }),
    fields: { email: required(knownEmail), password: required(knownPassword()) },
  },
  updateProfile: {
    by: () => student,
    good: () => ({}),
    fields: {
      displayName: neverNull(named(1, 80)),
      timeZone: neverNull(timeZone),
      showOnLeaderboard: neverNull(trueOrFalse),
    },
  },
  submitAssignment: {
    by: () => student,
    good: () => ({ assignmentId, content: 'x' }),
    fields: {
      assignmentId: required(id),
      content: required(text(1, 20_000)),
      idempotencyKey: optional(exactText(1, 255)),
    },
  },
  reviseSubmission: {
    by: () => student,
    good: () => ({ submissionId, content: 'x' }),
    fields: { submissionId: required(id), content: required(text(1, 20_000)) },
  },
  startPomodoro: {
    by: () => student,
    good: () => ({}),
    fields: {
      plannedMinutes: neverNull(wholeNumber(1, 120)),
      device: optional(named(0, 80)),
      assignmentId: optional(id),
    },
  },
  endPomodoro: {
    by: () => student,
    good: () => ({ sessionId: 'none' }),
    fields: { sessionId: required(id), idempotencyKey: optional(exactText(1, 255)) },
  },
  joinCourse: {
    by: () => student,
    good: () => ({ joinCode: school.course.joinCode }),
    fields: { joinCode: required(text(1, 200)) },
  },
  createCourse: {
    by: () => school.teacher,
    good: () => ({ name: 'A course' }),
    fields: { name: required(named(1, 200)) },
  },
  createAssignment: {
    by: () => school.teacher,
    good: () => ({ courseId: school.course.id, title: 'An assignment', dueDate: DUE }),
    fields: {
      courseId: required(id),
      title: required(named(1, 200)),
      instructions: optional(text(0, 20_000)),
      dueDate: required(dueDate),
      closesAt: optional(closesAt),
    },
  },
  updateAssignment: {
    by: () => school.teacher,
    good: () => ({ assignmentId, dueDate: DUE }),
    fields: {
      assignmentId: required(id),
      title: neverNull(named(1, 200)),
      instructions: optional(text(0, 20_000)),
      dueDate: neverNull(dueDate),
      closesAt: optional(closesAt),
    },
  },
  grantBonus: {
    by: () => school.teacher,
    good: () => ({ studentId: student.id, courseId: school.course.id, points: 1, ...byHand() }),
    fields: { studentId: required(id), courseId: required(id), points: required(wholeNumber(1, 1_000)), ...BY_HAND },
  },
  grantBonuses: {
    by: () => school.teacher,
    good: () => ({ courseId: school.course.id, studentIds: ['none'], points: 1, ...byHand() }),
    fields: {
      courseId: required(id),
      studentIds: optional(ids(500)),
      points: required(wholeNumber(1, 1_000)),
      ...BY_HAND,
    },
  },
  gradeSubmission: {
    by: () => school.teacher,
    good: () => ({ submissionId, grade: 1, idempotencyKey: randomUUID() }),
    fields: {
      submissionId: required(id),
      grade: required(wholeNumber(0, 100)),
      feedback: optional(text(1, 5_000)),
      idempotencyKey: BY_HAND.idempotencyKey,
    },
  },
  revokeReward: {
    by: () => school.teacher,
    good: () => ({ rewardId, ...byHand() }),
    fields: { rewardId: required(id), ...BY_HAND },
  },
  restoreReward: {
    by: () => school.teacher,
    good: () => ({ rewardId, ...byHand() }),
    fields: { rewardId: required(id), ...BY_HAND },
  },
  discardSubmission: {
    by: () => school.teacher,
    good: () => ({ submissionId, ...byHand() }),
    fields: { submissionId: required(id), ...BY_HAND },
  },
  extendDeadline: {
    by: () => school.teacher,
    good: () => ({ assignmentId, studentId: student.id, dueDate: DUE, ...byHand() }),
    fields: {
      assignmentId: required(id),
      studentId: required(id),
      dueDate: optional(dueDate),
      closesAt: optional(closesAt),
      ...BY_HAND,
    },
  },
};

/** The arguments of one field: who sends them, their valid values, and the query with the field. */
interface Arguments {
  readonly by: () => Client;
  readonly good: () => Record<string, unknown>;
  readonly query: string;
  readonly fields: Readonly<Record<string, Limits>>;
}

const PAGE = '$first: Int! = 20, $after: String';
const OF_PAGE = '(first: $first, after: $after) { pageInfo { hasNextPage } }';
const ofCourse = () => ({ id: school.course.id });

const args: Readonly<Record<string, Arguments>> = {
  'Query.courses': {
    by: () => student,
    good: () => ({}),
    query: `query (${PAGE}) { courses${OF_PAGE} }`,
    fields: page,
  },
  'Course.assignments': {
    by: () => student,
    good: ofCourse,
    query: `query ($id: ID!, ${PAGE}) { course(id: $id) { assignments${OF_PAGE} } }`,
    fields: page,
  },
  'Course.students': {
    by: () => school.teacher,
    good: ofCourse,
    query: `query ($id: ID!, ${PAGE}) { course(id: $id) { students${OF_PAGE} } }`,
    fields: page,
  },
  'Course.leaderboard': {
    by: () => student,
    good: ofCourse,
    query: `query ($id: ID!, $period: LeaderboardPeriod! = WEEK, ${PAGE}) {
      course(id: $id) { leaderboard(period: $period, first: $first, after: $after) { pageInfo { hasNextPage } } } }`,
    fields: { ...page, period },
  },
  'Assignment.submissions': {
    by: () => school.teacher,
    good: () => ({ id: assignmentId }),
    query: `query ($id: ID!, ${PAGE}) { assignment(id: $id) { submissions${OF_PAGE} } }`,
    fields: page,
  },
  'Assignment.extensions': {
    by: () => school.teacher,
    good: () => ({ id: assignmentId }),
    query: `query ($id: ID!, ${PAGE}) { assignment(id: $id) { extensions${OF_PAGE} } }`,
    fields: page,
  },
  'Student.submissions': {
    by: () => student,
    good: () => ({}),
    query: `query (${PAGE}) { me { ... on Student { submissions${OF_PAGE} } } }`,
    fields: page,
  },
  'Student.rewards': {
    by: () => student,
    good: () => ({}),
    query: `query (${PAGE}) { me { ... on Student { rewards${OF_PAGE} } } }`,
    fields: page,
  },
  'Student.dailyProgress': {
    by: () => student,
    good: () => ({ from: '2027-03-01', to: '2027-03-01' }),
    query:
      'query ($from: LocalDate!, $to: LocalDate!) { me { ... on Student { dailyProgress(from: $from, to: $to) { xp } } } }',
    fields: { from: day, to: day },
  },
  ...Object.fromEntries(
    ['student', 'course', 'assignment', 'submission'].map((name) => [
      `Query.${name}`,
      {
        by: () => student,
        good: () => ({}),
        query: `query ($id: ID!) { ${name}(id: $id) { id } }`,
        fields: { id: required(id) },
      },
    ]),
  ),
  'Mutation.refreshSession': {
    by: () => server.nobody,
    good: () => ({}),
    query:
      'mutation ($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) { ... on Refusal { code } } }',
    fields: {
      refreshToken: required({
        accepts: [
          ['an empty text', ''],
          ['a word', 'token'],
          ['a NUL', '\0'],
          ['half a surrogate pair', '\ud83d'],
          ['a very long one', 'a'.repeat(15_000)],
        ],
        refuses: NOT_TEXTS,
      }),
    },
  },
};

const withSample = (good: Record<string, unknown>, field: string, value: unknown): Record<string, unknown> => {
  const { [field]: _, ...others } = good;
  return value === ABSENT ? others : { ...others, [field]: value };
};

/** What an answer makes of a request, in one line: "taken", or the code and the fields that are named. */
function verdictOf({ status, errors }: Answer): string {
  return errors.length === 0 ? 'taken' : errors.map((error) => refusalOf(error, status)).join(' and ');
}

function refusalOf({ message, extensions: { code, fields = [] } }: AnsweredError, status: number): string {
  const paths = fields.map(({ path }) => path).sort();
  const odd = fields.map((field) => field.message).filter((told) => !A_SENTENCE.test(told));
  return [
    `${code} at ${paths}`,
    ...(status === 200 || status === 400 ? [] : [`with HTTP ${status}`]),
    ...(fields.length === 0 ? [`saying "${message}"`] : odd.map((told) => `saying "${told}"`)),
  ].join(' ');
}

/** Begins like one, ends like one, is short, and repeats none of the samples. */
const A_SENTENCE = /^[A-Z](?!.*(?:\$|xxx|😀|abcdefgh|\0))[^\n]{8,120}\.$/u;

const refusedAt = (...paths: string[]): string => `BAD_USER_INPUT at ${paths.sort()}`;

/** Expects BAD_USER_INPUT at exactly these places, with messages, and no write. */
async function expectRefused(request: () => Promise<Answer>, ...paths: string[]): Promise<void> {
  const before = await server.database.snapshot();
  expect(verdictOf(await request())).toBe(refusedAt(...paths));
  expect(await server.database.snapshot()).toEqual(before);
}

/** Sends every sample of a field. A refused one must write nothing. */
async function expectLimits(
  path: string,
  { accepts, refuses }: Limits,
  call: (value: unknown) => Promise<Answer>,
): Promise<void> {
  const verdicts = async (samples: readonly Sample[]) => {
    const told: [string, string][] = [];
    for (const [name, value] of samples) told.push([name, verdictOf(await call(value))]);
    return Object.fromEntries(told);
  };
  const all = (samples: readonly Sample[], verdict: string) =>
    Object.fromEntries(samples.map(([name]) => [name, verdict]));
  expect(await verdicts(accepts)).toEqual(all(accepts, 'taken'));
  const before = await server.database.snapshot();
  expect(await verdicts(refuses)).toEqual(all(refuses, refusedAt(path)));
  expect(await server.database.snapshot()).toEqual(before);
}

describe.each(Object.entries(inputs))('%s', (mutation, { by, good, fields }) => {
  test.each(Object.entries(fields))('%s', (field, limits) =>
    expectLimits(`input.${field}`, limits, (value) =>
      by().ask(mutationOf(mutation), { input: withSample(good(), field, value) }),
    ),
  );
});

describe.each(Object.entries(args))('%s', (_, { by, good, query, fields }) => {
  test.each(Object.entries(fields))('%s', (field, limits) =>
    expectLimits(field, limits, (value) => by().ask(query, withSample(good(), field, value))),
  );
});

test('these tables contain every input and every argument of the API', async () => {
  const tried = [
    ...Object.entries(inputs).flatMap(([mutation, { fields }]) =>
      Object.keys(fields).map((field) => `Mutation.${mutation} input.${field}`),
    ),
    ...Object.entries(args).flatMap(([name, { fields }]) => Object.keys(fields).map((field) => `${name} ${field}`)),
  ];
  expect(tried.sort()).toEqual(inputsOf(await createSchema()).sort());
});

function inputsOf(schema: GraphQLSchema): string[] {
  const fields = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    // Those of subscriptions are tried in subscriptions.test.ts: they have no answer over POST.
    .filter(({ name }) => !name.startsWith('__') && name !== 'Subscription')
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
  return fields.flatMap(({ name, field }) =>
    field.args.flatMap((argument) => {
      const type = getNamedType(argument.type);
      if (!isInputObjectType(type)) return [`${name} ${argument.name}`];
      return Object.keys(type.getFields()).map((inner) => `${name} ${argument.name}.${inner}`);
    }),
  );
}

test('a name with as many accents as fit into a request is refused before it is normalised', () =>
  // Normalising it would take minutes.
  expectRefused(
    () =>
      student.ask(mutationOf('updateProfile', '__typename'), {
        input: { displayName: `a${'\u0301\u0327'.repeat(100_000)}` },
      }),
    'input.displayName',
  ));

describe('one answer names all mistakes', () => {
  const signUp = (input: object) => server.nobody.ask(mutationOf('signUp'), { input });

  test('limits', () =>
    expectRefused(
      () => signUp({ email: 'nobody', password: 'short', displayName: ' ', timeZone: '+02:00' }),
      ...['email', 'password', 'displayName', 'timeZone'].map((field) => `input.${field}`),
    ));

  test('types, what is missing and what does not exist', () =>
    expectRefused(
      () => signUp({ email: { $ne: null }, password: 7, role: 'ADMIN' }),
      ...['email', 'password', 'displayName', 'role'].map((field) => `input.${field}`),
    ));

  test('limits, and contradictory dates', () => {
    const input = { courseId: school.course.id, title: '', dueDate: DUE, closesAt: '2027-02-01T12:00:00Z' };
    return expectRefused(
      () => school.teacher.ask(mutationOf('createAssignment'), { input }),
      'input.title',
      'input.closesAt',
    );
  });

  test('limits of an act by hand, and a closing date before the due date', () => {
    const dates = { dueDate: DUE, closesAt: '2027-02-01T12:00:00Z' };
    const input = { assignmentId, studentId: student.id, ...dates, note: ' ', idempotencyKey: '' };
    return expectRefused(
      () => school.teacher.ask(mutationOf('extendDeadline'), { input }),
      ...['closesAt', 'note', 'idempotencyKey'].map((field) => `input.${field}`),
    );
  });

  test('more than graphql-js counts', async () => {
    const input = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`field${n}`, n]));
    const { code, errors } = await signUp(input);
    expect(code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.extensions.fields?.at(-1)).toEqual({
      path: 'variables',
      message: 'They have more problems than this list shows.',
    });
  });
});

describe('a value in the query that has the wrong type is named by its place', () => {
  const create = (fields: string) => `mutation { createAssignment(input: { ${fields} }) { __typename } }`;
  const good = 'courseId: "x", title: "x", dueDate: "2026-12-01T00:00:00Z"';

  test.each<[string, string, string[]]>([
    ['a moment without a zone', create('courseId: "x", title: "x", dueDate: "2026-12-01T00:00"'), ['input.dueDate']],
    [
      'a moment after the year 9999',
      create(good.replace('2026-12-01T00:00:00Z', '9999-12-31T23:59:59-01:00')),
      ['input.dueDate'],
    ],
    ['a field that is missing', create('courseId: "x", title: "x"'), ['input']],
    ['a text for a number', '{ courses(first: "5") { edges { cursor } } }', ['first']],
    ['null', '{ courses(first: null) { edges { cursor } } }', ['first']],
    [
      'in a list',
      'mutation { grantBonuses(input: { courseId: "x", studentIds: ["a", 1.5], points: 1, note: "x", idempotencyKey: "k" }) { __typename } }',
      ['input.studentIds[1]'],
    ],
    ['a default of a variable', 'query ($n: Int = "x") { courses(first: $n) { edges { cursor } } }', ['n']],
    ['a field that does not exist', '{ nothing }', ['query']],
  ])('%s', (_, query, paths) => expectRefused(() => school.teacher.ask(query), ...paths));

  test('each of two has an error of its own', async () => {
    const { errors } = await school.teacher.ask(create('courseId: "x", title: 1, dueDate: 2'));
    expect(errors.map(({ extensions }) => extensions.fields?.map(({ path }) => path))).toEqual([
      ['input.title'],
      ['input.dueDate'],
    ]);
  });

  test('unless its place is too long to repeat', async () => {
    const { errors } = await school.teacher.ask(`{ courses(${'a'.repeat(100)}: 1) { edges { cursor } } }`);
    expect(errors.map(({ extensions }) => extensions.fields?.map(({ path }) => path))).toEqual([['query']]);
  });
});

describe('a name that does not exist', () => {
  test.each(['role', 'isAdmin', '_id', 'passwordHash'])('mass assignment of %s', (field) =>
    expectRefused(
      () => server.nobody.ask(mutationOf('signUp'), { input: { ...inputs.signUp?.good(), [field]: 'ADMIN' } }),
      `input.${field}`,
    ),
  );

  test.each(['$where', '$ne', 'somebody@school.example', ''])(
    '%p, which is none in GraphQL, is not repeated',
    (field) =>
      expectRefused(
        () => server.nobody.ask(mutationOf('signUp'), { input: { ...inputs.signUp?.good(), [field]: 1 } }),
        'input',
      ),
  );
});

describe('a variable that is null where it may only be absent', () => {
  test.each([
    ['an argument', 'query ($v: Int) { courses(first: $v) { pageInfo { hasNextPage } } }', 'first'],
    [
      'an argument that does not change the cost',
      'query ($v: LeaderboardPeriod) { course(id: "%") { leaderboard(period: $v) { pageInfo { hasNextPage } } } }',
      'period',
    ],
    [
      'a field of an input',
      'mutation ($v: Int) { startPomodoro(input: { plannedMinutes: $v }) { __typename } }',
      'input.plannedMinutes',
    ],
    [
      'one of several in an input',
      'mutation ($v: Int, $device: String) { startPomodoro(input: { plannedMinutes: $v, device: $device }) { __typename } }',
      'input',
    ],
    ['a directive', 'query ($v: Boolean = true) { badges @include(if: $v) { id } }', 'if'],
  ])('%s: the same answer whatever was sent before', async (_, template, path) => {
    const query = template.replace('%', school.course.id);
    const answers: unknown[] = [];
    const refused = () =>
      expectRefused(async () => {
        const answer = await student.ask(query, { v: null });
        answers.push({ status: answer.status, data: answer.data, path: answer.errors[0]?.path });
        return answer;
      }, path);
    await refused();
    await refused();
    // Its cost is known from now on.
    for (let n = 0; n < 3; n += 1) expect((await student.ask(query)).errors).toEqual([]);
    await refused();
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  });
});

describe('the dates of an assignment', () => {
  const DUE_LATER = '2027-04-01T12:00:00Z';
  let ofDates: string;

  beforeAll(async () => {
    ofDates = await school.assignment({ dueDate: DUE, closesAt: DUE_LATER });
  });

  const update = (changes: object) =>
    school.teacher.ask(mutationOf('updateAssignment', 'assignment { dueDate closesAt }'), {
      input: { assignmentId: ofDates, ...changes },
    });

  test.each([
    ['an end before the stored due date', { closesAt: '2027-03-01T11:59:59.999Z' }],
    ['a due date after the stored end', { dueDate: '2027-04-01T12:00:00.001Z' }],
    ['an end before the due date sent with it', { dueDate: '2027-02-01T12:00:00Z', closesAt: '2027-01-01T12:00:00Z' }],
  ])('refused: %s', (_, changes) => expectRefused(() => update(changes), 'input.closesAt'));

  test.each([
    ['an end at the stored due date', { closesAt: DUE }],
    ['a due date at the stored end', { dueDate: DUE }],
    ['no end', { closesAt: null }],
    ['any due date without an end', { dueDate: '2030-01-01T00:00:00Z' }],
  ])('taken: %s', async (_, changes) => {
    const { updateAssignment } = (await update(changes)).data;
    const stored = Object.fromEntries(
      Object.entries(changes).map(([field, moment]) => [field, moment && new Date(moment).toISOString()]),
    );
    expect(updateAssignment.assignment).toMatchObject(stored);
  });
});

describe('the days of dailyProgress', () => {
  const daily = (from: string, to: string) => student.ask(args['Student.dailyProgress']?.query ?? '', { from, to });

  test.each([
    ['a day', '2027-03-01', '2027-03-01', 1],
    ['366 days', '2027-01-01', '2028-01-01', 366],
    ['366 days of a leap year', '2028-01-01', '2028-12-31', 366],
    ['the first of all', '0001-01-01', '0001-01-02', 2],
    ['the last of all', '9999-12-30', '9999-12-31', 2],
  ])('taken: %s', async (_, from, to, days) => {
    expect((await daily(from, to)).data.me.dailyProgress).toHaveLength(days);
  });

  test.each([
    ['367 days', '2027-01-01', '2028-01-02'],
    ['all days', '0001-01-01', '9999-12-31'],
    ['an end before the beginning', '2027-03-02', '2027-03-01'],
  ])('refused: %s', (_, from, to) => expectRefused(() => daily(from, to), 'to'));
});

describe('a cursor is valid for its own list only', () => {
  const CURSOR_OF: Record<string, string> = {
    'my courses': 'query ($after: String) { of: courses(first: 1, after: $after) { edges { cursor } } }',
    'assignments of a course':
      'query ($id: ID!, $after: String) { in: course(id: $id) { of: assignments(first: 1, after: $after) { edges { cursor } } } }',
    'students of a course':
      'query ($id: ID!, $after: String) { in: course(id: $id) { of: students(first: 1, after: $after) { edges { cursor } } } }',
    'all time': `query ($id: ID!, $after: String) { in: course(id: $id) {
      of: leaderboard(period: ALL_TIME, first: 1, after: $after) { edges { cursor } } } }`,
    'this week': `query ($id: ID!, $after: String) { in: course(id: $id) {
      of: leaderboard(period: WEEK, first: 1, after: $after) { edges { cursor } } } }`,
  };
  const lists = Object.keys(CURSOR_OF);
  const ask = (list: string, after: string | null, by: Person = school.teacher, id = school.course.id) =>
    by.ask(CURSOR_OF[list] ?? '', { ...(list === 'my courses' ? {} : { id }), after });
  const cursorOf = async (list: string): Promise<string> => {
    const { data } = await ask(list, null);
    return (data.in ?? data).of.edges[0].cursor;
  };

  test.each(lists)('%s', async (list) => {
    const cursor = await cursorOf(list);
    expect((await ask(list, cursor)).errors).toEqual([]);
    for (const other of lists.filter((name) => name !== list)) await expectRefused(() => ask(other, cursor), 'after');
  });

  test('it is invalid for the same list of another course or account', async () => {
    const own = await cursorOf('assignments of a course');
    await expectRefused(() => ask('assignments of a course', own, school.admin, school.otherCourse.id), 'after');
    const mine = await cursorOf('my courses');
    await expectRefused(() => ask('my courses', mine, school.admin), 'after');
  });

  test.each([
    ['a bit', (cursor: Buffer) => cursor.fill(cursor.at(-1)! ^ 1, cursor.length - 1)],
    ['its end', (cursor: Buffer) => cursor.subarray(0, -1)],
    ['its seal', (cursor: Buffer) => cursor.fill(0, 0, 12)],
  ])('it is invalid with %s changed', async (_, change) => {
    const cursor = Buffer.from(await cursorOf('my courses'), 'base64url');
    await expectRefused(() => ask('my courses', change(cursor).toString('base64url')), 'after');
  });
});

test.each([{ timeZone: 'UTC' }, { showOnLeaderboard: true }])(
  'a teacher cannot change what only students have: %p',
  (input) =>
    expectRefused(() => school.teacher.ask(mutationOf('updateProfile'), { input }), `input.${Object.keys(input)}`),
);

test('a name is stored trimmed, a text without trailing whitespace, a key exactly as sent', async () => {
  const { course } = await school.teacher.mutate('createCourse', { name: ' \n A course\t' }, 'course { name }');
  expect(course.name).toBe('A course');
  const own = await school.assignment();
  const submit = (content: string, idempotencyKey: string, to = own) =>
    student.mutate(
      'submitAssignment',
      { assignmentId: to, content, idempotencyKey },
      'replayed submission { content }',
    );
  expect((await submit('  my essay\n', 'key')).submission.content).toBe('  my essay');
  expect(await submit('  my essay', 'key')).toMatchObject({ replayed: true });
  expect(await submit('my essay', 'key', await school.assignment())).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  expect(await submit('my essay', 'key ', await school.assignment())).toMatchObject({ replayed: false });
});
