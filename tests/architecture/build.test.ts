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
  readonly said: string;
  readonly isUpToDate: boolean;
}

/** What `npm run build` makes of the server, with these files planted. */
const build = (planted: Files): Promise<Built> =>
  inCopy(PARTS, planted, async (directory) => {
    const ran = await new Promise<{ succeeded: boolean; said: string }>((resolve) => {
      execFile(process.execPath, ['scripts/build.mjs'], { cwd: directory }, (error, stdout, stderr) =>
        resolve({ succeeded: error === null, said: stdout + stderr }),
      );
    });
    return { ...ran, isUpToDate: existsSync(path.join(directory, 'dist/.stamps/server')) };
  });

describe('the build of the server', () => {
  test('succeeds as it is', async () => {
    expect(await build({})).toMatchObject({ succeeded: true, isUpToDate: true });
  });

  test('fails for a field without a rule, names it, and is not taken for done', async () => {
    const type = await readFile(path.join(project, TYPE), 'utf8');
    const planted = type.replace(
      'export class UnlockedBadge {',
      'export class UnlockedBadge {\n  @Field(() => String)\n  readonly planted!: string;\n',
    );
    expect(planted).not.toBe(type);

    const built = await build({ [TYPE]: planted });

    expect(built).toMatchObject({ succeeded: false, isUpToDate: false });
    expect(built.said).toContain('no rule for: UnlockedBadge.planted');
  });

  test('fails for a source that does not compile', async () => {
    const built = await build({ 'src/planted.ts': 'export const planted = ;' });
    expect(built).toMatchObject({ succeeded: false, isUpToDate: false });
    expect(built.said).toContain('planted.ts');
  });
});
