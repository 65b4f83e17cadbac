import { describe, expect, test } from '@jest/globals';
import { type Files, inCopy, runTool } from './project-copy.js';

const parts = ['codegen.yml', 'package.json', 'schema', 'web', 'tests/graphql/operations'];

/** Runs the operations check of `npm test` in a copy of the project with these files planted. */
const check = (planted: Files) =>
  inCopy(parts, planted, (directory) => runTool(directory, 'graphql-codegen', '--check'));

describe('operations', () => {
  test('that are valid for the schema and match the types in web/generated pass', async () => {
    expect(await check({})).toMatchObject({ succeeded: true });
  });

  test.each(['web/graphiql/operations/planted.graphql', 'tests/graphql/planted.graphql'])(
    'that are invalid for the schema fail, in %s',
    async (file) => {
      const { succeeded, stdout, stderr } = await check({ [file]: 'query Planted { me { shoeSize } }' });
      expect(succeeded).toBe(false);
      expect(stdout + stderr).toContain('Cannot query field "shoeSize" on type "User"');
    },
  );

  test('whose types were not regenerated fail', async () => {
    const { succeeded, stdout, stderr } = await check({
      'web/graphiql/operations/planted.graphql': 'query Planted { me { id } }',
    });
    expect(succeeded).toBe(false);
    expect(stdout + stderr).toContain('web/generated/graphql.ts');
  });
});
