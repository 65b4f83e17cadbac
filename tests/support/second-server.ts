import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';
import { Types } from 'mongoose';
import { newInput } from '../auth/harness.js';
import type { TestDatabase } from './database.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Client {
  readonly studentId: Types.ObjectId;
  /** Sends a mutation with this input to one of the servers. @returns what it answers */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the selection asks for
  mutate(server: number, name: string, input: object, selection: string): Promise<any>;
}

/** Two processes of the product on the database of this test file; they are gone at its end. */
export function useTwoServers(database: TestDatabase): { signUp(): Promise<Client> } {
  const processes: ChildProcess[] = [];
  let urls: string[] = [];

  beforeAll(async () => {
    urls = await Promise.all([startProcess(database.uri, processes), startProcess(database.uri, processes)]);
  });

  afterAll(async () => {
    await Promise.all(processes.map(stopProcess));
  });

  async function post(server: number, query: string, variables: object, token?: string) {
    const response = await fetch(`${urls[server]}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  return {
    async signUp() {
      const mutation =
        'mutation ($input: SignUpInput!) { signUp(input: $input) { ... on Session { accessToken user { id } } } }';
      const { signUp } = await post(0, mutation, { input: newInput() });
      return {
        studentId: new Types.ObjectId(signUp.user.id as string),
        async mutate(server, name, input, selection) {
          const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
          const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Payload ${selection} ... on Refusal { code } } }`;
          return (await post(server, query, { input }, signUp.accessToken))[name];
        },
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
