import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import mongoose, { type mongo } from 'mongoose';
import { startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { HttpConnection } from '../load/http-connection.js';
import type { Database } from '../measured-side.js';
import { type Server, startProduct } from '../product.js';
import { tokenOf } from '../tokens.js';
import type { Runtime } from './runtimes.js';

const run = promisify(execFile);

/** A version of the product that is compared, with a mongod of its own. */
export interface Version {
  readonly database: Database;
  /** @returns a school in a database of its own, with a server */
  openSchool(options: SchoolOptions): Promise<SeededSchool>;
  /** Ends all processes. */
  stop(): Promise<void>;
}

export interface VersionOptions {
  /** The directory of its sources and its build. */
  readonly root: string;
  /** By default the Node that runs the bench. */
  readonly runtime?: Runtime;
  readonly dataDir: string;
  readonly mongodBinary: string;
  readonly signal: AbortSignal;
}

export interface SchoolOptions {
  /** The name of the database. */
  readonly name: string;
  readonly students: number;
  readonly rewardsOfEach: number;
  /** The number of assignments that are due tomorrow. */
  readonly assignments: number;
  readonly seed: number;
}

export interface SeededSchool {
  readonly server: Server;
  readonly courseId: string;
  readonly tokens: readonly string[];
  readonly teacherToken: string;
  readonly assignments: readonly string[];
}

const DAY_MS = 86_400_000;
const CREATE_ASSIGNMENT = `mutation Create($input: CreateAssignmentInput!) {
  createAssignment(input: $input) { ... on CreateAssignmentPayload { assignment { id } } ... on Refusal { message } }
}`;

export async function startVersion(options: VersionOptions): Promise<Version> {
  const { root, runtime, dataDir, mongodBinary, signal } = options;
  const mongod = await startEmbeddedMongod({ binary: mongodBinary, dataDir, report: () => {}, signal });
  const servers: Server[] = [];
  const uriOf = (database: string) => mongod.uri.replace(/\/[^/?]*\?/, `/${database}?`);
  return {
    // The bytes of a grant do not depend on the machine. `npm run bench` shows them.
    database: { pids: async () => [mongod.pid], bytes: async () => ({ journal: Number.NaN, received: Number.NaN }) },
    async openSchool(school) {
      const uri = uriOf(school.name);
      await seed(root, uri, school, signal);
      const server = await startProduct(uri, { root, runtime });
      servers.push(server);
      signal.throwIfAborted();
      return { server, ...(await people(uri, server, school)) };
    },
    async stop() {
      for (const server of servers) await server.stop();
      await mongod.stop();
    },
  };
}

/** Fills the database with the version's own tool, because only it knows how this version stores a student. */
async function seed(
  root: string,
  uri: string,
  { students, rewardsOfEach, seed: number }: SchoolOptions,
  signal: AbortSignal,
) {
  // The tool writes at least one row. It gives the first student 1,000, or all if there are fewer.
  const sizes = { students, rows: Math.max(1, students * rewardsOfEach), seed: number };
  const args = Object.entries(sizes).flatMap(([option, value]) => [`--${option}`, String(value)]);
  await run('npm', ['run', 'seed-scale', '--', ...args], {
    cwd: root,
    env: { ...process.env, MONGODB_URI: uri },
    signal,
  });
}

/** Reads who is in the school: only ids, which all versions store alike. Adds assignments through the API. */
async function people(uri: string, server: Server, { assignments: count }: SchoolOptions) {
  const client = await mongoose.mongo.MongoClient.connect(uri);
  try {
    const idsOf = (collection: string, filter: mongo.Filter<mongo.Document> = {}) =>
      client
        .db()
        .collection(collection)
        .find(filter, { projection: { _id: 1 }, sort: { _id: 1 } })
        .toArray();
    const [course] = await idsOf('courses');
    const [teacher] = await idsOf('accounts', { role: 'TEACHER' });
    const students = await idsOf('students');
    const courseId = String(course!._id);
    const teacherToken = await tokenOf(teacher!._id, 'TEACHER');
    return {
      courseId,
      teacherToken,
      tokens: await Promise.all(students.map(({ _id }) => tokenOf(_id, 'STUDENT'))),
      assignments: await createAssignments(server, teacherToken, courseId, count),
    };
  } finally {
    await client.close();
  }
}

async function createAssignments({ url }: Server, token: string, courseId: string, count: number): Promise<string[]> {
  const connection = new HttpConnection(url);
  const dueDate = new Date(Date.now() + DAY_MS).toISOString();
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const variables = { input: { courseId, title: `Bench ${number}`, dueDate } };
    const text = await connection.post(token, JSON.stringify({ query: CREATE_ASSIGNMENT, variables }));
    const id = JSON.parse(text).data?.createAssignment.assignment?.id;
    if (id === undefined) throw new Error(`--against: the server did not create an assignment: ${text}`);
    ids.push(id);
  }
  connection.close();
  return ids;
}
