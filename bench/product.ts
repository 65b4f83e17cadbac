import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The secret of the servers under measurement, with which the bench makes its own access tokens. */
export const JWT_SECRET = 'the secret of a bench, which nobody else needs to know';

export interface Product {
  /** Without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The product as it is run in production: a process of its own, the built code. */
export async function startProduct(uri: string, port: number): Promise<Product> {
  const server = spawn(process.execPath, [MAIN], {
    env: { ...process.env, MONGODB_URI: uri, JWT_SECRET, PORT: String(port), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, server);
  return { url, stop: () => stop(server) };
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    if (server.exitCode !== null) throw new Error('the server did not start: run "npm run build" first');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}
