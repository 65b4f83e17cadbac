import { Types } from 'mongoose';
import { seedScaleSchool } from '../../src/cli/scale-school.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { connect, disconnect } from '../../src/storage/connect.js';
import type { Bench, Side } from '../bench.js';
import { WARM_UP_SECONDS } from '../load/load-job.js';
import { submissions } from '../load/submissions.js';
import { startProduct } from '../product.js';
import { addAssignments, type Enrolled, type School } from '../school.js';
import { LEDGER_ROWS, REWARDS_BEFORE, rewardsSeries, rowsSeries } from '../series.js';
import { tokenOf } from '../tokens.js';

const STUDENTS = 10_000;
/** Students with a ledger of their own length: as many as there are clients by default. */
const ALIKE = 64;
/** Of those who hand in, whatever the school's size. */
const ASKING = 256;
/** Handed in at most in a second by all together. */
const SUBMISSIONS_PER_SECOND = 10_000;
const DAY_MS = 86_400_000;

/** Students of a seeded school, and what they are to hand in. */
interface Grown {
  readonly uri: string;
  readonly school: Pick<School, 'assignments'>;
  readonly students: Enrolled;
}

/** What a grant costs as the ledger grows, and as the student's own part of it does. */
export const growth: Side = {
  name: 'growth',
  about:
    'cost of a grant among 10^4, 10^5 and 10^6 ledger rows, and after 0 and 1,000 of its student (minutes to seed)',
  byDefault: false,
  async measure(bench) {
    for (const rows of LEDGER_ROWS) await measureIn(bench, rowsSeries(rows), STUDENTS, rows);
    for (const rewards of REWARDS_BEFORE) await measureIn(bench, rewardsSeries(rewards), ALIKE, rewards * ALIKE);
  },
};

const seeded = new Map<string, Promise<Grown>>();

async function measureIn(bench: Bench, series: string, students: number, rows: number): Promise<void> {
  const grown = seeded.get(series) ?? seed(bench, seeded.size, students, rows);
  seeded.set(series, grown);
  const { uri, school, students: asking } = await grown;
  const server = await bench.server(series, () => startProduct(uri));
  const { clients, seconds } = bench.settings;
  await bench.load(series, [server], submissions(school, asking, { kind: 'loops', clients, seconds }));
}

/** A school in a database of its own. */
async function seed(bench: Bench, number: number, students: number, rows: number): Promise<Grown> {
  const { uri } = bench.another(`grown_${number}`);
  await disconnect();
  await connect(uri);
  await prepareCollections();
  const { course, studentIds } = await seedScaleSchool({
    students,
    rows,
    rowsOfFirst: rows / students,
    seed: bench.settings.seed,
    now: new Date(),
    report: (written) => bench.report(`seeding: ${written} of ${rows} ledger rows`, 'progress'),
  });
  const ids: Types.ObjectId[] = studentIds.slice(0, ASKING);
  const perRound = (SUBMISSIONS_PER_SECOND * (bench.settings.seconds + WARM_UP_SECONDS)) / ids.length;
  const assignments = await addAssignments(
    course._id,
    Math.ceil(perRound * bench.settings.rounds),
    new Date(Date.now() + DAY_MS),
  );
  await disconnect();
  await connect(bench.uri);
  return {
    uri,
    school: { assignments },
    students: { ids, tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))), sessions: [] },
  };
}
