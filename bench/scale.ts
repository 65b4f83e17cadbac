/**
 * npm run bench:scale: measures how reads behave as the ledger grows. It creates the same students with 10^4, 10^5 and
 * 10^6 ledger rows on one mongod, each school with its own server, and queries the servers in turn. See --help.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Types } from 'mongoose';
import { type ScaleSchool, seedScaleSchool } from '../src/cli/scale-school.js';
import { startEmbeddedMongod } from '../src/embedded/embedded-mongod.js';
import { findMongod } from '../src/embedded/find-mongod.js';
import { reportTo } from '../src/report.js';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { StudentModel } from '../src/storage/models/student.js';
import { type Server, startProduct } from './product.js';
import { tokenOf } from './tokens.js';

const USAGE = `Usage: npm run bench:scale [-- options]
Measures dashboard queries at 10^4, 10^5 and 10^6 ledger rows in one run and prints the median latencies.
  --students N   (10000)
  --rows N,N,N   (10000,100000,1000000)
  --times N      measurements of each query at each size (200)
  --seed N       (1)
`;

/** One of the measured ledger sizes. */
interface Size {
  readonly rows: number;
  readonly school: ScaleSchool;
  readonly product: Server;
  readonly teacher: string;
  /** The token of a student with a long ledger. */
  readonly student: string;
  /** The token of the student in the middle of the leaderboards. */
  readonly medianStudent: string;
  readonly cursor: string;
}

interface Query {
  readonly name: string;
  readonly text: (size: Size) => string;
  readonly token: (size: Size) => string;
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    students: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '10000,100000,1000000' },
    times: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const times = Number(values.times);
const students = Number(values.students);
const seed = Number(values.seed);
const now = new Date();
/** The number of rows before page 500, with two rows on a page. */
const ROWS_BEFORE_PAGE_500 = 499 * 2;

const LEADERBOARD = (period: string) => (size: Size) =>
  `{ course(id: "${size.school.course._id}") { leaderboard(period: ${period}, first: 20) {
    me { rank auraPoints } edges { node { rank displayName auraPoints level isMe } } } } }`;
const LEDGER = (after: string | null) =>
  `{ me { ... on Student { rewards(first: 2${after === null ? '' : `, after: "${after}"`}) {
    pageInfo { hasNextPage endCursor } edges { node { id sequence reason xp lines { rule text points } after { level xp } } } } } } }`;
const dayText = (daysAgo: number) => new Date(now.getTime() - daysAgo * 86_400_000).toISOString().slice(0, 10);

const QUERIES: readonly Query[] = [
  {
    name: 'roster, first page of 20 with badges',
    text: ({ school }) => `{ course(id: "${school.course._id}") { students(first: 20) { edges { node {
      id displayName level xp auraPoints streak { days } unlockedBadges { badge { id } } runningPomodoro { id } } } } } }`,
    token: ({ teacher }) => teacher,
  },
  { name: 'leaderboard WEEK with my rank', text: LEADERBOARD('WEEK'), token: ({ medianStudent }) => medianStudent },
  { name: 'leaderboard MONTH with my rank', text: LEADERBOARD('MONTH'), token: ({ medianStudent }) => medianStudent },
  {
    name: 'leaderboard ALL_TIME with my rank',
    text: LEADERBOARD('ALL_TIME'),
    token: ({ medianStudent }) => medianStudent,
  },
  { name: 'ledger, page 1', text: () => LEDGER(null), token: ({ student }) => student },
  { name: 'ledger, page 500', text: ({ cursor }) => LEDGER(cursor), token: ({ student }) => student },
  {
    name: 'dailyProgress of 366 days',
    text: () =>
      `{ me { ... on Student { dailyProgress(from: "${dayText(365)}", to: "${dayText(0)}") { date xp focusedSeconds } } } }`,
    token: ({ student }) => student,
  },
];

if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const report = reportTo(process.stderr);
  const dataDir = await mkdtemp(join(tmpdir(), 'auraledger-scale-'));
  const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir, report });
  const sizes: Size[] = [];
  try {
    for (const rows of values.rows.split(',').map(Number)) {
      sizes.push(await prepare(mongod.uri, rows, (line) => report(line, 'progress')));
    }
    print(await measureAll(sizes, (line) => report(line, 'progress')), sizes, binary.version);
  } finally {
    for (const { product } of sizes) await product.stop();
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function prepare(serverUri: string, rows: number, reportProgress: (message: string) => void): Promise<Size> {
  const uri = serverUri.replace(/\/[^/?]*\?/, `/scale_${rows}?`);
  await connect(uri);
  await prepareCollections();
  const school = await seedScaleSchool({
    students,
    rows,
    rowsOfFirst: 1_000,
    seed,
    now,
    report: (written) => reportProgress(`seeding: ${written} of ${rows} rows`),
  });
  await disconnect();
  const product = await startProduct(uri);
  const teacher = await tokenOf(school.course.teacherId, 'TEACHER');
  const student = await tokenOf(school.studentIds[0]!, 'STUDENT');
  const medianStudent = await tokenOf(await medianStudentOf(uri), 'STUDENT');
  return { rows, school, product, teacher, student, medianStudent, cursor: await cursorOfPage500(product, student) };
}

/** @returns the student in the middle of the all-time leaderboard */
async function medianStudentOf(uri: string): Promise<Types.ObjectId> {
  await connect(uri);
  const [student] = await StudentModel.find({}, { _id: 1 })
    .sort({ auraPoints: -1 })
    .skip(students / 2)
    .limit(1)
    .lean<{ _id: Types.ObjectId }[]>();
  await disconnect();
  return student!._id;
}

async function cursorOfPage500({ url }: Server, token: string): Promise<string> {
  let after = '';
  for (let seen = 0; seen < ROWS_BEFORE_PAGE_500; ) {
    const first = Math.min(100, ROWS_BEFORE_PAGE_500 - seen);
    const { me } = await ask(
      url,
      token,
      `{ me { ... on Student { rewards(first: ${first}${after && `, after: "${after}"`}) { pageInfo { endCursor } } } } }`,
    );
    after = me.rewards.pageInfo.endCursor;
    seen += first;
  }
  return after;
}

// biome-ignore lint/suspicious/noExplicitAny: the type depends on the query
async function ask(url: string, token: string, query: string): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/**
 * Measures every query at every size in turn, so that other load on the machine affects all of them alike.
 * @returns latencies in milliseconds, by query, size and round
 */
async function measureAll(sizes: readonly Size[], reportProgress: (message: string) => void): Promise<number[][][]> {
  const latencies = QUERIES.map(() => sizes.map((): number[] => []));
  for (let round = -5; round < times; round++) {
    for (const [queryIndex, query] of QUERIES.entries()) {
      for (const [sizeIndex, size] of sizes.entries()) {
        const startedAt = performance.now();
        await ask(size.product.url, query.token(size), query.text(size));
        // The first five rounds warm up caches, compiled code and the leaderboards of the day.
        if (round >= 0) latencies[queryIndex]![sizeIndex]!.push(performance.now() - startedAt);
      }
    }
    reportProgress(`round ${round + 1} of ${times}`);
  }
  return latencies;
}

function print(latencies: readonly number[][][], sizes: readonly Size[], mongodVersion: string): void {
  const median = (of: number[]) => of.sort((one, other) => one - other)[Math.floor(of.length / 2)]!;
  const lines = [
    `node ${process.version}, mongod ${mongodVersion}, ${cpus().length} x ${cpus()[0]?.model}, ${students} students, seed ${seed}`,
    '',
    `| query, median of ${times} in ms | ${sizes.map(({ rows }) => `${rows} rows`).join(' | ')} | growth |`,
    `|---|${'---|'.repeat(sizes.length + 1)}`,
    ...QUERIES.map(({ name }, index) => {
      const medians = latencies[index]!.map(median);
      const growth = medians.at(-1)! / medians[0]!;
      return `| ${name} | ${medians.map((each) => each.toFixed(2)).join(' | ')} | ${growth.toFixed(2)} |`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
