import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Runtime } from './against/runtimes.js';
import { stopChild } from './child.js';
import { addressIn } from './server-address.js';
import { ROOT, startCommandOf } from './start-command.js';

/** The secret of the measured servers. The bench issues its own access tokens with it. */
export const JWT_SECRET = 'the secret of a bench, which nobody else needs to know';

/** The token for /metrics of the measured servers. */
export const METRICS_TOKEN = 'the-token-of-the-metrics-of-a-bench';

/** A measured server. */
export interface Server {
  /** The origin, without a path. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A measured process of the product. */
export interface Product extends Server {
  /** Whether its process has ended. */
  hasEnded(): boolean;
}

/**
 * Starts the built product in a separate process, as `npm start` does, on any free port.
 * @param options.heapMb limits the heap of the server; by default node decides
 * @param options.root the directory of another version of the project
 * @param options.runtime another Node, and options in addition to those of `npm start`
 */
export async function startProduct(
  uri: string,
  { heapMb, root = ROOT, runtime }: { heapMb?: number; root?: string; runtime?: Runtime } = {},
): Promise<Product> {
  const { executable = process.execPath, nodeOptions: more = [] } = runtime ?? {};
  const { nodeOptions, script } = startCommandOf(root);
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const server = spawn(executable, [...nodeOptions, ...more, ...heap, ...script], {
    cwd: root,
    env: { ...process.env, MONGODB_URI: uri, JWT_SECRET, METRICS_TOKEN, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return {
    url: await waitForAddress(server.stdout),
    pid: server.pid!,
    hasEnded: () => server.exitCode !== null || server.signalCode !== null,
    stop: () => stopChild(server),
  };
}

/** Waits until the product prints its address. @returns the origin @throws Error if the product ends before */
export async function waitForAddress(stdout: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stdout });
  const address = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const url = addressIn(line);
      if (url !== undefined) resolve(url);
    });
  });
  const ended = once(lines, 'close').then(() => {
    throw new Error('the server did not start: run "npm run build" first');
  });
  return Promise.race([address, ended]);
}
