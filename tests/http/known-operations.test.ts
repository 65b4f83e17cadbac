/**
 * An operation whose document came twice is executed without Apollo. Nobody can tell: answers, statuses, headers and
 * log lines are the same.
 */
import { ApolloServer } from '@apollo/server';
import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildSchema, execute, GraphQLObjectType, isAbstractType, isObjectType, parse } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { executePlan } from '../../src/http/execution/execute.js';
import { KnownOperations } from '../../src/http/known-operations.js';
import { posted, send, useServer } from '../support/client.js';
import { makeKnown } from '../support/known.js';
import { generatedOperations } from './generated-operations.js';

const server = useServer({ demonstration: true });
const askApollo = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');

const tokens: Record<string, string> = {};
let studentIds: readonly string[];
beforeAll(async () => {
  for (const [role, email] of [
    ['STUDENT', 'ada@demo.example'],
    ['TEACHER', 'teacher@demo.example'],
  ] as const) {
    const session = await server.nobody.mutate('signIn', { email, password: 'demo-password' }, 'accessToken');
    tokens[role] = session.accessToken;
  }
  const ofTeacher = await server
    .as(tokens.TEACHER!)
    .must('{ courses { edges { node { students { edges { node { id } } } } } } }');
  studentIds = ofTeacher.courses.edges[0].node.students.edges.map(({ node }: { node: { id: string } }) => node.id);
});
beforeEach(() => {
  askApollo.mockClear();
});

test('only the first two requests with a document go through Apollo', async () => {
  const calls: number[] = [];
  for (let request = 0; request < 4; request += 1) {
    expect(await server.nobody.must('query Twice { __typename }')).toEqual({ __typename: 'Query' });
    calls.push(askApollo.mock.calls.length);
  }
  expect(calls).toEqual([1, 2, 2, 2]);
});

interface Sent {
  readonly query: string;
  readonly variables?: object | null;
  readonly operationName?: string | null;
  readonly extensions?: object;
}

interface Case {
  readonly name: string;
  readonly by?: 'STUDENT' | 'TEACHER';
  readonly sent: Sent;
  readonly accept?: string;
  /** Refused before it is executed: Apollo answers. */
  readonly isRefused?: boolean;
}

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { __typename ... on Refusal { code message } }
}`;
const TWO = 'query One { badges { id } } query Other { badges { name } }';
const PAGE = 'query ($first: Int) { courses(first: $first) { edges { node { name } } } }';

const cases: readonly Case[] = [
  { name: 'data', sent: { query: '{ badges { id name counter threshold } __typename }' } },
  { name: 'aliases', sent: { query: '{ __proto__: badges { constructor: id, toJSON: name } }' } },
  { name: 'introspection', sent: { query: '{ __schema { queryType { name } } __type(name: "Student") { name } }' } },
  { name: 'one of several operations', sent: { query: TWO, operationName: 'Other' } },
  { name: 'none of several operations', sent: { query: TWO, operationName: 'Third' }, isRefused: true },
  { name: 'several operations and no name', sent: { query: TWO }, isRefused: true },
  { name: 'an empty name', sent: { query: '{ badges { id } }', operationName: '' } },
  {
    name: 'a hash',
    sent: { query: '{ badges { id } }', extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
  },
  { name: 'no variables', sent: { query: PAGE, variables: null }, by: 'STUDENT' },
  { name: 'variables', sent: { query: PAGE, variables: { first: 1, other: 2 } }, by: 'STUDENT' },
  { name: 'a wrong variable', sent: { query: PAGE, variables: { first: 'secret' } }, by: 'STUDENT', isRefused: true },
  { name: 'a variable that a limit refuses', sent: { query: PAGE, variables: { first: 101 } }, by: 'STUDENT' },
  {
    name: 'a variable that must not be null',
    sent: { query: PAGE, variables: { first: null } },
    by: 'STUDENT',
  },
  {
    name: 'the variable of a directive that must not be null',
    sent: { query: 'query ($x: Boolean = true) { badges { id @include(if: $x) } }', variables: { x: null } },
    isRefused: true,
  },
  {
    name: 'a skipped field',
    sent: { query: 'query ($x: Boolean!) { badges { id @skip(if: $x) name } }', variables: { x: true } },
  },
  { name: 'an error', sent: { query: '{ me { id } }' } },
  {
    name: 'an error for graphql-response+json',
    sent: { query: '{ me { id } }' },
    accept: 'application/graphql-response+json',
  },
  { name: 'an error for application/json', sent: { query: '{ me { id } }' }, accept: 'application/json' },
  { name: 'an error for a page', sent: { query: '{ me { id } }' }, accept: 'text/html' },
  { name: 'an error beside data', sent: { query: '{ badges { id } course(id: "x") { id } }' } },
  {
    name: 'a subscription',
    sent: { query: 'subscription { pomodoroChanged { id } }' },
    by: 'STUDENT',
    isRefused: true,
  },
  {
    name: 'a refusal',
    sent: { query: SIGN_IN, variables: { input: { email: 'nobody@school.example', password: 'not a password' } } },
  },
  { name: 'an invalid input', sent: { query: SIGN_IN, variables: { input: { email: 'none', password: '1' } } } },
  {
    name: 'an operation that costs too much',
    by: 'TEACHER',
    sent: {
      query: `query ($n: Int!) { courses(first: $n) { edges { node { students(first: $n) { edges { node {
        rewards(first: $n) { edges { node { id } } } } } } } } } }`,
      variables: { n: 100 },
    },
    accept: 'application/json',
    isRefused: true,
  },
];

const CHANGING = /"(requestId|cursor|startCursor|endCursor)":"[^"]+"/g;

/** What clients and operators see of one request, without what differs between any two requests. */
async function observe({ by, sent, accept }: Case, query: string) {
  const client = { ...(by && { authorization: `Bearer ${tokens[by]}` }), ...(accept && { accept }) };
  const { status, headers, text } = await send(`${server.url}/graphql`, posted({ ...sent, query }, client));
  const lines = await server.linesOf(headers.get('x-request-id')!);
  const logged = lines.map(({ operation, outcome, status }) => ({ operation, outcome, status }));
  const { date, 'x-request-id': requestId, ...others } = Object.fromEntries(headers);
  return { status, headers: others, body: text.replace(CHANGING, '"$1"'), logged };
}

async function compare(given: Case): Promise<void> {
  const { query } = given.sent;
  await makeKnown(server.url, query);
  // Another text, which the server sees for the first time.
  const expected = await observe(given, `${query}\n`);
  askApollo.mockClear();
  const found = await observe(given, query);
  expect(askApollo).toHaveBeenCalledTimes(given.isRefused ? 1 : 0);
  const length = (seen: typeof found) => ({ ...seen, headers: { ...seen.headers, 'content-length': '' } });
  expect(length(found)).toEqual(length(expected));
  expect(found.logged).toEqual([expect.objectContaining({ status: found.status })]);
}

test.each(cases)('$name', async (given) => {
  await compare(given);
});

test('an operation that the database fails', async () => {
  const given: Case = { name: 'me', by: 'STUDENT', sent: { query: '{ me { id } }' } };
  const { query } = given.sent;
  await makeKnown(server.url, query);
  const { off } = await server.database.failCommand({ failCommands: ['find'], mode: 'alwaysOn', errorCode: 11600 });
  const expected = await observe(given, `${query}\n\n`);
  askApollo.mockClear();
  const found = await observe(given, query);
  await off();
  expect(askApollo).not.toHaveBeenCalled();
  expect(found.headers).toMatchObject({ 'retry-after': expect.any(String) });
  expect(found).toEqual(expected);
  expect(found.status).toBe(503);
});

test('the operations of generated clients', async () => {
  for (const { name, by, query, variables } of generatedOperations(studentIds)) {
    await compare({ name, by, sent: { query, variables } });
    // With other conditions.
    const flipped = Object.entries(variables).map(([key, value]) => [key, typeof value === 'boolean' ? !value : value]);
    const sent = { query: `${query} `, variables: { ...Object.fromEntries(flipped), courses: 1, assignments: 2 } };
    await compare({ name, by, sent });
  }
});

describe('what is kept', () => {
  const schema = buildSchema(`
    type Query { me: Query, name: String, list: [Query!] }
  `);

  test('is bounded, and what is used stays', () => {
    const known = new KnownOperations(schema);
    const add = (n: number) => {
      const text = `{ me { name } } # ${n} ${'x'.repeat(1_000)}`;
      known.add(text, parse(text));
      return text;
    };
    const first = add(0);
    const second = add(1);
    for (let n = 2; n < 2_000; n += 1) {
      add(n);
      expect(known.lookUp(first, null)).not.toBeNull();
    }
    expect(known.lookUp(second, null)).toBeNull();
    expect(known.weight).toBeLessThanOrEqual(400_000);
    expect(known.weight).toBeGreaterThan(390_000);
  });

  test('counts what plans take, while they grow: a short document of fragments may have a huge plan', () => {
    const known = new KnownOperations(schema);
    const me = {};
    Object.assign(me, { me, name: 'x' });
    schema.getQueryType()!.getFields().me!.resolve = () => me;
    for (let n = 0; n < 8; n += 1) {
      const levels = Array.from(
        { length: 14 },
        (_, f) => `fragment F${f} on Query { a: me { ...F${f + 1} } b: me { ...F${f + 1} } }`,
      );
      const text = `{ ...F0 } ${levels.join(' ')} fragment F14 on Query { n${n}: name }`;
      known.add(text, parse(text));
      const { planFor } = known.lookUp(text, null)!;
      void executePlan(planFor({}), { contextValue: null, variables: {} });
      expect(known.weight).toBeLessThanOrEqual(400_000);
    }
  });
});

test('a list that fails at once leaves no rejection behind', async () => {
  const schema = buildSchema('type Query { list: [Item!] } type Item { name: String! }');
  const item = schema.getType('Item') as GraphQLObjectType;
  schema.getQueryType()!.getFields().list!.resolve = () => [0, 1];
  item.getFields().name!.resolve = (n) => {
    if (n === 1) throw new Error('at once');
    return Promise.reject(new Error('later'));
  };
  const known = new KnownOperations(schema);
  const text = '{ list { name } }';
  known.add(text, parse(text));
  const plan = known.lookUp(text, null)!.planFor({});
  // Node ends the process for a rejection that nobody handles.
  const result = await executePlan(plan, { contextValue: null, variables: {} });
  await new Promise(setImmediate);
  expect(result.data).toEqual({ list: null });
  expect(result.errors?.map(({ message }) => message)).toEqual(['at once']);
});

test('a text in the place of a list is no list of its letters', async () => {
  const schema = buildSchema('type Query { list: [String] }');
  const known = new KnownOperations(schema);
  const document = parse('{ list }');
  known.add('{ list }', document);
  const plan = known.lookUp('{ list }', null)!.planFor({});
  for (const list of ['letters', 7, {}]) {
    schema.getQueryType()!.getFields().list!.resolve = () => list;
    const { data, errors } = await executePlan(plan, { contextValue: null, variables: {} });
    const expected = await execute({ schema, document });
    expect({ list, data, paths: errors?.map(({ path }) => path) }).toEqual({
      list,
      data: { list: null },
      paths: [['list']],
    });
    expect(expected.data).toEqual(data);
  }
});

test('the schema has nothing that a plan leaves out', async () => {
  const types = Object.values((await createSchema()).getTypeMap());
  expect(types.filter((type) => isAbstractType(type) && !type.resolveType)).toEqual([]);
  expect(types.filter((type) => isObjectType(type) && type.isTypeOf)).toEqual([]);
});
