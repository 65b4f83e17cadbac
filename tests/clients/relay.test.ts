/** Relay: its compiler accepts the schema, and the server answers the operations that it compiles. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSchema, isObjectType } from 'graphql';
// @ts-expect-error: a package without types; it exports the path of its binary
import compiler from 'relay-compiler';
import { createSchool, type Person } from '../http/school.js';
import { type Answer, clientOf, type Data, useServer } from '../support/client.js';
import { OPERATIONS, type Operation, playStory, type RealClient } from './story.js';

const server = useServer();
const schema = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));

/** A paginated fragment for each connection of the schema, as Relay components declare them. */
function pagesOf(schemaText: string): string[] {
  const types = Object.values(buildSchema(schemaText).getTypeMap()).filter(isObjectType);
  const lists = types.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => String(field.type).endsWith('Connection!'))
      .map((field) => ({ type: type.name, field: field.name })),
  );
  return lists.map(
    ({ type, field }) => `
  fragment Story_${type}_${field} on ${type}
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    ${field}(first: $first, after: $after) @connection(key: "Story_${type}_${field}") { edges { node { __typename } } }
  }`,
  );
}

const PAGES_QUERY = `
  query StoryPagesQuery($first: Int!, $after: String) {
    me { ... on Student { ...Story_Student_rewards @alias @arguments(first: $first, after: $after) } }
  }`;

let directory: string;
/** The text of each compiled operation, as the compiler writes it for the server. */
let texts: readonly string[];

/** Compiles all operations to a map of persisted queries, the only part of Relay that a server sees. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-relay-'));
  for (const folder of ['src', 'artifacts']) await mkdir(path.join(directory, folder));
  const queries = path.join(directory, 'queries.json');
  await writeFile(queries, '{}');
  const pages = pagesOf(await readFile(schema, 'utf8'));
  expect(pages.length).toBeGreaterThanOrEqual(6);
  const documents = [...Object.values(OPERATIONS), ...pages, PAGES_QUERY];
  const module = documents.map((text) => `graphql\`${text}\`;`).join('\n');
  await writeFile(path.join(directory, 'src', 'Story.ts'), `import { graphql } from 'relay-runtime';\n${module}\n`);
  await writeFile(
    path.join(directory, 'relay.config.json'),
    JSON.stringify({
      src: './src',
      schema: path.relative(directory, schema),
      language: 'typescript',
      artifactDirectory: './artifacts',
      customScalarTypes: { DateTime: 'string', LocalDate: 'string' },
      persistConfig: { file: './queries.json', algorithm: 'SHA256' },
    }),
  );
  await promisify(execFile)(compiler, ['relay.config.json'], { cwd: directory });
  texts = Object.values(JSON.parse(await readFile(queries, 'utf8')));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function compiled(operation: Operation | 'StoryPagesQuery'): string {
  const text = texts.find((each) => each.includes(` ${operation}`));
  if (text === undefined) throw new Error(`the compiler did not write ${operation}`);
  return text;
}

/** Relay does not send requests itself. This is the fetch function from its documentation. */
playStory(server, (url, token): RealClient => {
  const client = clientOf(url, token);
  const accept = 'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8';
  const answerTo = (operation: Operation, variables?: Record<string, unknown>): Promise<Answer> =>
    client.ask(compiled(operation), variables, { accept });
  return {
    ask: answerTo,
    async askAgain(operation, variables, wait) {
      const answer = await answerTo(operation, variables);
      if (answer.status !== 503) return answer;
      await wait(Number(answer.headers.get('retry-after')));
      return answerTo(operation, variables);
    },
  };
});

test('reads a list page by page, with the fields that Relay adds', async () => {
  const school = await createSchool(server);
  const student: Person = await school.student(school.course);
  for (let count = 0; count < 3; count += 1) {
    await student.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'x' });
  }
  const page = async (after: string | null): Promise<Data> =>
    (await student.must(compiled('StoryPagesQuery'), { first: 2, after })).me.rewards;
  const first = await page(null);
  const second = await page(first.pageInfo.endCursor);
  expect([first, second].map(({ edges }) => edges.length)).toEqual([2, 1]);
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, endCursor: first.edges[1].cursor });
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, endCursor: second.edges[0].cursor });
  expect(first.edges[0].node.__typename).toBe('Reward');
});
