/** npm run seed-demo: creates the demonstration class in the database of MONGODB_URI. See --help. */
import { parseArgs } from 'node:util';
import { createCommitter } from '../granting/committer.js';
import { reportTo } from '../report.js';
import { prepareCollections } from '../storage/collections.js';
import { connect, disconnect } from '../storage/connect.js';
import { demonstration, demonstrationState, seedDemonstration } from './demonstration.js';
import { runProgram } from './run-program.js';

const USAGE = `Usage: MONGODB_URI=... npm run seed-demo
Adds the demonstration class, or the missing parts of it, to the database. Existing data stay. An embedded database gets
the class at its first start. Every account has the password ${demonstration.password}: do not use this in production.
`;

await runProgram(main);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const uri = process.env.MONGODB_URI;
  if (!uri) throw new Error(`MONGODB_URI is not set: name the database for the class.\n\n${USAGE}`);
  const report = reportTo(process.stdout);
  await connect(uri);
  try {
    await prepareCollections();
    if ((await demonstrationState()) === 'complete') report('demonstration class: already complete');
    else await seedDemonstration(createCommitter(), () => new Date(), report);
  } finally {
    await disconnect();
  }
}
