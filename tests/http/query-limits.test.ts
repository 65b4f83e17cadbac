/** The size limits of queries. Real clients stay within them. A query that exceeds one by 1 gets a 4xx and a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { type Client, type Data, posted, send, useServer } from '../support/client.js';
import { generatedOperations } from './generated-operations.js';

const server = useServer({ demonstration: true });

let token: string;
let ada: Client;
beforeAll(async () => {
  token = await tokenOf('ada@demo.example');
  ada = server.as(token);
});

async function tokenOf(email: string): Promise<string> {
  return (await server.nobody.mutate('signIn', { email, password: 'demo-password' }, 'accessToken')).accessToken;
}

/** A document of `count` tokens: five for each operation. The first operation runs. */
const ofTokens = (count: number) => {
  const operations = Array.from({ length: Math.floor(count / 5) }, (_, n) => `query Q${n} { __typename }`);
  return operations.join(' ').replace('}', `${'__typename '.repeat(count % 5)}}`);
};

/** `depth` nested fields. The last one is a leaf. */
function ofDepth(depth: number): string {
  const levels = ['rewards(first: 1)', 'edges', 'node', 'student'];
  const inner = Array.from({ length: depth - 2 }, (_, n) => levels[n % levels.length]);
  return `{ me { ... on Student { ${inner.join(' { ')} { __typename ${'}'.repeat(depth)} }`;
}

const ofAliases = (count: number) => `{ ${Array.from({ length: count }, (_, n) => `a${n}: __typename`).join(' ')} }`;
const ofComments = (count: number) => `${'#\n'.repeat(count)}{ badges { id } }`;
const ofName = (length: number) => `query ${'x'.repeat(length)} { badges { id } }`;

/** With m courses of n assignments: 1,506 + m * (7 + 7 * n) points. Three commands cost 1,500 of them. */
const ofPages = (courses: string, assignments: string) =>
  `{ courses${courses} { edges { node { assignments${assignments} { edges { node { id title dueDate closesAt } } } } } } }`;

/** Twenty submissions in each of six assignments. */
const ofSubmissions = (fields: string) =>
  ofPages('(first: 1)', '(first: 6)').replace(
    'id title dueDate closesAt',
    `submissions { edges { node { ${fields} } } }`,
  );

const ofDays = (fields: string) =>
  `{ courses(first: 1) { edges { node { students(first: 100) { edges { node {
    dailyProgress(from: "2026-01-01", to: "2026-12-31") { ${fields} } } } } } } } }`;

/** Each read takes three commands. */
const ofReads = (count: number) => {
  const reads = Array.from(
    { length: count },
    (_, n) => `a${n}: rewards(first: 1) { edges { node { student { id } } } }`,
  );
  return `{ me { ... on Student { ${reads.join(' ')} } } }`;
};

const ofMutations = (count: number) => {
  const each = Array.from({ length: count }, (_, n) => `a${n}: refreshSession(refreshToken: "x") { __typename }`);
  return `mutation { ${each.join(' ')} }`;
};

const FULL_INTROSPECTION = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});
const ofIntrospections = (count: number) => {
  const schemas = Array.from({ length: count }, (_, n) => `a${n}: __schema`);
  return FULL_INTROSPECTION.replace(/__schema (\{.*?\n {6}\})/s, schemas.map((schema) => `${schema} $1`).join(' '));
};

const inFragments = (query: string) => `${query.replace('{ courses', '{ ...F } fragment F on Query { courses')}`;

interface Case {
  readonly of: string;
  readonly passes: string;
  readonly refused: string;
  readonly message: RegExp;
  readonly variables?: readonly [passes: object, refused: object];
  readonly operationName?: string;
}

const cases: readonly Case[] = [
  {
    of: 'tokens',
    passes: ofTokens(2_000),
    refused: ofTokens(2_001),
    message: /at most 2000 tokens/,
    operationName: 'Q0',
  },
  { of: 'comments', passes: ofComments(2_000), refused: ofComments(2_001), message: /at most 2000 comments/ },
  { of: 'depth', passes: ofDepth(20), refused: ofDepth(21), message: /depth limit of 20/ },
  { of: 'aliases', passes: ofAliases(50), refused: ofAliases(51), message: /Aliases limit of 50/ },
  { of: 'names', passes: ofName(128), refused: ofName(129), message: /has 129 characters: at most 128/ },
  {
    of: 'cost, of nested pages',
    passes: ofPages('(first: 100)', '(first: 68)'),
    refused: ofPages('(first: 100)', '(first: 69)'),
    message: /cost limit of 50000 exceeded, found 50506/,
  },
  {
    of: 'cost, with page sizes in a variable',
    passes: `query ($n: Int!) ${ofPages('(first: $n)', '(first: $n)')}`,
    refused: `query ($n: Int!) ${ofPages('(first: $n)', '(first: $n)')}`,
    message: /cost limit of 50000/,
    variables: [{ n: 82 }, { n: 83 }],
  },
  {
    of: 'cost, with page sizes in the default of a variable',
    passes: `query ($n: Int! = 82) ${ofPages('(first: $n)', '(first: $n)')}`,
    refused: `query ($n: Int! = 83) ${ofPages('(first: $n)', '(first: $n)')}`,
    message: /cost limit of 50000/,
  },
  {
    of: 'cost, of long texts on pages of the default size',
    passes: ofSubmissions('content b: content c: content'),
    refused: ofSubmissions('content b: content c: content d: content e: content'),
    message: /cost limit of 50000/,
  },
  {
    of: 'cost, in fragments',
    passes: inFragments(ofPages('(first: 100)', '(first: 68)')),
    refused: inFragments(ofPages('(first: 100)', '(first: 69)')),
    message: /cost limit of 50000/,
  },
  { of: 'cost, of days', passes: ofDays('xp'), refused: ofDays('xp date'), message: /cost limit of 50000/ },
  { of: 'cost, of commands', passes: ofReads(32), refused: ofReads(33), message: /cost limit of 50000/ },
  { of: 'cost, of mutations', passes: ofMutations(16), refused: ofMutations(17), message: /cost limit of 50000/ },
  {
    of: 'cost, of introspection',
    passes: ofIntrospections(6),
    refused: ofIntrospections(8),
    message: /cost limit of 50000/,
  },
];

describe.each(cases)(
  '$of',
  ({ passes, refused, message, operationName, variables: [passing, excessive] = [{}, {}] }) => {
    const ask = (query: string, variables: object, accept = '*/*') =>
      send(
        `${server.url}/graphql`,
        posted({ query, variables, operationName }, { accept, authorization: `Bearer ${token}` }),
      );

    test('a query at the limit passes', async () => {
      const { status, errors } = await ask(passes, passing);
      expect(status).toBe(200);
      // Students may not read the roster. They get FORBIDDEN when the query runs.
      expect(errors.filter(({ extensions }) => extensions.code !== 'FORBIDDEN')).toEqual([]);
    });

    test.each(['*/*', 'application/json', 'application/graphql-response+json'])(
      'a query above the limit is refused: %s',
      async (accept) => {
        const { status, data, errors } = await ask(refused, excessive, accept);
        expect({ status, data }).toEqual({ status: 400, data: undefined });
        expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'query' }] });
        expect(errors[0]?.message).toMatch(message);
        expect(errors[0]?.message).not.toMatch(/syntax/i);
      },
    );
  },
);

describe('a client that names application/json gets 200 for a query that exceeds no limit', () => {
  test.each([
    ['a value', (text: string) => `{ courses(first: "${text}") { pageInfo { hasNextPage } } }`],
    ['a place where no text may be', (text: string) => `{ "${text}" }`],
  ])('even if it has the words of such a refusal as %s', async (_, queryWith) => {
    for (const text of [
      'Syntax Error: Document contains more than 5 tokens',
      'Anonymous operation recursively requests too many selections.',
      'Validation aborted.',
    ]) {
      const answer = await send(
        `${server.url}/graphql`,
        posted({ query: queryWith(text) }, { accept: 'application/json' }),
      );
      expect({ text, status: answer.status, code: answer.code }).toEqual({ text, status: 200, code: 'BAD_USER_INPUT' });
    }
  });
});

describe('fragments that spread each other', () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`).join(' ');
  const doubling = `query { ...F0 } ${chain(60)} fragment F60 on Query { badges { id } }`;

  test.each([
    ['itself', '{ ...F } fragment F on Query { badges { id } ...F }'],
    ['in a cycle', '{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }'],
    ['twice each, sixty times', doubling],
  ])('refused: %s', async (_, query) => {
    expect(await ada.ask(query)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('too many selections exceed a limit, also for a client that names application/json', async () => {
    const answer = await ada.ask(doubling, {}, { accept: 'application/json' });
    expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(answer.errors[0]?.message).toMatch(/too many selections/);
  });
});

describe('queries of real clients pass', () => {
  test('the introspection of GraphiQL, with every option', async () => {
    const { __schema } = await server.nobody.must(FULL_INTROSPECTION);
    expect(__schema.types.map(({ name }: Data) => name)).toContain('SubmitAssignmentPayload');
  });

  const folder = fileURLToPath(new URL('../../web/graphiql/operations', import.meta.url));
  const isSubscription = (name: string) => /^subscription\b/m.test(readFileSync(join(folder, name), 'utf8'));
  // graphiql.test.ts tries the subscription in the page.
  const examples = readdirSync(folder).filter((name) => name.endsWith('.graphql') && !isSubscription(name));

  const OF_TEACHERS = ['my-class', 'grade', 'bonus', 'revoke', 'extend'].map((name) => `${name}.graphql`);

  test.each(examples)('the example %s of GraphiQL', async (name) => {
    const file = join(folder, name);
    const variables = Object.fromEntries(
      readdirSync(folder)
        .filter((other) => other === name.replace('.graphql', '.json'))
        .flatMap((other) => Object.entries(JSON.parse(readFileSync(join(folder, other), 'utf8')))),
    );
    const by = OF_TEACHERS.includes(name) ? server.as(await tokenOf('teacher@demo.example')) : ada;
    await by.must(readFileSync(file, 'utf8'), variables);
  });

  test('a roster with the progress of all students', async () => {
    const teacher = server.as(await tokenOf('teacher@demo.example'));
    const { courses } = await teacher.must(
      `query Roster($first: Int!) { courses(first: 1) { edges { node {
      name joinCode students(first: $first) { edges { node {
        id displayName email level xp xpForNextLevel lifetimeXp auraPoints submissionCount pomodoroCount
        totalPomodoroSeconds streak { days longest freezes lastActiveOn } unlockedBadges { badge { id name } unlockedAt }
        runningPomodoro { id endsAt } rewards(first: 3) { edges { node { sequence reason xp grantedAt lines { text } } } }
      } } pageInfo { hasNextPage endCursor } } } } } }`,
      { first: 100 },
    );
    expect(courses.edges[0].node.students.edges).toHaveLength(5);
  });
});

describe('generated operations', () => {
  test.each([0, 1, 2, 3])('%i', async (which) => {
    const teacher = server.as(await tokenOf('teacher@demo.example'));
    const { courses } = await teacher.must(
      '{ courses(first: 1) { edges { node { students { edges { node { id } } } } } } }',
    );
    const ids = courses.edges[0].node.students.edges.map(({ node }: Data) => node.id);
    const { by, query, variables } = generatedOperations(ids)[which]!;
    await { STUDENT: ada, TEACHER: teacher }[by].must(query, variables);
  });

  test('240 directives', async () => {
    const { badges } = await server.nobody.must(`{ badges { name ${'id @include(if: true) '.repeat(240)} } }`);
    expect(badges[0]).toEqual({ name: expect.any(String), id: expect.any(String) });
  });
});

test.each([
  ['one operation', 'query A { badges { id } }', 200],
  ['one without a name', '{ badges { id } }', 200],
  ['two operations', 'query A { badges { id } } query B { badges { id } }', 400],
])('an empty operationName counts as absent: %s', async (_of, query, status) => {
  const answer = await send(`${server.url}/graphql`, posted({ query, operationName: '' }));
  const fields = status === 400 ? [{ path: 'operationName', message: expect.any(String) }] : undefined;
  expect(answer.status).toBe(status);
  expect(answer.errors[0]?.extensions.fields).toEqual(fields);
});

test('if the cost of one part of a query cannot be computed, the whole query is refused', async () => {
  const [, costly] = /^\{(.+)\}$/.exec(ofPages('(first: 100)', '(first: 100)')) ?? [];
  const query = `query ($n: Int) { courses(first: $n) { pageInfo { hasNextPage } } all: ${costly} }`;
  expect(await ada.ask(query, { n: null })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', data: undefined });
});

test('the cost is computed again for each request whose variables change it', async () => {
  const paged = `query ($n: Int!) ${ofPages('(first: $n)', '(first: $n)')}`;
  const skipped = `query ($no: Boolean!) ${ofPages('(first: 100)', '(first: 100)').replace(/^\{ *(\w+)([^{]*)/, '{ $1$2 @skip(if: $no) ')}`;
  const described = `query ($type: String!) { ${Array.from({ length: 49 }, (_, n) => `a${n}: __type(name: $type) { ...T }`).join(' ')} }
    fragment T on __Type { fields { ${'description '.repeat(60)} } }`;
  for (const _ of [1, 2]) {
    expect(await ada.ask(paged, { n: 1 })).toMatchObject({ status: 200, errors: [] });
    expect(await ada.ask(paged, { n: 100 })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await ada.ask(skipped, { no: true })).toMatchObject({ status: 200, errors: [] });
    expect(await ada.ask(skipped, { no: false })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await ada.ask(described, { type: 'Role' })).toMatchObject({ status: 200, errors: [] });
    expect(await ada.ask(described, { type: 'Student' })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  }
});

describe('a query that was cheap with other variables is refused, and the other way round, if they are', () => {
  const all = ofPages('(first: 100)', '(first: 100)').slice(1, -1).trim();
  const days = ofDays('xp date');

  test.each([
    ['the length of a page', `query ($v: Int!) ${ofPages('(first: 100)', '(first: $v)')}`, 1, 100],
    ['the length of a page around', `query ($v: Int!) ${ofPages('(first: $v)', '(first: 100)')}`, 1, 100],
    [
      'the length of a page in a fragment',
      `query ($v: Int!) { ...F } fragment F on Query ${ofPages('(first: 100)', '(first: $v)')}`,
      1,
      100,
    ],
    ['the first day', `query ($v: LocalDate!) ${days.replace('"2026-01-01"', '$v')}`, '2026-12-31', '2026-01-01'],
    ['the last day', `query ($v: LocalDate!) ${days.replace('"2026-12-31"', '$v')}`, '2026-01-01', '2026-12-31'],
    ['@skip on a field', `query ($v: Boolean!) { me { id } ${all.replace(/\)/, ') @skip(if: $v)')} }`, true, false],
    [
      '@include on a field',
      `query ($v: Boolean!) { me { id } ${all.replace(/\)/, ') @include(if: $v)')} }`,
      false,
      true,
    ],
    ['@skip on a fragment', `query ($v: Boolean!) { me { id } ... @skip(if: $v) { ${all} } }`, true, false],
    [
      '@include on a named fragment',
      `query ($v: Boolean!) { me { id } ...F @include(if: $v) } fragment F on Query { ${all} }`,
      false,
      true,
    ],
  ])('%s', async (_, query, cheap, costly) => {
    for (const [position, order] of [
      [cheap, costly, cheap, costly],
      [costly, cheap, costly],
    ].entries()) {
      // Another text, of which the server has not kept anything yet.
      const text = `${query} #${position}`;
      for (const v of order) {
        const { status } = await ada.ask(text, { v });
        expect({ v, status }).toEqual({ v, status: v === cheap ? 200 : 400 });
      }
    }
  });
});

test('variables of the wrong type are refused as such, before any cost is computed', async () => {
  const query = `query ($n: Int!) ${ofPages('(first: $n)', '(first: $n)')}`;
  const answer = await send(`${server.url}/graphql`, posted({ query, variables: { n: 'many' } }));
  expect(answer.errors[0]?.extensions.fields).toEqual([{ path: 'n', message: 'Use a value of type Int.' }]);
});
