import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Files, inCopy, project } from './project-copy.js';

const PARTS = ['.swcrc', 'package.json', 'package-lock.json', 'scripts', 'src'];
const TYPE = 'src/graphql/badge/badge.type.ts';

interface Built {
  readonly succeeded: boolean;
  readonly output: string;
  readonly isUpToDate: boolean;
}

/** Runs `npm run build` for the server in a copy of the project with these files planted. */
const build = (planted: Files): Promise<Built> =>
  inCopy(PARTS, planted, async (directory) => {
    const ran = await new Promise<{ succeeded: boolean; output: string }>((resolve) => {
      execFile(process.execPath, ['scripts/build.mjs'], { cwd: directory }, (error, stdout, stderr) =>
        resolve({ succeeded: error === null, output: stdout + stderr }),
      );
    });
    return { ...ran, isUpToDate: existsSync(path.join(directory, 'dist/.stamps/server')) };
  });

describe('the build of the server', () => {
  test('succeeds on the unchanged project', async () => {
    expect(await build({})).toMatchObject({ succeeded: true, isUpToDate: true });
  });

  test('given a field without an access rule, it fails, names the field, and is not marked as up to date', async () => {
    const type = await readFile(path.join(project, TYPE), 'utf8');
    const planted = type.replace(
      'export class UnlockedBadge {',
      'export class UnlockedBadge {\n  @Field(() => String)\n  readonly planted!: string;\n',
    );
    expect(planted).not.toBe(type);

    const built = await build({ [TYPE]: planted });

    expect(built).toMatchObject({ succeeded: false, isUpToDate: false });
    expect(built.output).toContain('no rule for: UnlockedBadge.planted');
  });

  test('given a source that does not compile, it fails and names the file', async () => {
    const built = await build({ 'src/planted.ts': 'export const planted = ;' });
    expect(built).toMatchObject({ succeeded: false, isUpToDate: false });
    expect(built.output).toContain('planted.ts');
  });
});
