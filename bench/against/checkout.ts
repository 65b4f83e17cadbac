import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from '../../src/report.js';
import { UsageError } from '../settings.js';
import { ROOT } from '../start-command.js';

const run = promisify(execFile);

/** Another commit of this repository, built, in a directory of its own. */
export interface Checkout {
  readonly root: string;
  /** The first digits of the commit. */
  readonly name: string;
  remove(): Promise<void>;
}

/** @returns the full hash of a commit @throws UsageError if the repository has no such commit */
export async function commitOf(revision: string): Promise<string> {
  // The end of options: a revision never begins with a dash.
  const args = ['-C', ROOT, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const { stdout } = await run('git', args).catch((error) => {
    if (error.code === 'ENOENT') throw new UsageError('--against needs git, which is not installed');
    throw new UsageError(`--against: this repository has no commit "${revision}"; "git log" shows those that it has`);
  });
  return stdout.trim();
}

/**
 * Checks a commit out into a new git worktree, with its own dependencies and its own build.
 * @param directory does not exist yet
 * @param signal cancels it; nothing is left then
 */
export async function checkOut(
  commit: string,
  directory: string,
  report: Report,
  signal: AbortSignal,
): Promise<Checkout> {
  const name = commit.slice(0, 8);
  const remove = async () => {
    await run('git', ['-C', ROOT, 'worktree', 'remove', '--force', directory]);
  };
  await run('git', ['-C', ROOT, 'worktree', 'add', '--detach', '--quiet', directory, commit]);
  try {
    signal.throwIfAborted();
    if (await hasSameDependencies(directory)) {
      await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    } else {
      report(`${name}: npm ci, because its package-lock.json differs`);
      await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, signal });
    }
    report(`${name}: npm run build`);
    await run('npm', ['run', 'build'], { cwd: directory, signal });
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    const { stderr = '' } = error as { stderr?: string };
    throw new UsageError(`--against: ${name} could not be built: ${stderr.trim() || (error as Error).message}`);
  }
  return { root: directory, name, remove };
}

async function hasSameDependencies(directory: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all(
    [ROOT, directory].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  );
  return ours === theirs;
}
