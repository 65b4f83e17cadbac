import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inCopy, project } from '../architecture/project-copy.js';
import type { Bug } from './bugs/index.js';

/** The files that a server needs in addition to node_modules. */
const PARTS = ['package.json', 'tsconfig.json', '.swcrc', 'scripts', 'src', 'tests/faults/clocked-server.ts'];

/**
 * Runs `work` with a copy of the product in which this bug is planted. `startProductServer` can start the copy. The
 * copy is deleted afterwards.
 * @throws Error if the patch no longer applies to the product
 */
export function withPlantedBug<Result>(bug: Bug['name'], work: (root: string) => Promise<Result>): Promise<Result> {
  return inCopy(PARTS, {}, async (root) => {
    await applyPatch(fileURLToPath(new URL(`bugs/${bug}.patch`, import.meta.url)), root);
    return work(root);
  });
}

/**
 * Applies a patch to a copy of the project.
 * @throws Error if the patch does not apply, or leaves one of its files unchanged
 */
export async function applyPatch(patch: string, root: string): Promise<void> {
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
}
