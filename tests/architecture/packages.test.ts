import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { project } from './project-copy.js';

const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');

/** Files and directories that tools or the running product create. */
const GENERATED = /^(node_modules|dist|coverage|\.data|\.git)$|\.log$/;
const files = readdirSync(project, { withFileTypes: true })
  .filter(({ name }) => !GENERATED.test(name))
  .flatMap((entry) => (entry.isDirectory() ? filesIn(entry.name) : [entry.name]));

function filesIn(directory: string): string[] {
  return readdirSync(path.join(project, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(project, path.join(entry.parentPath, entry.name)));
}

/** Public package sites. Each machine configures its own registry. */
const PACKAGE_SITE =
  /\b(npmjs\.(org|com)|yarnpkg\.com|npmmirror\.com|pypi\.org|pythonhosted\.org|jsdelivr\.net|unpkg\.com|esm\.sh)\b/i;
/** A directory of a particular machine. */
const MACHINE_PATH = /(^|[\s"'`(=:])(\/(home|root|Users|work|mnt)\/\w|[A-Z]:\\\\?Users\b)/m;

/** The bench installs its own packages, apart from those of the project, when it compares with PostGraphile. */
describe.each(['.', 'bench/postgraphile'])('packages in %s', (directory) => {
  const { dependencies, devDependencies, overrides } = JSON.parse(read(path.join(directory, 'package.json')));
  const lock = JSON.parse(read(path.join(directory, 'package-lock.json')));

  test('are pinned to exact versions', () => {
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...overrides });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('are locked by content hash, without a download location', () => {
    const locked = Object.entries<{ integrity?: string; resolved?: string }>(lock.packages).slice(1);
    expect(locked.filter(([, { integrity, resolved }]) => !integrity || resolved)).toEqual([]);
  });
});

describe('the files of the project', () => {
  test.each([
    ['a package site', PACKAGE_SITE],
    ['a directory of a machine', MACHINE_PATH],
  ])('do not name %s', (_, pattern) => {
    expect(files).toContain('package-lock.json');
    expect(files.filter((file) => pattern.test(read(file)))).toEqual([]);
  });

  test.each([
    [`https://registry.npmjs${'.org'}/left-pad`, PACKAGE_SITE],
    [`https://files.pythonhosted${'.org'}/x`, PACKAGE_SITE],
    [`const file = "${'/home'}/ada";`, MACHINE_PATH],
    [`cd ${'/work'}/main`, MACHINE_PATH],
    [`C:${'\\Users'}\\ada`, MACHINE_PATH],
  ])('the patterns find %s', (text, pattern) => {
    expect(pattern.test(text)).toBe(true);
  });
});
