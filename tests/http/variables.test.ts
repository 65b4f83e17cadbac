/**
 * P7, and more than that: variables of any size and form are refused with a path and a sentence, for about the price of
 * reading them, and nothing of them comes back.
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
const good = { email: 'a@school.example', password: 'long enough', displayName: 'Ada' };

/** By somebody who is signed in: a stranger's body is much smaller. */
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
  readonly of: string;
  readonly query: string;
  /** JSON. */
  readonly variables: string;
  /** Where it is wrong. */
  readonly at: readonly string[];
}

const cases: readonly Case[] = [
  ...[
    ['5,000 unknown fields of 190 characters', fields(5_000, 190)],
    ['89 kB of short unknown fields', fields(7_000, 8)],
    ['60,000 short unknown fields', fields(60_000, 8)],
  ].map(([of, input]) => ({ of: `${of}`, query: SIGN_UP, variables: json({ input }), at: ['variables'] })),
  {
    of: '1,900 unknown fields of 500 characters',
    query: SIGN_UP,
    variables: json({ input: { ...good, ...fields(1_900, 500) } }),
    at: ['input', 'input', 'input', 'input', 'input', 'variables'],
  },
  ...[
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['both in turn', '[{"input":', '}]'],
  ].flatMap(([of, open, close]) =>
    [11, 50_000].map((depth) => ({
      of: `${depth} ${of} in each other`,
      query: SIGN_UP,
      variables: `{"input":${nested(depth, `${open}`, `${close}`)}}`,
      at: ['variables'],
    })),
  ),
  ...[
    ['an id', ID],
    ['a number', FIRST],
    ['an enum', PERIOD],
    ['an input object', SIGN_UP.replace('$input:', '$v:').replace('$input)', '$v)')],
  ].map(([of, query]) => ({
    of: `a list of 400,000 for ${of}`,
    query: `${query}`,
    variables: `{"v":[1${',1'.repeat(400_000)}]}`,
    at: ['variables'],
  })),
  { of: 'a list of 1,900 for an id', query: ID, variables: json({ v: Array(1_900).fill('xxx') }), at: ['v'] },
  {
    of: 'a list of objects for an id',
    query: ID,
    variables: json({ v: Array(90).fill(fields(20, 500)) }),
    at: ['v'],
  },
  {
    of: 'a name of a megabyte',
    query: SIGN_UP,
    variables: json({ input: { ...good, [long]: 1 } }),
    at: ['input'],
  },
  { of: 'a variable whose name has a megabyte', query: ID, variables: json({ [long]: 1 }), at: ['v'] },
  { of: 'a word of a megabyte for an enum', query: PERIOD, variables: json({ v: long }), at: ['v'] },
  { of: 'a word of a megabyte for a number', query: FIRST, variables: json({ v: long }), at: ['v'] },
  { of: 'a word of a megabyte for a day', query: DAY, variables: json({ v: long }), at: ['v'] },
  {
    of: 'a word of a megabyte for a moment',
    query: DUE,
    variables: json({ input: { courseId: 'x', title: 'x', dueDate: long } }),
    at: ['input.dueDate'],
  },
  { of: 'a number of a megabyte', query: FIRST, variables: `{"v":${'9'.repeat(MEGABYTE)}}`, at: ['v'] },
  { of: 'a fraction of a megabyte', query: FIRST, variables: `{"v":0.${'3'.repeat(MEGABYTE)}}`, at: ['v'] },
  { of: 'a number beyond all numbers', query: FIRST, variables: '{"v":1e999}', at: ['v'] },
  { of: 'words that graphql-js says itself', query: PERIOD, variables: json({ v: 'not a valid xxx' }), at: ['v'] },
  {
    of: 'a name that graphql-js says itself',
    query: SIGN_UP,
    variables: json({ input: { ...good, 'xxx" of required type "xxx': 1 } }),
    at: ['input'],
  },
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => ({
    of: `a field ${name}`,
    query: SIGN_UP,
    variables: `{"input":{"${name}":{"xxx":1},${json(good).slice(1)}}`,
    at: name === '__proto__' ? ['body'] : [`input.${name}`],
  })),
  {
    of: '400,000 variables that no operation declares',
    query: '{ badges { id } }',
    variables: json(fields(80_000, 8)),
    at: ['variables'],
  },
];

/** Refused in a few plain sentences, with HTTP 400 and nothing of what was sent. */
function expectRefusal({ status, text, errors }: Answer, at: readonly string[]): void {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  expect(errors[0]?.extensions.fields?.map(({ path }) => path)).toEqual(at);
  expect([200, 400]).toContain(status);
  expect(text.length).toBeLessThan(1_500);
  expect(text).not.toMatch(/xxx|1000000|9{9}|3{9}/);
}

describe('variables that nobody means are refused, and none of them comes back', () => {
  test.each(cases.map((each) => [each.of, each] as const))('%s', async (_of, { query, variables, at }) => {
    expectRefusal(await ask(query, variables), at);
  });
});

describe('judging them costs about as much as reading them', () => {
  let small: number;
  beforeAll(async () => {
    small = await leastCpuOf(() => ask('{ badges { id } }', '{}'));
  });

  test.each(cases.map((each) => [each.of, each] as const))('%s', async (_of, { query, variables }) => {
    // Fastify reads the extensions like the variables, and nobody looks at them afterwards.
    const read = await leastCpuOf(() => sendBody(`{"query":"{ badges { id } }","extensions":{"v":${variables}}}`));
    const judged = await leastCpuOf(() => ask(query, variables));
    // Twice would do on a quiet machine; each of the inputs of this file that was not bounded took a hundred times as much.
    expect(judged).toBeLessThan(10 * read + 150 * small);
  });
});

describe('what an honest client may send passes', () => {
  test('as many values, as deep as they may be', async () => {
    const list = Array.from({ length: 1_980 }, () => 1);
    const { data } = await ask('{ badges { id } }', `{"list":${json(list)},"deep":${nested(9, '[', ']')}}`);
    expect(data.badges.length).toBeGreaterThan(0);
  });

  test.each([
    ['values', `{"v":${json(Array.from({ length: 2_000 }, () => 1))}}`],
    ['levels', `{"v":${nested(11, '[', ']')}}`],
  ])('one more is refused with HTTP 400, whatever is accepted: %s', async (_of, variables) => {
    const answer = await send(
      `${server.url}/graphql`,
      posted(`{"query":"{ badges { id } }","variables":${variables}}`, { accept: 'application/json' }),
    );
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('defaults, absent variables and nulls are as graphql-js has them', async () => {
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

test('what is wrong is told together, as far as a person reads it', async () => {
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
