import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Ran {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly output: string;
}

export interface RunOptions {
  /** Milliseconds; then the command and all that it started are killed. */
  readonly timeout: number;
  readonly env?: NodeJS.ProcessEnv;
  /** The same, when somebody interrupts. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a command to its end; one that cannot be started ends with code null and the cause as its output. */
export function runCommand([command = '', ...args]: readonly string[], options: RunOptions): Promise<Ran> {
  const { env, signal, timeout } = options;
  // A process group of its own, so that an end reaches what the command has started as well.
  const detached = process.platform !== 'win32';
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...(env && { env }), detached, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    // There are none where the process has no more files to open.
    for (const stream of [child.stdout, child.stderr] as (Readable | undefined)[]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const end = (why: string) => {
      output += `\n${why}`;
      if (!detached || child.pid === undefined) child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    };
    const interrupt = () => end('interrupted');
    if (signal?.aborted) interrupt();
    const timer = setTimeout(end, timeout, `ended after ${timeout / 1000} s`);
    signal?.addEventListener('abort', interrupt, { once: true });
    const finish = (ran: Ran) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      resolve(ran);
    };
    child.on('error', (error) => finish({ code: null, output: reasonOf(error) }));
    child.on('close', (code, killedBy) =>
      finish({ code, output: killedBy === null ? output : `${output}\n${killedBy}` }),
    );
  });
}

/** The last thing that a command said, which is mostly why it ended. */
export function lastLineOf({ output, code }: Ran): string {
  return output.trim().split('\n').at(-1)?.trim() || `ended with code ${code} and no word`;
}

/** One line about an error, without a stack. */
export function reasonOf(error: unknown): string {
  const { code, syscall, path, message } = Object(error) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' && syscall?.startsWith('spawn')) return 'not found';
  if (code !== undefined && path !== undefined) return `${path}: ${code}`;
  return (message || code || String(error)).replace(/\s*\n\s*/g, ' ');
}
