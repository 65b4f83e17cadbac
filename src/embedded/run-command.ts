import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface CommandResult {
  readonly code: number | null;
  /** stdout and stderr, interleaved in order of arrival. */
  readonly output: string;
}

export interface RunOptions {
  /** After this time, the command and its child processes are killed. Milliseconds. */
  readonly timeout: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Kills the command and its child processes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a command until it has exited and its output has ended, or until it is killed. If it cannot be started, the
 * result has code null and the cause as output.
 */
export function runCommand([command = '', ...args]: readonly string[], options: RunOptions): Promise<CommandResult> {
  const { env, signal, timeout } = options;
  // Its own process group, so that a kill also reaches child processes.
  const detached = process.platform !== 'win32';
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...(env && { env }), detached, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    // The streams are undefined if this process has no file descriptors left.
    for (const stream of [child.stdout, child.stderr] as (Readable | undefined)[]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const kill = (reason: string) => {
      output += `\n${reason}`;
      if (!detached || child.pid === undefined) child.kill('SIGKILL');
      else killGroup(child.pid);
      // A process in another session is not killed, and may hold the output open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const interrupt = () => kill('interrupted');
    if (signal?.aborted) interrupt();
    const timer = setTimeout(kill, timeout, `killed after ${timeout / 1000} s`);
    signal?.addEventListener('abort', interrupt);
    const finish = (result: CommandResult) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      resolve(result);
    };
    child.on('error', (error) => finish({ code: null, output: reasonOf(error) }));
    child.on('close', (code, killedBy) =>
      finish({ code, output: killedBy === null ? output : `${output}\n${killedBy}` }),
    );
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // The whole group may have exited.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Returns the last line of the output, which usually says why the command failed. */
export function lastLineOf({ output, code }: CommandResult): string {
  return output.trim().split('\n').at(-1)?.trim() || `ended with code ${code} and no output`;
}

/** Returns one line about an error, without its stack. */
export function reasonOf(error: unknown): string {
  const { code, syscall, path, message } = Object(error) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' && syscall?.startsWith('spawn')) return 'not found';
  if (code !== undefined && path !== undefined) return `${path}: ${code}`;
  return (message || code || String(error)).replace(/\s*\n\s*/g, ' ');
}
