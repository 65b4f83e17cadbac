/**
 * To answer or refuse a query of any size and form costs about as much as reading it, and the answer echoes almost
 * nothing.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { posted, send, useServer } from '../support/client.js';
import { leastCpuOf } from '../support/cpu.js';
import { newStudent, type Person } from './school.js';

const server = useServer();

let student: Person;
beforeAll(async () => {
  student = await newStudent(server);
});

const MEGABYTE = 1_000_000;
const long = 'xxx'.repeat(MEGABYTE / 3);
const many = (count: number, each: (n: number) => string) => Array.from({ length: count }, (_, n) => each(n)).join(' ');
const nested = (depth: number, open: string, inside: string, close: string) =>
  `${open.repeat(depth)}${inside}${close.repeat(depth)}`;

interface Case {
  readonly of: string;
  readonly query: string;
  readonly variables?: object;
  /** The message of the refusal. Absent: the query is answered, or refused like any query of its kind. */
  readonly because?: RegExp;
}

const TOO_LONG = /A name has 999999 characters: at most 128/;

const cases: readonly Case[] = [
  { of: 'a text of a megabyte', query: `{ course(id: "${long}") { id } }` },
  { of: 'a block text of a megabyte', query: `{ course(id: """${'\\n x'.repeat(MEGABYTE / 3)}""") { id } }` },
  { of: 'a text of a megabyte for a number', query: `{ courses(first: "${long}") { pageInfo { endCursor } } }` },
  {
    of: 'a text of a megabyte for a day',
    query: `{ me { ... on Student { dailyProgress(from: "${long}", to: "x") { xp } } } }`,
  },
  {
    of: 'a word of a megabyte for an enum',
    query: `{ course(id: "x") { leaderboard(period: ${long}) { me { rank } } } }`,
  },
  { of: 'a number of a megabyte', query: `{ courses(first: ${'9'.repeat(MEGABYTE)}) { pageInfo { endCursor } } }` },
  { of: 'a field', query: `{ ${long} }` },
  { of: 'a field of a field', query: `{ badges { id ${long} } }` },
  { of: 'an alias', query: `{ ${long}: badges { id } }`, because: TOO_LONG },
  { of: 'an argument', query: `{ course(${long}: 1) { id } }` },
  { of: 'a field of an input', query: `mutation { signIn(input: { ${long}: 1 }) { __typename } }` },
  { of: 'an operation', query: `query ${long} { badges { id } }`, because: TOO_LONG },
  {
    of: 'a variable',
    query: `query ($${long}: Int) { courses(first: $${long}) { __typename } }`.slice(0, 2 * MEGABYTE),
    because: /too large/,
  },
  {
    of: 'a shorter variable',
    query: `query ($${'x'.repeat(300_000)}: Int!) { badges { id } }`,
  },
  { of: 'a type', query: `query ($v: ${long}) { badges { id } }` },
  { of: 'a type condition', query: `{ me { ... on ${long} { id } } }` },
  { of: 'a fragment', query: `{ badges { id } } fragment ${long} on Badge { id }` },
  { of: 'a fragment that is not there', query: `{ badges { ...${long} } }` },
  { of: 'a directive', query: `{ badges { id @${long} } }` },
  {
    of: '40 names of 25,000 characters',
    query: `{ ${many(40, (n) => `${'x'.repeat(25_000)}${n}`)} }`,
  },
  { of: 'a comment of a megabyte', query: `# ${long}\n{ badges { id } }` },
  {
    of: '300,000 comments',
    query: `${'#\n'.repeat(300_000)}{ badges { id } }`,
    because: /at most 2000 comments/,
  },
  { of: 'a million spaces', query: `${' '.repeat(MEGABYTE)}{ badges { id } }` },
  { of: 'a million commas', query: `{ badges { id ${','.repeat(MEGABYTE)} } }` },
  { of: 'half a million fields', query: `{ badges { ${'i '.repeat(MEGABYTE / 2)} } }`, because: /at most 2000 tokens/ },
  { of: 'half a million braces', query: '{a'.repeat(MEGABYTE / 2), because: /at most 2000 tokens/ },
  {
    of: 'half a million brackets',
    query: `{ course(id: ${'['.repeat(MEGABYTE / 2)}`,
    because: /at most 2000 tokens|not well-formed/,
  },
  { of: 'as many braces as may be', query: `{ me ${nested(660, '{ a', '', '}')} }` },
  { of: 'lists in lists', query: `{ course(id: ${nested(900, '[', '1', ']')}) { id } }` },
  { of: 'objects in objects', query: `mutation { signIn(input: ${nested(450, '{ a: ', '1', '}')}) { __typename } }` },
  { of: 'a type of lists in lists', query: `query ($v: ${nested(900, '[', 'Int', ']')}) { badges { id } }` },
  { of: 'the same field again and again', query: `{ ${'badges { id } '.repeat(490)} }` },
  {
    of: 'the same fields in the same fields',
    query: `{ badges { ${'id '.repeat(1_990)} } }`,
    because: /too many fields of one name/,
  },
  {
    of: 'fragments that are all the same',
    query: `{ ${many(200, (n) => `...F${n}`)} } ${many(200, (n) => `fragment F${n} on Query { badges { id } }`)}`,
  },
  {
    of: 'a conflict of many long names',
    query: `{ ${['id', 'name'].map((field) => `badges { ${many(40, (n) => `${'y'.repeat(100)}${n}: ${field}`)} }`).join(' ')} }`,
    because: /^query: Fields "badges" conflict because subfields "y{100}0" conflict .*…$/,
  },
  {
    of: 'a null in a long input, spread several times',
    query: `mutation ($v: Int) { ${'...F '.repeat(10)} } fragment F on Mutation {
      startPomodoro(input: { plannedMinutes: $v, device: "${'xxx'.repeat(300_000)}" }) { __typename } }`,
    variables: { v: null },
    because: /A variable in it is null/,
  },
  {
    of: 'errors on the last of 500,000 lines',
    query: `{ ${'\n'.repeat(MEGABYTE / 2)} me { ... on Student { ${many(49, (n) => `a${n}: rewards(after: "x") { pageInfo { endCursor } }`)} } } }`,
    because: /This is not a cursor of this list/,
  },
  {
    of: 'everything about the schema, counted anew for each who asks',
    query: `query ($all: Boolean) { ${many(49, (n) => `a${n}: __schema { types { ...T } }`)} }
      fragment T on __Type { name description fields(includeDeprecated: $all) { name description type { ...U } args { name type { ...U } } } }
      fragment U on __Type { name description fields { name description } inputFields { name description } }`,
    because: /cost limit of 50000/,
  },
  {
    of: 'everything about the schema, again and again',
    query: `{ ${many(49, (n) => `a${n}: __schema { types { ...T } }`)} }
      fragment T on __Type { name description fields { name description type { ...U } args { name type { ...U } } } }
      fragment U on __Type { name description fields { name description } inputFields { name description } }`,
    because: /cost limit of 50000/,
  },
];

const body = ({ query, variables = {} }: Case) => JSON.stringify({ query, variables });
const ask = (text: string) => send(`${server.url}/graphql`, posted(text, { authorization: `Bearer ${student.token}` }));

describe('the answer is short', () => {
  test.each(cases.map((each) => [each.of, each] as const))('%s', async (_of, each) => {
    const { status, text, errors } = await ask(body(each));
    expect(status).toBeLessThan(500);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(errors.map(() => 'BAD_USER_INPUT'));
    if (each.because) expect(errors.map(({ message }) => message).join()).toMatch(each.because);
    for (const { message, extensions } of errors) {
      for (const told of [message, ...(extensions.fields ?? []).map((field) => field.message)]) {
        expect(told.length).toBeLessThanOrEqual(500);
      }
    }
    expect(text).not.toMatch(/x{129}/);
    expect(text.length).toBeLessThan(20_000);
  });
});

describe('the cost is about that of reading the query', () => {
  let small: number;
  beforeAll(async () => {
    small = await leastCpuOf(() => ask(body({ of: '', query: '{ badges { id } }' })));
  });

  test.each(cases.map((each) => [each.of, each] as const))('%s', async (_of, each) => {
    const text = body(each);
    const read = await leastCpuOf(() => ask(JSON.stringify({ query: '{ badges { id } }', extensions: { text } })));
    const answered = await leastCpuOf(() => ask(text));
    // Validation of 2,000 tokens, or an introspection of everything, costs as much as some tens of small requests; a
    // quadratic step over a megabyte costs as much as thousands.
    expect(answered).toBeLessThan(10 * read + 150 * small);
  });
});
