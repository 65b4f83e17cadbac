import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../..', import.meta.url));

/** The text of files, by path relative to the root of the project. */
export type Files = Readonly<Record<string, string>>;

/**
 * Runs `work` with a copy of these parts of the project, with other files planted in it. Deletes the copy afterwards.
 */
export async function inCopy<Result>(
  parts: readonly string[],
  planted: Files,
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const copy = await mkdtemp(path.join(os.tmpdir(), 'auraledger-copy-'));
  try {
    for (const part of parts) await cp(path.join(project, part), path.join(copy, part), { recursive: true });
    await symlink(path.join(project, 'node_modules'), path.join(copy, 'node_modules'));
    for (const [file, text] of Object.entries(planted)) {
      await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
      await writeFile(path.join(copy, file), `${text}\n`);
    }
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Runs a tool of node_modules. @returns its output, and whether it exited with 0 */
export function runTool(
  directory: string,
  tool: string,
  ...args: string[]
): Promise<{ succeeded: boolean; stdout: string; stderr: string }> {
  // jest sets NODE_ENV to test, in which some tools print nothing.
  const options = { cwd: directory, env: { ...process.env, NODE_ENV: '' }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(path.join(project, 'node_modules/.bin', tool), args, options, (error, stdout, stderr) =>
      resolve({ succeeded: error === null, stdout, stderr }),
    );
  });
}
