import { describe, expect, test } from '@jest/globals';
import { type Files, inCopy, runTool } from './project-copy.js';

const parts = ['codegen.yml', 'package.json', 'schema', 'web', 'tests/graphql/operations'];

/** What `npm test` says of the operations, with these planted. */
const check = (planted: Files) =>
  inCopy(parts, planted, (directory) => runTool(directory, 'graphql-codegen', '--check'));

describe('operations', () => {
  test('that fit the schema, with their types as they are in web/generated, pass', async () => {
    expect(await check({})).toMatchObject({ isContent: true });
  });

  test.each(['web/graphiql/operations/planted.graphql', 'tests/graphql/planted.graphql'])(
    'that do not fit the schema are refused, in %s',
    async (file) => {
      const { isContent, stdout, stderr } = await check({ [file]: 'query Planted { me { shoeSize } }' });
      expect(isContent).toBe(false);
      expect(stdout + stderr).toContain('Cannot query field "shoeSize" on type "User"');
    },
  );

  test('whose types were not generated anew are refused', async () => {
    const { isContent, stdout, stderr } = await check({
      'web/graphiql/operations/planted.graphql': 'query Planted { me { id } }',
    });
    expect(isContent).toBe(false);
    expect(stdout + stderr).toContain('web/generated/graphql.ts');
  });
});
