/** npm run verify-ledger: whether the ledger re-derives all that is stored. See --help. */
import { parseArgs } from 'node:util';
import type { Types } from 'mongoose';
import { readBooks } from '../audit/read-books.js';
import { underivable } from '../audit/underivable.js';
import { type Verified, verifyDatabase, verifyStudent } from '../audit/verify-database.js';
import { RewardModel } from '../storage/models/reward.js';
import { toObjectId } from '../storage/object-id.js';
import { withDatabase } from './open-database.js';
import { progressBar } from './progress-bar.js';
import { jsonOutput, type Output, textOutput } from './verify-output.js';

const USAGE = `Usage: [MONGODB_URI=...] npm run verify-ledger [-- options]
Re-derives every student from the ledger, each row through the rules of its version, and compares every stored value.
Looks for documents that belong to nothing and for missing unique indexes too. Reads only, and may run while the server
does. Without MONGODB_URI: the embedded database of DATA_DIR, which is started where no server runs it.
  --student ID   only this student
  --json         one JSON document: {"drifts": [{"studentId", "field", "stored", "derived"}, ...], "students": n,
                 "rewards": n}; ids and dates as MongoDB's extended JSON, studentId null: of the database as a whole;
                 stored is absent where nothing is stored, derived where nothing should be
  --help         this text
Exit code: 0 exact, 1 drift (each is named), 2 it could not run.
A field is one of the student, or that of a document of the student's: rewards[7].before.xp is of the ledger row whose
sequence is, or ought to be, 7; of submissions and pomodoro_sessions the brackets hold the _id. Where two copies of one
value differ and nothing tells which is right, both are named.
Of these nothing else in the database proves more than the type:
${Object.entries(underivable)
  .map(([field, why]) => `  ${field}: ${why}`)
  .join('\n')}
`;

process.exitCode = await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  return 2;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, json: { type: 'boolean', default: false }, student: { type: 'string' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const studentId = values.student === undefined ? null : toObjectId(values.student);
  if (values.student !== undefined && studentId === null) throw new Error(`--student: ${values.student} is no id`);
  const output = values.json ? jsonOutput() : textOutput();
  const { drifts } = await withDatabase(process.env, output.report, async () => {
    const verified = await (studentId === null ? verifyAll(output) : verifyOne(studentId, output));
    output.end(verified);
    return verified;
  });
  return drifts === 0 ? 0 : 1;
}

async function verifyAll({ drift, bar }: Output): Promise<Verified> {
  const all = await RewardModel.estimatedDocumentCount();
  return verifyDatabase(drift, (rewards) => bar(progressBar(rewards, all, 'rewards')));
}

async function verifyOne(studentId: Types.ObjectId, { drift }: Output): Promise<Verified> {
  const books = await readBooks(studentId);
  if (!books) throw new Error(`--student: there is no student ${studentId}`);
  return verifyStudent(books, drift);
}
