import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { builtServer } from './built-server.js';
import { spawnedEnvironment } from './spawned-environment.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built server, running as a separate process. */
export interface MainProcess {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Its output so far. */
  readonly written: { out: string; err: string };
  /** Resolves to the exit code, or to the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Resolves to its address when it reports that it is ready. */
  ready(): Promise<string>;
  mongodPid(): Promise<number | null>;
}

export interface MainOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The limit of open files. */
  readonly openFiles?: number;
  /** The user to run as. Only root can set it. */
  readonly uid?: number;
}

export function startMain(dataDir: string, { env = {}, openFiles, uid }: MainOptions = {}): MainProcess {
  const command = [process.execPath, builtServer(root, 'main.js')];
  const limited =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command];
  const child = spawn(limited[0]!, limited.slice(1), {
    cwd: root,
    env: spawnedEnvironment({ NODE_ENV: 'production', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const written = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    written.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    written.err += chunk;
  });
  return {
    process: child,
    written,
    ended: once(child, 'close').then(([code, signal]) => code ?? signal),
    async ready() {
      await until(() => /Data {6}.*\n/.test(written.out) || child.exitCode !== null);
      const address = /GraphiQL {2}(http:\S+)\/graphiql/.exec(written.out)?.[1];
      if (address === undefined) throw new Error(`the process did not become ready: ${written.out}${written.err}`);
      return address;
    },
    async mongodPid() {
      const note = await readFile(path.join(dataDir, 'embedded.json'), 'utf8').catch(() => '{}');
      return JSON.parse(note).mongodPid ?? null;
    },
  };
}

/** The value of NODE_OPTIONS with which a process runs this code first. */
export function preloading(code: string): string {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  return `${process.env.NODE_OPTIONS ?? ''} --import=${url}`;
}

/** Waits until the condition holds, for a minute at most. It does not throw; the caller asserts the result. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
