import type { Types } from 'mongoose';
import { seedScaleSchool } from '../../src/cli/scale-school.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { connect, disconnect } from '../../src/storage/connect.js';
import type { Bench, Side } from '../bench.js';
import { WARM_UP_SECONDS } from '../load/load-job.js';
import { firstLoad, submissions } from '../load/submissions.js';
import { startProduct } from '../product.js';
import { addAssignments, type Enrolled, type School } from '../school.js';
import { LEDGER_ROWS, PREPARATION, REWARDS_BEFORE, rewardsSeries, rowsSeries } from '../series.js';
import { tokenOf } from '../tokens.js';

const STUDENTS = 10_000;
/** Of those who hand in, whatever the school's size. */
const ASKING = 256;
/** Handed in at most in a second by all together. */
const SUBMISSIONS_PER_SECOND = 10_000;
const DAY_MS = 86_400_000;

/** A seeded school in a database of its own. */
interface Grown {
  readonly uri: string;
  readonly school: Pick<School, 'assignments'>;
  /** Those who have handed in nothing since it was seeded: each round takes others, so that all begin alike. */
  readonly untouched: Types.ObjectId[];
}

/** What a grant costs as the ledger grows, and as the student's own part of it does. */
export const growth: Side = {
  name: 'growth',
  about:
    'cost of a grant among 10^4, 10^5 and 10^6 ledger rows, and after 0 and 1,000 of its student (minutes to seed)',
  byDefault: false,
  async measure(bench) {
    const { clients, rounds } = bench.settings;
    for (const rows of LEDGER_ROWS) await measureIn(bench, rowsSeries(rows), ASKING, STUDENTS, rows);
    // And once more, before the first round.
    const alike = clients * (rounds + 1);
    for (const rewards of REWARDS_BEFORE) {
      await measureIn(bench, rewardsSeries(rewards), clients, alike, rewards * alike);
    }
  },
};

const seeded = new Map<string, Promise<Grown>>();

async function measureIn(bench: Bench, series: string, asking: number, students: number, rows: number): Promise<void> {
  const { clients, seconds } = bench.settings;
  const grown = seeded.get(series) ?? seed(bench, seeded.size, asking, students, rows);
  seeded.set(series, grown);
  const { uri, school, untouched } = await grown;
  const others = async (): Promise<Enrolled> => {
    const ids = untouched.splice(0, asking);
    if (ids.length < asking) throw new Error(`--rounds: ${series}: more rounds than there are students for`);
    return { ids, tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))), sessions: [] };
  };
  const server = await bench.server(series, async () => {
    const started = await startProduct(uri);
    await bench.load(PREPARATION, [started], firstLoad(school, await others(), clients));
    return started;
  });
  const shape = { kind: 'loops', clients, seconds } as const;
  await bench.load(series, [server], submissions(school, await others(), shape));
}

async function seed(bench: Bench, number: number, asking: number, students: number, rows: number): Promise<Grown> {
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
  const perRound = (SUBMISSIONS_PER_SECOND * (bench.settings.seconds + WARM_UP_SECONDS)) / asking;
  const dueDate = new Date(Date.now() + DAY_MS);
  const assignments = await addAssignments(course._id, Math.ceil(perRound), dueDate);
  await disconnect();
  await connect(bench.uri);
  return { uri, school: { assignments }, untouched: studentIds };
}
