/**
 * P7 and more: invalid variables of any size and form are refused with a path and a message. The refusal costs about as
 * much as reading them and repeats none of them.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, mutationOf, posted, send, useServer } from '../support/client.js';
import { leastCpuOf } from '../support/cpu.js';
import { newStudent, type Person } from './school.js';

const server = useServer();

let student: Person;
beforeAll(async () => {
  student = await newStudent(server);
});

const SIGN_UP = mutationOf('signUp');
const VALID_INPUT = { email: 'a@school.example', password: 'long enough', displayName: 'Ada' };

/** Sends it as a signed-in account: an anonymous client may send a much smaller body only. */
const sendBody = (body: string) =>
  send(`${server.url}/graphql`, posted(body, { authorization: `Bearer ${student.token}` }));
const ask = (query: string, variables: string) =>
  sendBody(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
const json = (value: unknown): string => JSON.stringify(value);
const fields = (count: number, length: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${'x'.repeat(length - 7)}${1_000_000 + n}`, 1]));
const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;

const MEGABYTE = 1_000_000;
const long = 'xxx'.repeat(MEGABYTE / 3);
const ID = 'query ($v: ID!) { student(id: $v) { id } }';
const FIRST = 'query ($v: Int!) { courses(first: $v) { pageInfo { hasNextPage } } }';
const PERIOD =
  'query ($v: LeaderboardPeriod!) { course(id: "x") { leaderboard(period: $v) { pageInfo { hasNextPage } } } }';
const DAY = 'query ($v: LocalDate!) { me { ... on Student { dailyProgress(from: $v, to: $v) { xp } } } }';
const DUE = mutationOf('createAssignment');

interface Case {
  readonly name: string;
  readonly query: string;
  /** JSON. */
  readonly variables: string;
  /** The paths of the problems in the refusal. */
  readonly paths: readonly string[];
}

const cases: readonly Case[] = [
  ...[
    ['5,000 unknown fields of 190 characters', fields(5_000, 190)],
    ['89 kB of short unknown fields', fields(7_000, 8)],
    ['60,000 short unknown fields', fields(60_000, 8)],
  ].map(([of, input]) => ({ name: `${of}`, query: SIGN_UP, variables: json({ input }), paths: ['variables'] })),
  {
    name: '1,900 unknown fields of 500 characters',
    query: SIGN_UP,
    variables: json({ input: { ...VALID_INPUT, ...fields(1_900, 500) } }),
    paths: ['input', 'input', 'input', 'input', 'input', 'variables'],
  },
  ...[
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['both in turn', '[{"input":', '}]'],
  ].flatMap(([of, open, close]) =>
    [11, 50_000].map((depth) => ({
      name: `${depth} ${of} nested in each other`,
      query: SIGN_UP,
      variables: `{"input":${nested(depth, `${open}`, `${close}`)}}`,
      paths: ['variables'],
    })),
  ),
  ...[
    ['an id', ID],
    ['a number', FIRST],
    ['an enum', PERIOD],
    ['an input object', SIGN_UP.replace('$input:', '$v:').replace('$input)', '$v)')],
  ].map(([of, query]) => ({
    name: `a list of 400,000 for ${of}`,
    query: `${query}`,
    variables: `{"v":[1${',1'.repeat(400_000)}]}`,
    paths: ['variables'],
  })),
  { name: 'a list of 1,900 for an id', query: ID, variables: json({ v: Array(1_900).fill('xxx') }), paths: ['v'] },
  {
    name: 'a list of objects for an id',
    query: ID,
    variables: json({ v: Array(90).fill(fields(20, 500)) }),
    paths: ['v'],
  },
  {
    name: 'a field name of 1 MB',
    query: SIGN_UP,
    variables: json({ input: { ...VALID_INPUT, [long]: 1 } }),
    paths: ['input'],
  },
  { name: 'a variable name of 1 MB', query: ID, variables: json({ [long]: 1 }), paths: ['v'] },
  { name: 'a word of 1 MB for an enum', query: PERIOD, variables: json({ v: long }), paths: ['v'] },
  { name: 'a word of 1 MB for a number', query: FIRST, variables: json({ v: long }), paths: ['v'] },
  { name: 'a word of 1 MB for a day', query: DAY, variables: json({ v: long }), paths: ['v'] },
  {
    name: 'a word of 1 MB for a moment',
    query: DUE,
    variables: json({ input: { courseId: 'x', title: 'x', dueDate: long } }),
    paths: ['input.dueDate'],
  },
  { name: 'a number of 1 MB', query: FIRST, variables: `{"v":${'9'.repeat(MEGABYTE)}}`, paths: ['v'] },
  { name: 'a fraction of 1 MB', query: FIRST, variables: `{"v":0.${'3'.repeat(MEGABYTE)}}`, paths: ['v'] },
  { name: 'a number too large for a double', query: FIRST, variables: '{"v":1e999}', paths: ['v'] },
  {
    name: 'a value that looks like a message of graphql-js',
    query: PERIOD,
    variables: json({ v: 'not a valid xxx' }),
    paths: ['v'],
  },
  {
    name: 'a field name that looks like a message of graphql-js',
    query: SIGN_UP,
    variables: json({ input: { ...VALID_INPUT, 'xxx" of required type "xxx': 1 } }),
    paths: ['input'],
  },
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => ({
    name: `a field ${name}`,
    query: SIGN_UP,
    variables: `{"input":{"${name}":{"xxx":1},${json(VALID_INPUT).slice(1)}}`,
    paths: name === '__proto__' ? ['body'] : [`input.${name}`],
  })),
  {
    name: '400,000 variables that no operation declares',
    query: '{ badges { id } }',
    variables: json(fields(80_000, 8)),
    paths: ['variables'],
  },
];

/** Expects a short BAD_USER_INPUT with these paths, with status 200 or 400, that repeats no input. */
function expectRefusal({ status, text, errors }: Answer, paths: readonly string[]): void {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  expect(errors[0]?.extensions.fields?.map(({ path }) => path)).toEqual(paths);
  expect([200, 400]).toContain(status);
  expect(text.length).toBeLessThan(1_500);
  expect(text).not.toMatch(/xxx|1000000|9{9}|3{9}/);
}

describe('senseless variables are refused, and the answer repeats none of them', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', async (_of, { query, variables, paths }) => {
    expectRefusal(await ask(query, variables), paths);
  });
});

describe('to check variables costs about as much as reading them', () => {
  let smallMicroseconds: number;
  beforeAll(async () => {
    smallMicroseconds = await leastCpuOf(() => ask('{ badges { id } }', '{}'));
  });

  test.each(cases.map((each) => [each.name, each] as const))('%s', async (_of, { query, variables }) => {
    // Fastify parses the extensions like the variables, and nothing checks them afterwards.
    const readMicroseconds = await leastCpuOf(() =>
      sendBody(`{"query":"{ badges { id } }","extensions":{"v":${variables}}}`),
    );
    const checkMicroseconds = await leastCpuOf(() => ask(query, variables));
    // On an idle machine a factor of 2 is enough. Each input of this file took about 100 times as long before it was bounded.
    expect(checkMicroseconds).toBeLessThan(10 * readMicroseconds + 150 * smallMicroseconds);
  });
});

describe('variables of real clients pass', () => {
  test('the maximum number of values, and the maximum depth', async () => {
    const list = Array.from({ length: 1_980 }, () => 1);
    const { data } = await ask('{ badges { id } }', `{"list":${json(list)},"deep":${nested(9, '[', ']')}}`);
    expect(data.badges.length).toBeGreaterThan(0);
  });

  test.each([
    [
      'values',
      `{"v":${json(Array.from({ length: 2_000 }, () => 1))}}`,
      'They have more than 2000 values. Send fewer at once.',
    ],
    ['levels', `{"v":${nested(11, '[', ']')}}`, 'They are nested more than 10 deep.'],
  ])(
    'one more is refused with HTTP 400, even for a client that accepts plain JSON: %s',
    async (_of, variables, why) => {
      const answer = await send(
        `${server.url}/graphql`,
        posted(`{"query":"{ badges { id } }","variables":${variables}}`, { accept: 'application/json' }),
      );
      expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(answer.errors).toMatchObject([{ extensions: { fields: [{ path: 'variables', message: why }] } }]);
    },
  );

  test('defaults, absent variables and nulls behave as in graphql-js', async () => {
    const query = `query ($none: String, $first: Int! = 1, $null: String = "x", $on: Boolean! = false) {
      courses(first: $first, after: $none) { pageInfo { endCursor @include(if: $on) hasNextPage } }
      more: courses(after: $null) { pageInfo { hasNextPage } }
    }`;
    const { courses, more } = await student.must(query, { null: null });
    expect({ courses, more }).toEqual({
      courses: { pageInfo: { hasNextPage: false } },
      more: { pageInfo: { hasNextPage: false } },
    });
  });
});

test('one error lists all problems, up to a readable number', async () => {
  const { errors } = await server.nobody.ask(SIGN_UP, {
    input: { email: 7, password: [], role: 'ADMIN', timeZone: {} },
  });
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions.fields).toEqual([
    { path: 'input.email', message: 'Use a value of type String.' },
    { path: 'input.password', message: 'Use a value of type String.' },
    { path: 'input.displayName', message: 'It is required.' },
    { path: 'input.timeZone', message: 'Use a value of type String.' },
    { path: 'input.role', message: 'There is no such field.' },
  ]);
});
