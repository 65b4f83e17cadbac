import { type ChildProcess, execFile, fork } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Types } from 'mongoose';
import { currentRules } from '../../src/rewards/index.js';
import type { BenchContext, Benchmark, Side } from '../bench.js';
import { nextMessage, stopChild } from '../child.js';
import { firstWarmUpLoad, sliceShape, submissionLoad } from '../load/submissions.js';
import type { Database } from '../measured-side.js';
import { SUBMIT_TO_POSTGRAPHILE } from '../operations.js';
import { withChildren } from '../process-times.js';
import { JWT_SECRET, type Server } from '../product.js';
import type { School } from '../school.js';
import { PREPARATION, series } from '../series.js';
import { NODE_OPTIONS, ROOT } from '../start-command.js';
import { tokenOf } from '../tokens.js';

/**
 * Connections to PostgreSQL: PostGraphile's default. Each is a process of the database.
 */
const MAX_CONNECTIONS = 10;

/** What a team might choose instead: GraphQL from the database schema, and the grant as one function in the database. */
export const postgraphile: Benchmark = {
  name: 'postgraphile',
  description: 'PostGraphile over PostgreSQL, a grant in one function; skipped where there is no PostgreSQL',
  runsByDefault: true,
  async sides(bench) {
    const { school, settings } = bench;
    const { students, clients } = settings;
    const running = await open(bench);
    if (running === null) return [];
    const side = async (name: string, count: number): Promise<Side> => ({
      series: name,
      clients: count,
      servers: [running.server],
      database: running.database,
      job: {
        ...submissionLoad(school, await running.enroll(students), sliceShape(count)),
        query: SUBMIT_TO_POSTGRAPHILE,
      },
    });
    return [await side(series.postgraphileOne, 1), await side(series.postgraphileMany, clients)];
  },
};

interface PostGraphile {
  readonly server: Server;
  readonly database: Database;
  /** @returns the tokens of new students */
  enroll(count: number): Promise<{ tokens: string[] }>;
}

let opened: Promise<PostGraphile | null> | undefined;

/** @returns the server, which runs until the end; null if there is no PostgreSQL or its packages cannot be installed */
function open(bench: BenchContext): Promise<PostGraphile | null> {
  opened ??= start(bench.scratch).then(
    (started) => prepare(bench, started),
    (error: Error) => {
      bench.report(`PostGraphile is skipped: ${error.message.trim()}`);
      return null;
    },
  );
  return opened;
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly databasePid: number;
}

async function start(scratch: string): Promise<Started> {
  const child = await startServer(scratch);
  try {
    return {
      child,
      ...(await ask<Pick<Started, 'url' | 'databasePid'>>(child, {
        secret: JWT_SECRET,
        maxConnections: MAX_CONNECTIONS,
      })),
    };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

async function prepare(bench: BenchContext, { child, url, databasePid }: Started): Promise<PostGraphile> {
  const { school, settings } = bench;
  const server = { url, pid: child.pid!, stop: () => stopChild(child) };
  await bench.server('PostGraphile', async () => server);
  const enroll = (count: number) => enrollIn(child, school, count);
  await ask(child, { badges: currentRules.badges });
  await ask(child, { assignments: assignmentsOf(school) });
  await bench.load(PREPARATION, [server], {
    ...firstWarmUpLoad(school, await enroll(settings.students), settings.clients),
    query: SUBMIT_TO_POSTGRAPHILE,
  });
  const database = {
    pids: () => withChildren(databasePid),
    bytes: async () => ({ journal: Number.NaN, received: Number.NaN }),
  };
  return { server, database, enroll };
}

/** Installs the packages in a copy: the project's own installation does not have them. */
async function startServer(scratch: string): Promise<ChildProcess> {
  const directory = join(scratch, 'postgraphile');
  await cp(`${ROOT}bench/postgraphile`, directory, { recursive: true });
  await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory });
  return fork(join(directory, 'server.mjs'), {
    execArgv: [...NODE_OPTIONS],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function ask<Answer = object>(child: ChildProcess, message: object): Promise<Answer> {
  child.send(message);
  const answer = await nextMessage<Answer & { error?: string }>(child);
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

const assignmentsOf = ({ assignments, courseId, dueDate }: School) =>
  assignments.map((id, number) => ({ id, course_id: courseId, title: `Assignment ${number}`, due_date: dueDate }));

async function enrollIn(child: ChildProcess, { courseId }: School, count: number) {
  const ids = Array.from({ length: count }, () => new Types.ObjectId());
  await ask(child, {
    students: ids.map((id, number) => ({ id: id.toHexString(), display_name: `Student ${number}` })),
  });
  await ask(child, { enrolments: ids.map((id) => ({ student_id: id.toHexString(), course_id: courseId })) });
  return { tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))) };
}
