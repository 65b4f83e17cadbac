/**
 * P7, no client mistake is a server error: each input of the API at both sides of each of its limits. What is refused
 * is BAD_USER_INPUT, names the field, says what to do, and leaves the whole database as it was.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLSchema, getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { type Answer, type AnsweredError, type Client, mutationOf, useServer } from '../support/client.js';
import { createSchool, newEmail, PASSWORD, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
let assignmentId: string;
let submissionId: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  assignmentId = await school.assignment();
  const submitted = await student.mutate('submitAssignment', { assignmentId, content: 'x' }, 'submission { id }');
  submissionId = submitted.submission.id;
});

/** What a field takes, by example. */
interface Limits {
  readonly accepts: readonly Sample[];
  readonly refuses: readonly Sample[];
}
type Sample = readonly [name: string, value: unknown];

const ABSENT = Symbol('absent');
const EMOJI = '😀';

const NO_TEXTS: readonly Sample[] = [
  ['a number', 7],
  ['true', true],
  ['an operator', { $ne: null }],
  ['an operator in a list', [{ $gt: '' }]],
  ['a list of texts', ['a', 'b']],
];
const NO_IDS: readonly Sample[] = [...NO_TEXTS.slice(1), ['a fraction', 1.5]];
const UNREADABLE: readonly Sample[] = [
  ['a NUL', 'abcdefgh\0'],
  ['half a surrogate pair', 'abcdefgh\ud83d'],
  ['the other half', '\ude00abcdefgh'],
];
const required = (limits: Limits): Limits => ({
  accepts: limits.accepts,
  refuses: [...limits.refuses, ['null', null], ['nothing', ABSENT]],
});
/** In an update: what is left out stays, and null clears nothing. */
const notCleared = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['nothing', ABSENT]],
  refuses: [...limits.refuses, ['null', null]],
});
const optional = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['null', null], ['nothing', ABSENT]],
  refuses: limits.refuses,
});

const lengths = (least: number, most: number): Limits => ({
  accepts: [
    [`${least} characters`, 'x'.repeat(least)],
    [`${most} characters`, 'x'.repeat(most)],
    [`${most} emoji`, EMOJI.repeat(most)],
  ],
  refuses: [
    [`${most + 1} characters`, 'x'.repeat(most + 1)],
    [`${most + 1} emoji`, EMOJI.repeat(most + 1)],
    ...(least > 0 ? [[`${least - 1} characters`, 'x'.repeat(least - 1)] as Sample] : []),
    ...UNREADABLE,
    ...NO_TEXTS,
  ],
});
const text = (least: number, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [...accepts, [`${most} characters between spaces`, `  ${'x'.repeat(most)}\n\t`]],
    refuses: [...refuses, ...(least > 0 ? [['nothing but spaces', ' \n\t '] as Sample] : [])],
  };
};
/** Kept as it is sent, spaces included. */
const exactText = (least: number, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [...accepts, [`${most} spaces`, ' '.repeat(most)]],
    refuses: [...refuses, [`${most} characters and a space`, `${'x'.repeat(most)} `]],
  };
};
/** An id that is none is one that does not exist, and is refused as data. */
const id: Limits = {
  accepts: [
    ['one that is none', 'no id'],
    ['an unknown one', '0123456789abcdef01234567'],
    ['an empty one', ''],
    ['a NUL', '\0'],
    ['half a surrogate pair', '\ud83d'],
    ['a very long one', 'a'.repeat(100_000)],
    ['a number', 7],
  ],
  refuses: NO_IDS,
};
const email: Limits = {
  accepts: [
    ['spaces in its local part', 'Double Click-17@check.example'],
    ['a plus', 'name+tag@school.example'],
    ['letters of other scripts', 'jürgen@bücher.example'],
    ['spaces around it', '  spaces@school.example\n'],
    ['capitals', 'Capitals@School.Example'],
    ['254 characters', `${'x'.repeat(239)}@school.example`],
    ['254 emoji and others', `${EMOJI.repeat(239)}@school.example`],
  ],
  refuses: [
    ['an empty text', ''],
    ['nothing but spaces', '   '],
    ['no @', 'school.example'],
    ['no local part', '@school.example'],
    ['no domain', 'name@'],
    ['a domain without a dot', 'name@school'],
    ['two @', 'name@home@school.example'],
    ['two addresses', 'a@school.example,b@school.example'],
    ['two addresses, the other way', 'a@school.example; b@school.example'],
    ['a name with an address', 'Name <name@school.example>'],
    ['a space in its domain', 'name@school .example'],
    ['a line break', 'name\nBcc: all@school.example'],
    ['255 characters', `${'x'.repeat(240)}@school.example`],
    ...UNREADABLE.map(([name, value]) => [name, `${value}@school.example`] as Sample),
    ...NO_TEXTS,
  ],
};
const timeZone: Limits = {
  accepts: [
    ['UTC', 'UTC'],
    ['a city', 'Europe/Berlin'],
    ['three parts', 'America/Argentina/Buenos_Aires'],
    ['spaces around it', ' Asia/Kolkata '],
  ],
  refuses: [
    ['an empty text', ''],
    ['nothing but spaces', '  '],
    ['an offset', '+02:00'],
    ['a short offset', '-08'],
    ['UTC with an offset', 'UTC+2'],
    ['a planet', 'Mars/Olympus_Mons'],
    ['a very long one', 'A'.repeat(100_000)],
    ['a NUL', 'UTC\0'],
    ['half a surrogate pair', 'UTC\ud83d'],
    ...NO_TEXTS,
  ],
};
const wholeNumber = (least: number, most: number): Limits => ({
  accepts: [
    [`${least}`, least],
    [`${most}`, most],
  ],
  refuses: [
    [`${least - 1}`, least - 1],
    [`${most + 1}`, most + 1],
    ['a negative one', -1],
    ['a huge one', 2 ** 31],
    ['a really huge one', 1e300],
    ['a fraction', 1.5],
    ['one in quotes', '5'],
    ['true', true],
    ['an operator', { $gt: 0 }],
    ['a list', [5]],
    ['null', null],
  ],
});
const trueOrFalse: Limits = {
  accepts: [
    ['true', true],
    ['false', false],
  ],
  refuses: [
    ['a text', 'true'],
    ['a number', 1],
    ['an operator', { $ne: true }],
    ['a list', [true]],
  ],
};
const NO_MOMENTS: readonly Sample[] = [
  ['a day that does not exist', '2027-02-30T00:00:00Z'],
  ['a month that does not exist', '2027-13-01T00:00:00Z'],
  ['an hour that does not exist', '2027-03-01T24:00:00Z'],
  ['a leap second', '2027-06-30T23:59:60Z'],
  ['a day only', '2027-03-01'],
  ['no zone', '2027-03-01T12:00:00'],
  ['a space in it', '2027-03-01 12:00:00Z'],
  ['a year of five digits', '+12027-03-01T12:00:00Z'],
  ['a year before the first', '0000-01-01T00:00:00+01:00'],
  ['a year after the last', '9999-12-31T23:59:59-01:00'],
  ['a word', 'tomorrow'],
  ['an empty text', ''],
  ['milliseconds', 1_803_902_400_000],
  ['an operator', { $gt: '' }],
  ['a list', ['2027-03-01T12:00:00Z']],
];
const moment = (...accepts: readonly Sample[]): Limits => ({ accepts, refuses: NO_MOMENTS });
const dueDate = moment(
  ['milliseconds', '2027-03-01T12:00:00.000Z'],
  ['seconds', '2027-03-01T12:00:00Z'],
  ['an offset', '2027-03-01T12:00:00+02:00'],
  ['a leap day', '2028-02-29T00:00:00Z'],
  ['long ago', '0001-01-01T00:00:00Z'],
);
/** The due date beside it is 2027-03-01T12:00:00Z. */
const closesAt: Limits = {
  accepts: [
    ['the due date itself', '2027-03-01T12:00:00Z'],
    ['the due date itself, elsewhere', '2027-03-01T14:00:00+02:00'],
    ['far from now', '9999-12-31T23:59:59.999Z'],
  ],
  refuses: [['a millisecond before the due date', '2027-03-01T11:59:59.999Z'], ...NO_MOMENTS],
};
const DUE = '2027-03-01T12:00:00Z';

/** A mutation that takes one input: who calls it, an input that is good, and what each field of it takes. */
interface Inputs {
  readonly by: () => Client;
  readonly good: () => Record<string, unknown>;
  readonly fields: Readonly<Record<string, Limits>>;
}

const inputs: Readonly<Record<string, Inputs>> = {
  signUp: {
    by: () => server.nobody,
    good: () => ({ email: newEmail(), password: PASSWORD, displayName: 'Ada' }),
    fields: {
      email: required(email),
      password: required(exactText(8, 128)),
      displayName: required(text(1, 80)),
      timeZone: {
        accepts: [...timeZone.accepts, ['nothing', ABSENT]],
        refuses: [...timeZone.refuses, ['null', null]],
      },
    },
  },
  signIn: {
    by: () => server.nobody,
    good: () => ({ email: student.email, password: PASSWORD }),
    fields: { email: required(email), password: required(exactText(8, 128)) },
  },
  updateProfile: {
    by: () => student,
    good: () => ({}),
    fields: {
      displayName: notCleared(text(1, 80)),
      timeZone: notCleared(timeZone),
      showOnLeaderboard: notCleared(trueOrFalse),
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
      plannedMinutes: {
        accepts: [...wholeNumber(1, 120).accepts, ['nothing', ABSENT]],
        refuses: wholeNumber(1, 120).refuses,
      },
      device: optional(text(0, 80)),
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
    fields: { name: required(text(1, 200)) },
  },
  createAssignment: {
    by: () => school.teacher,
    good: () => ({ courseId: school.course.id, title: 'An assignment', dueDate: DUE }),
    fields: {
      courseId: required(id),
      title: required(text(1, 200)),
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
      title: notCleared(text(1, 200)),
      instructions: optional(text(0, 20_000)),
      dueDate: notCleared(dueDate),
      closesAt: optional(closesAt),
    },
  },
};

const page = {
  first: wholeNumber(1, 100),
  after: optional({
    accepts: [],
    refuses: [
      ['an empty text', ''],
      ['a word', 'page-2'],
      ['a forged one', Buffer.from('[{"$gt":""}]').toString('base64url')],
      ['a very long one', 'A'.repeat(100_000)],
      ['a NUL', '\0'],
      ['half a surrogate pair', '\ud83d'],
      ...NO_TEXTS,
    ],
  }),
};
/** Which are taken depends on the other one: see below. */
const day: Limits = required({
  accepts: [],
  refuses: [
    ['a day that does not exist', '2027-02-30'],
    ['a month that does not exist', '2027-13-01'],
    ['a moment', '2027-03-01T00:00:00Z'],
    ['a day without zeros', '2027-3-1'],
    ['a year of five digits', '12027-03-01'],
    ['a word', 'today'],
    ['an empty text', ''],
    ['a number', 20_270_301],
    ['an operator', { $gt: '' }],
    ['a list', ['2027-03-01']],
  ],
});
const period: Limits = {
  accepts: ['WEEK', 'MONTH', 'ALL_TIME'].map((value) => [value, value]),
  refuses: [
    ['another word', 'DAY'],
    ['small letters', 'week'],
    ['an empty text', ''],
    ['a number', 1],
    ['an operator', { $ne: 'WEEK' }],
    ['a list', ['WEEK']],
    ['null', null],
  ],
};

/** The arguments of one field: who asks, with which good values, and where in a query the field stands. */
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
          ['a very long one', 'a'.repeat(100_000)],
        ],
        refuses: NO_TEXTS,
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

/** Refused as bad input, at exactly these places, in words, and nothing was written. */
async function expectRefused(request: () => Promise<Answer>, ...paths: string[]): Promise<void> {
  const before = await server.database.snapshot();
  expect(verdictOf(await request())).toBe(refusedAt(...paths));
  expect(await server.database.snapshot()).toEqual(before);
}

/** Tries every sample of a field, and nothing of what is refused is written. */
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

test('every input and every argument of the API is in these tables', async () => {
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
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
  return fields.flatMap(({ name, field }) =>
    field.args.flatMap((argument) => {
      const type = getNamedType(argument.type);
      if (!isInputObjectType(type)) return [`${name} ${argument.name}`];
      return Object.keys(type.getFields()).map((inner) => `${name} ${argument.name}.${inner}`);
    }),
  );
}

describe('all that is wrong is told at once', () => {
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

  test('limits, and dates that contradict each other', () => {
    const input = { courseId: school.course.id, title: '', dueDate: DUE, closesAt: '2027-02-01T12:00:00Z' };
    return expectRefused(
      () => school.teacher.ask(mutationOf('createAssignment'), { input }),
      'input.title',
      'input.closesAt',
    );
  });

  test('more than graphql-js counts', async () => {
    const input = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`field${n}`, n]));
    const { code, errors } = await signUp(input);
    expect(code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.extensions.fields?.at(-1)).toEqual({
      path: 'variables',
      message: 'More is wrong with them than can be listed.',
    });
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
      'a field of an input',
      'mutation ($v: Int) { startPomodoro(input: { plannedMinutes: $v }) { __typename } }',
      'input',
    ],
    ['a directive', 'query ($v: Boolean = true) { badges @include(if: $v) { id } }', 'if'],
  ])('%s', (_, query, path) => expectRefused(() => student.ask(query, { v: null }), path));
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

describe('a cursor is good for its own list only', () => {
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

  test('not for the same list of another course, or of somebody else', async () => {
    const own = await cursorOf('assignments of a course');
    await expectRefused(() => ask('assignments of a course', own, school.admin, school.otherCourse.id), 'after');
    const mine = await cursorOf('my courses');
    await expectRefused(() => ask('my courses', mine, school.admin), 'after');
  });

  test.each([
    ['a bit', (cursor: Buffer) => cursor.fill(cursor.at(-1)! ^ 1, cursor.length - 1)],
    ['its end', (cursor: Buffer) => cursor.subarray(0, -1)],
    ['its seal', (cursor: Buffer) => cursor.fill(0, 0, 12)],
  ])('not with %s changed', async (_, change) => {
    const cursor = Buffer.from(await cursorOf('my courses'), 'base64url');
    await expectRefused(() => ask('my courses', change(cursor).toString('base64url')), 'after');
  });
});

test.each([{ timeZone: 'UTC' }, { showOnLeaderboard: true }])(
  'a teacher cannot change what only students have: %p',
  (input) =>
    expectRefused(() => school.teacher.ask(mutationOf('updateProfile'), { input }), `input.${Object.keys(input)}`),
);

test('a text is stored trimmed, a key exactly as it was sent', async () => {
  const { course } = await school.teacher.mutate('createCourse', { name: ' \n A course\t' }, 'course { name }');
  expect(course.name).toBe('A course');
  const own = await school.assignment();
  const submit = (content: string, idempotencyKey: string, to = own) =>
    student.mutate(
      'submitAssignment',
      { assignmentId: to, content, idempotencyKey },
      'replayed submission { content }',
    );
  expect((await submit('  my essay\n', 'key')).submission.content).toBe('my essay');
  expect(await submit('my essay', 'key')).toMatchObject({ replayed: true });
  expect(await submit('my essay', 'key', await school.assignment())).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  expect(await submit('my essay', 'key ', await school.assignment())).toMatchObject({ replayed: false });
});
