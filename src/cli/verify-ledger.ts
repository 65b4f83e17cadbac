/** npm run verify-ledger: checks whether every stored value follows from the ledger. See --help. */
import { parseArgs } from 'node:util';
import type { Types } from 'mongoose';
import { readSnapshot } from '../audit/read-snapshots.js';
import { underivable } from '../audit/underivable.js';
import { type VerificationSummary, verifyDatabase, verifyStudent } from '../audit/verify-database.js';
import { RewardModel } from '../storage/models/reward.js';
import { toObjectId } from '../storage/object-id.js';
import { withDatabase } from './open-database.js';
import { progressBar } from './progress-bar.js';
import { jsonOutput, type Output, textOutput } from './verify-output.js';

const USAGE = `Usage: [MONGODB_URI=...] npm run verify-ledger [-- options]
Derives every student from the ledger, each row with the rules of its version, and compares every stored value. Checks
accounts, sign-ins, courses and assignments. Also finds documents without an owner and missing unique indexes. It only reads, and may run while the server runs. Without
MONGODB_URI it verifies the embedded database of DATA_DIR, and starts that database if no server is running it.
  --student ID   verify only this student
  --json         print one JSON document: {"drifts": [{"studentId", "field", "stored", "derived"}, ...], "students": n,
                 "rewards": n}. Ids and dates are in MongoDB's extended JSON. studentId is null for a drift of the
                 whole database. stored is absent if nothing is stored, derived if nothing should be stored.
  --help         print this text
Exit code: 0 exact (no drift), 1 drift (each one is printed), 2 the verification could not run.
A field is a path in the student document, or in another document of the student. Example: rewards[7].before.xp is in
the ledger row whose sequence is, or should be, 7. In other collections than rewards, the brackets contain
the _id. If two copies of a value differ and either may be wrong, both are printed.
The following values cannot be derived, so only their type and the stated limits are checked:
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
  if (values.student !== undefined && studentId === null) throw new Error(`--student: ${values.student} is not an id`);
  const output = values.json ? jsonOutput() : textOutput();
  const { drifts } = await withDatabase(process.env, output.report, async () => {
    const verified = await (studentId === null ? verifyAll(output) : verifyOne(studentId, output));
    output.end(verified);
    return verified;
  });
  return drifts === 0 ? 0 : 1;
}

async function verifyAll({ drift, progress }: Output): Promise<VerificationSummary> {
  const total = await RewardModel.estimatedDocumentCount();
  return verifyDatabase(drift, (rewards) => progress(progressBar(rewards, total, 'rewards')));
}

async function verifyOne(studentId: Types.ObjectId, { drift }: Output): Promise<VerificationSummary> {
  const snapshot = await readSnapshot(studentId);
  if (!snapshot) throw new Error(`--student: there is no student ${studentId}`);
  return verifyStudent(snapshot, drift);
}
