/** Writes schema/schema.graphql from the code. With --check it only compares, and exits with 1 if they differ. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createSchema } from '../graphql/schema.js';
import { runProgram } from './run-program.js';

const FILE = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
const USAGE =
  'Usage: npm run schema [-- --check]\nWrites schema/schema.graphql from the code; --check only compares.\n';

await runProgram(main);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' }, check: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const schema = lexicographicSortSchema(await createSchema());
  const printed = `# Printed from the code by "npm run schema". Do not edit.\n\n${printSchema(schema)}\n`;
  if (!values.check) {
    await writeFile(FILE, printed);
    process.stdout.write('schema/schema.graphql written\n');
    return;
  }
  if ((await readFile(FILE, 'utf8').catch(() => '')) !== printed) {
    throw new Error('schema/schema.graphql does not match the code. Run "npm run schema" and review the change.');
  }
  process.stdout.write('schema/schema.graphql matches the code\n');
}
