import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';
import { Types } from 'mongoose';
import { newInput } from '../auth/harness.js';
import { type Client, clientOf } from './client.js';
import type { TestDatabase } from './database.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface StudentOnTwoServers {
  readonly studentId: Types.ObjectId;
  /** Clients alternate between the two servers: even positions use the first, odd ones the second. */
  client(position: number): Client;
  /** The address of one server, and of the other in turn. */
  url(position: number): string;
  readonly token: string;
}

/** Runs two server processes on this test file's database, and stops them at the end. */
export function useTwoServers(database: TestDatabase): { signUp(): Promise<StudentOnTwoServers> } {
  const processes: ChildProcess[] = [];
  let urls: string[] = [];

  beforeAll(async () => {
    urls = await Promise.all([startProcess(database.uri, processes), startProcess(database.uri, processes)]);
  });

  afterAll(async () => {
    await Promise.all(processes.map(stopProcess));
  });

  return {
    async signUp() {
      const { accessToken, user } = await clientOf(urls[0]!).mutate('signUp', newInput(), 'accessToken user { id }');
      const clients = urls.map((url) => clientOf(url, accessToken));
      return {
        studentId: new Types.ObjectId(user.id as string),
        client: (position) => clients[position % 2]!,
        url: (position) => urls[position % 2]!,
        token: accessToken,
      };
    },
  };
}

async function startProcess(databaseUri: string, processes: ChildProcess[]): Promise<string> {
  const script = ['--import', './scripts/typescript.mjs', 'tests/support/server-process.ts', databaseUri];
  const child = spawn(process.execPath, script, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  processes.push(child);
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server process ended with code ${code}`);
    }),
  ]);
  return url as string;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
