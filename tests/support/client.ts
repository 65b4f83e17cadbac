/** A minimal client of the API, and a complete server for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import mongoose from 'mongoose';
import { createTestClock } from '../auth/harness.js';
import { type TestDatabase, useDatabase } from './database.js';
import { type RunningServer, type ServerOptions, startServer } from './server.js';

export interface AnsweredError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly requestId: string;
    readonly fields?: readonly { readonly path: string; readonly message: string }[];
    readonly retryAfterSeconds?: number;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of data is what the query asks for
export type Data = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, unparsed. */
  readonly text: string;
  readonly data: Data;
  /** Empty if there are none. */
  readonly errors: readonly AnsweredError[];
  /** The code of the first error. */
  readonly code: string | undefined;
}

export interface Client {
  /** Sends a query and returns the answer, even if it has errors. */
  ask(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Sends a query that must succeed, and returns its data. @throws Error if the answer has errors */
  must(query: string, variables?: object, headers?: Record<string, string>): Promise<Data>;
  /** Calls a mutation that takes one input, and returns the payload or the refusal. */
  mutate(name: string, input: object, selection?: string): Promise<Data>;
}

/** Sends any HTTP request and parses the answer. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '') && text !== '';
  const { data, errors = [] } = isJson ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, text, data, errors, code: errors[0]?.extensions?.code };
}

/** A POST request to /graphql. A body that is not a string becomes JSON. */
export function posted(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text };
}

/** @param token the client's access token; if absent, the client is anonymous */
export function clientOf(url: string, token?: string): Client {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client: Client = {
    ask: (query, variables, headers) =>
      send(`${url}/graphql`, posted({ query, variables }, { ...authorization, ...headers })),
    async must(query, variables, headers) {
      const { data, errors } = await client.ask(query, variables, headers);
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data;
    },
    async mutate(name, input, selection = '__typename') {
      const data = await client.must(mutationOf(name, selection), { input });
      return data[name];
    },
  };
  return client;
}

/** The mutations whose result is not a union with Refusal, and their result types. */
const PLAIN: Record<string, string> = { updateProfile: 'User', createCourse: 'CreateCoursePayload' };
const SESSIONS = ['signUp', 'signIn'];
const CORRECTIONS = ['revokeReward', 'restoreReward'];

/** The document of a mutation that takes one input. */
export function mutationOf(name: string, selection = '__typename'): string {
  const type = CORRECTIONS.includes(name) ? 'CorrectReward' : `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const payload = SESSIONS.includes(name) ? 'Session' : `${type}Payload`;
  const answered =
    name in PLAIN ? selection : `__typename ... on ${payload} { ${selection} } ... on Refusal { code message }`;
  return `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${answered} } }`;
}

export interface LogLine {
  readonly requestId: string;
  readonly operation?: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly failure?: string;
  readonly stack?: string;
}

export interface TestServer {
  readonly url: string;
  /** What its requests hold at this moment. */
  resourceUsage(): ReturnType<RunningServer['resourceUsage']>;
  readonly database: TestDatabase;
  /** The server's clock. It stands still until a test moves it. */
  readonly clock: ReturnType<typeof createTestClock>;
  /** An anonymous client. */
  readonly nobody: Client;
  /** A client with this access token. */
  as(token: string): Client;
  /** Everything logged so far, as text. */
  log(): string;
  /** The log lines of a request. Waits for the line with the outcome, which can follow the answer. */
  linesOf(requestId: string): Promise<readonly LogLine[]>;
  /** Stops the server before the test file ends. */
  close(): Promise<void>;
}

/** Resolves when the driver sends the next command of this name. */
export function begun(name: string): Promise<void> {
  const client = mongoose.connection.getClient();
  return new Promise((resolve) => {
    const look = ({ commandName }: mongoose.mongo.CommandStartedEvent) => {
      if (commandName !== name) return;
      client.off('commandStarted', look);
      resolve();
    };
    client.on('commandStarted', look);
  });
}

/** Runs the complete server over HTTP, with a separate database for this test file. */
export function useServer({
  demonstration = false,
  env,
}: Pick<ServerOptions, 'demonstration' | 'env'> = {}): TestServer {
  const clock = createTestClock();
  const written: string[] = [];
  let running: RunningServer | undefined;
  // Jest runs afterAll hooks in order of declaration, so the server closes before its database.
  afterAll(() => running?.close());
  const database = useDatabase();
  beforeAll(async () => {
    running = await startServer({ demonstration, env, clock, log: { write: (line) => void written.push(line) } });
  });

  const itself = () => {
    if (!running) throw new Error('the server is available in tests and hooks only');
    return running;
  };
  const url = () => itself().url;
  return {
    database,
    clock,
    resourceUsage: () => itself().resourceUsage(),
    get url() {
      return url();
    },
    get nobody() {
      return clientOf(url());
    },
    as: (token) => clientOf(url(), token),
    log: () => written.join(''),
    async linesOf(requestId) {
      for (;;) {
        const lines = written.map((line) => JSON.parse(line) as LogLine).filter((line) => line.requestId === requestId);
        if (lines.some(({ outcome }) => outcome !== undefined)) return lines;
        await sleep(5);
      }
    },
    async close() {
      await running?.close();
    },
  };
}
