import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../..', import.meta.url));

/** Files by their paths from the root of the project. */
export type Files = Readonly<Record<string, string>>;

/** Lets `work` have a copy of these parts of the project, with other files planted in it; nothing is left of it. */
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

/** What a tool of node_modules writes, and whether it is content. */
export function runTool(
  directory: string,
  tool: string,
  ...args: string[]
): Promise<{ isContent: boolean; stdout: string; stderr: string }> {
  // Without jest's NODE_ENV, in which tools keep silent.
  const options = { cwd: directory, env: { ...process.env, NODE_ENV: '' }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(path.join(project, 'node_modules/.bin', tool), args, options, (error, stdout, stderr) =>
      resolve({ isContent: error === null, stdout, stderr }),
    );
  });
}
