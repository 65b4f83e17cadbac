import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { project } from './project-copy.js';

const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');

/** What is made by tools, or by running the product. */
const NOT_OURS = /^(node_modules|dist|coverage|\.data|\.git)$|\.log$/;
const files = readdirSync(project, { withFileTypes: true })
  .filter(({ name }) => !NOT_OURS.test(name))
  .flatMap((entry) => (entry.isDirectory() ? filesIn(entry.name) : [entry.name]));

function filesIn(directory: string): string[] {
  return readdirSync(path.join(project, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(project, path.join(entry.parentPath, entry.name)));
}

/** Where packages come from is each machine's own business. */
const PACKAGE_SITE =
  /\b(npmjs\.(org|com)|yarnpkg\.com|npmmirror\.com|pypi\.org|pythonhosted\.org|jsdelivr\.net|unpkg\.com|esm\.sh)\b/i;
/** A directory of somebody's own machine. */
const MACHINE_PATH = /(^|[\s"'`(=:])(\/(home|root|Users|work|mnt)\/\w|[A-Z]:\\\\?Users\b)/m;

describe('packages', () => {
  const { dependencies, devDependencies, overrides } = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));

  test('are asked for in exact versions', () => {
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...overrides });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('are locked by their contents, from no particular place', () => {
    const locked = Object.entries<{ integrity?: string; resolved?: string }>(lock.packages).slice(1);
    expect(locked.filter(([, { integrity, resolved }]) => !integrity || resolved)).toEqual([]);
  });
});

describe('the files of the project', () => {
  test.each([
    ['a site of packages', PACKAGE_SITE],
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
  ])('%s would be found', (text, pattern) => {
    expect(pattern.test(text)).toBe(true);
  });
});
