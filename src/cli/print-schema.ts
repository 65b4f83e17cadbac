/** Writes schema/schema.graphql from the code. With --check it only compares, and exits with 1 if they differ. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createSchema } from '../graphql/schema.js';

const FILE = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
const USAGE =
  'Usage: npm run schema [-- --check]\nWrites schema/schema.graphql from the code; --check only compares.\n';

const printed = `# Printed from the code by "npm run schema". Do not edit.\n\n${printSchema(lexicographicSortSchema(await createSchema()))}\n`;
if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
} else if (!process.argv.includes('--check')) {
  await writeFile(FILE, printed);
  process.stdout.write('schema/schema.graphql written\n');
} else if ((await readFile(FILE, 'utf8').catch(() => '')) !== printed) {
  process.stderr.write('schema/schema.graphql does not match the code. Run "npm run schema" and review the change.\n');
  process.exitCode = 1;
} else {
  process.stdout.write('schema/schema.graphql matches the code\n');
}
