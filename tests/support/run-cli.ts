import { execFile } from 'node:child_process';
import path from 'node:path';
import { project } from '../architecture/project-copy.js';
import { builtServer } from './built-server.js';
import { spawnedEnvironment } from './spawned-environment.js';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a built program of src/cli.
 * @param root the project, or a copy of it
 * @param input what it reads from its standard input
 */
export function runCli(
  name: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  root = project,
  input = '',
): Promise<Run> {
  const command = [builtServer(root, path.join('cli', `${name}.js`)), ...args];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { cwd: root, env: spawnedEnvironment(env) },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
