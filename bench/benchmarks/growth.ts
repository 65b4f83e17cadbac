import type { Types } from 'mongoose';
import { seedScaleSchool } from '../../src/cli/scale-school.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { connect, disconnect } from '../../src/storage/connect.js';
import type { BenchContext, Benchmark, Side } from '../bench.js';
import { WARM_UP_SECONDS } from '../load/load-job.js';
import { firstWarmUpLoad, sliceShape, submissionLoad } from '../load/submissions.js';
import { startProduct } from '../product.js';
import { addAssignments, type EnrolledStudents, type School } from '../school.js';
import { LEDGER_ROWS, PREPARATION, REWARDS_BEFORE, rewardsSeries, rowsSeries } from '../series.js';
import { tokenOf } from '../tokens.js';

const STUDENTS = 10_000;
/** The number of students who submit, whatever the size of the school. */
const ACTIVE_STUDENTS = 256;
/** An upper bound on the rate of submissions, for the number of assignments. */
const MAX_SUBMISSIONS_PER_SECOND = 10_000;
const DAY_MS = 86_400_000;

/** A seeded school in a database of its own. */
interface SeededSchool {
  readonly uri: string;
  readonly school: Pick<School, 'assignments'>;
  /** Students who have submitted nothing since the seed. Each round takes new ones, so that all rounds begin alike. */
  readonly unusedStudentIds: Types.ObjectId[];
}

/** The cost of a grant as the whole ledger grows, and as the ledger of its student grows. */
export const growth: Benchmark = {
  name: 'growth',
  description:
    'cost of a grant among 10^4, 10^5 and 10^6 ledger rows, and after 0 and 1,000 of its student (minutes to seed)',
  runsByDefault: false,
  async measure(bench) {
    const { clients, rounds } = bench.settings;
    const byRows: Side[] = [];
    for (const rows of LEDGER_ROWS) {
      byRows.push(await sideIn(bench, rowsSeries(rows), ACTIVE_STUDENTS, STUDENTS, rows));
    }
    await bench.takeTurns(byRows);
    // One more batch of students is needed for the warm-up before the first round.
    const students = clients * (rounds + 1);
    const byRewards: Side[] = [];
    for (const rewards of REWARDS_BEFORE) {
      byRewards.push(await sideIn(bench, rewardsSeries(rewards), clients, students, rewards * students));
    }
    await bench.takeTurns(byRewards);
  },
};

const seeded = new Map<string, Promise<SeededSchool>>();

/** @returns a series on a seeded school of its own. The first call for a series seeds it. */
async function sideIn(
  bench: BenchContext,
  series: string,
  activeStudents: number,
  students: number,
  rows: number,
): Promise<Side> {
  const { clients } = bench.settings;
  const grown = seeded.get(series) ?? seed(bench, seeded.size, activeStudents, students, rows);
  seeded.set(series, grown);
  const { uri, school, unusedStudentIds } = await grown;
  const newStudents = async (): Promise<EnrolledStudents> => {
    const ids = unusedStudentIds.splice(0, activeStudents);
    if (ids.length < activeStudents)
      throw new Error(`--rounds: ${series}: there are not enough students for this many rounds`);
    return { ids, tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))), sessions: [] };
  };
  const server = await bench.server(series, async () => {
    const started = await startProduct(uri);
    await bench.load(PREPARATION, [started], firstWarmUpLoad(school, await newStudents(), clients));
    return started;
  });
  const job = submissionLoad(school, await newStudents(), sliceShape(clients));
  return { series, clients, servers: [server], job };
}

async function seed(
  bench: BenchContext,
  number: number,
  activeStudents: number,
  students: number,
  rows: number,
): Promise<SeededSchool> {
  const { uri } = bench.otherDatabase(`grown_${number}`);
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
  const perRound = (MAX_SUBMISSIONS_PER_SECOND * (bench.settings.seconds + WARM_UP_SECONDS)) / activeStudents;
  const dueDate = new Date(Date.now() + DAY_MS);
  const assignments = await addAssignments(course._id, Math.ceil(perRound), dueDate);
  await disconnect();
  await connect(bench.uri);
  return { uri, school: { assignments }, unusedStudentIds: studentIds };
}
