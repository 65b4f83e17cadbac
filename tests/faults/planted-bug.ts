import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from '@swc/core';
import { inCopy, project } from '../architecture/project-copy.js';
import type { Bug } from './bugs/index.js';

/** What each file or folder of src is in dist. */
const BUILT = readdirSync(path.join(project, 'src'))
  .filter((name) => !name.endsWith('.md'))
  .map((name) => path.join('dist', name.replace(/\.ts$/, '.js')));
/** The sources for the patch, the built server, and the file that says that its files are modules. */
const PARTS = ['package.json', 'src', ...BUILT];

/**
 * Runs `work` with a copy of the built product in which this bug is planted. `startProductServer` can start the copy.
 * The copy is deleted afterwards.
 * @throws Error if the patch no longer applies to the product
 */
export function withPlantedBug<Result>(bug: Bug['name'], work: (root: string) => Promise<Result>): Promise<Result> {
  return inCopy(PARTS, {}, async (root) => {
    const files = await applyPatch(fileURLToPath(new URL(`bugs/${bug}.patch`, import.meta.url)), root);
    await Promise.all(files.map((file) => compile(file, root)));
    return work(root);
  });
}

/**
 * Applies a patch to a copy of the project.
 * @returns the files that it changed
 * @throws Error if the patch does not apply, or leaves one of its files unchanged
 */
export async function applyPatch(patch: string, root: string): Promise<string[]> {
  // Inside a repository, or with one named by a hook's environment, git silently skips files outside of that
  // repository.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, ...env } = process.env;
  await promisify(execFile)('git', ['apply', patch], {
    cwd: root,
    env: { ...env, GIT_CEILING_DIRECTORIES: path.dirname(root) },
  });
  const files = [...(await readFile(patch, 'utf8')).matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file!);
  for (const file of files) {
    const [before, after] = await Promise.all([project, root].map((each) => readFile(path.join(each, file), 'utf8')));
    if (before === after) throw new Error(`${path.basename(patch)} has changed nothing in ${file}`);
  }
  return files;
}

/** Compiles a changed source of a copy into its dist, as scripts/build.mjs does. */
async function compile(file: string, root: string): Promise<void> {
  const options = { filename: file, configFile: path.join(project, '.swcrc'), swcrc: false };
  const { code } = await transform(await readFile(path.join(root, file), 'utf8'), options);
  await writeFile(path.join(root, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js')), code);
}
