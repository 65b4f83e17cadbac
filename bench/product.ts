import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stopChild } from './child.js';
import { NODE_OPTIONS, ROOT, START_SCRIPT } from './start-command.js';

/** The secret of the servers under measurement, with which the bench makes its own access tokens. */
export const JWT_SECRET = 'the secret of a bench, which nobody else needs to know';

/** A server under measurement. */
export interface Server {
  /** Without a path. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The product under measurement. */
export interface Product extends Server {
  /** Whether its process is gone. */
  hasEnded(): boolean;
}

/** The product as `npm start` runs it: a process of its own, the built code, any free port; with a small heap if asked. */
export async function startProduct(uri: string, { heapMb }: { heapMb?: number } = {}): Promise<Product> {
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const server = spawn(process.execPath, [...NODE_OPTIONS, ...heap, ...START_SCRIPT], {
    cwd: ROOT,
    env: { ...process.env, MONGODB_URI: uri, JWT_SECRET, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return {
    url: await addressIn(server.stdout),
    pid: server.pid!,
    hasEnded: () => server.exitCode !== null || server.signalCode !== null,
    stop: () => stopChild(server),
  };
}

/** The address in what the product says when it is ready. @throws Error where it ends before */
export async function addressIn(stdout: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stdout });
  const told = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const url = / GraphQL +(\S+)\/graphql$/.exec(line)?.[1];
      if (url) resolve(url);
    });
  });
  const ended = once(lines, 'close').then(() => {
    throw new Error('the server did not start: run "npm run build" first');
  });
  return Promise.race([told, ended]);
}
