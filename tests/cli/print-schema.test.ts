import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { inCopy, project } from '../architecture/project-copy.js';
import { runCli } from '../support/run-cli.js';

/** A copy, because the program writes its schema file. */
test('it writes the schema; with --check it compares only, and fails if the file differs or is not there', () =>
  inCopy(['package.json', 'dist'], { 'schema/README.md': '' }, async (copy) => {
    const printSchema = (...args: string[]) => runCli('print-schema', args, {}, copy);
    const file = path.join(copy, 'schema', 'schema.graphql');
    const differs = {
      code: 1,
      stdout: '',
      stderr: 'schema/schema.graphql does not match the code. Run "npm run schema" and review the change.\n',
    };
    expect(await printSchema('--check')).toEqual(differs);
    expect(await printSchema()).toEqual({ code: 0, stdout: 'schema/schema.graphql written\n', stderr: '' });
    const written = await readFile(file, 'utf8');
    expect(written).toBe(await readFile(path.join(project, 'schema', 'schema.graphql'), 'utf8'));
    expect(await printSchema('--check')).toEqual({
      code: 0,
      stdout: 'schema/schema.graphql matches the code\n',
      stderr: '',
    });

    expect(await printSchema('--chek')).toMatchObject({ code: 1, stderr: expect.stringContaining("'--chek'") });
    await writeFile(file, `${written}\n`);
    expect(await printSchema('--check')).toEqual(differs);
    expect(await readFile(file, 'utf8')).toBe(`${written}\n`);
    expect(await printSchema('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--check only compares'),
    });
  }));
