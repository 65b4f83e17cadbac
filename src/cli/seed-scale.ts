/** npm run seed-scale: fills the empty database of MONGODB_URI with a school of any size. See --help. */
import { parseArgs } from 'node:util';
import { reportTo } from '../report.js';
import { prepareCollections } from '../storage/collections.js';
import { connect, disconnect } from '../storage/connect.js';
import { StudentModel } from '../storage/models/student.js';
import { progressBar } from './progress-bar.js';
import { runProgram } from './run-program.js';
import { seedScaleSchool } from './scale-school.js';

const USAGE = `Usage: MONGODB_URI=... npm run seed-scale [-- options]
Fills an empty database with one course, its students and a history of rewards computed by the rules. About one row in
a hundred is by hand: bonuses, grades, revocations, restorations, discards and extensions.
  --students N   number of students (default 10000)
  --rows N       total number of ledger rows (default 1000000)
  --seed N       the same seed creates the same history (default 1)
`;
/** Ledger rows of the first student: 500 pages of two. */
const ROWS_OF_FIRST = 1_000;

await runProgram(main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      students: { type: 'string', default: '10000' },
      rows: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const [students, rows, seed] = (['students', 'rows', 'seed'] as const).map((name) => wholeNumber(name, values[name]));
  const uri = process.env.MONGODB_URI;
  if (!uri) throw new Error('MONGODB_URI is not set: name the database to fill; it must be empty');
  await connect(uri);
  try {
    await prepareCollections();
    if (await StudentModel.exists({})) throw new Error('This database already has students. Name an empty one.');
    await fill({ students: students!, rows: rows!, seed: seed! });
  } finally {
    await disconnect();
  }
}

async function fill(size: { students: number; rows: number; seed: number }): Promise<void> {
  const report = reportTo(process.stdout);
  const startedAt = performance.now();
  await seedScaleSchool({
    ...size,
    rowsOfFirst: Math.min(ROWS_OF_FIRST, size.rows),
    now: new Date(),
    report: (written) => report(progressBar(written, size.rows, 'rows'), 'progress'),
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  report(`${size.students} students, ${size.rows} ledger rows, seed ${size.seed}, in ${seconds} s`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number of at least 1`);
  return value;
}
