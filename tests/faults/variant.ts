import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inCopy, project } from '../architecture/project-copy.js';
import type { Bug } from './bugs/index.js';

/** What a server needs beside node_modules. */
const PARTS = ['package.json', 'tsconfig.json', '.swcrc', 'scripts', 'src', 'tests/faults/clocked-server.ts'];

/**
 * Lets `work` have a copy of the product in which this bug is planted, for startProductServer; nothing is left of it.
 * @throws Error where the patch does not fit the product any more
 */
export function withVariant<Result>(bug: Bug['name'], work: (root: string) => Promise<Result>): Promise<Result> {
  return inCopy(PARTS, {}, async (root) => {
    await applyPatch(fileURLToPath(new URL(`bugs/${bug}.patch`, import.meta.url)), root);
    return work(root);
  });
}

/**
 * Applies a patch to a copy of the project.
 * @throws Error where it does not fit, or leaves any of its files as it was
 */
export async function applyPatch(patch: string, root: string): Promise<void> {
  // In a repository, whether around the copy or named by a hook, git would skip files that are not of it, without a word.
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
}
