/** npm run seed-demo: the demonstration class on a database of one's own. See --help. */
import { createCommitter } from '../granting/committer.js';
import { reportTo } from '../report.js';
import { prepareCollections } from '../storage/collections.js';
import { connect, disconnect } from '../storage/connect.js';
import { demonstration, demonstrationState, seedDemonstration } from './demonstration.js';

const USAGE = `Usage: MONGODB_URI=... npm run seed-demo
Sets the demonstration class up beside what the database has, or what is missing of it. The embedded database gets it by
itself at its first start. All its passwords are ${demonstration.password}: do not do this to a database that people rely on.
`;

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const uri = process.env.MONGODB_URI;
  if (!uri) throw new Error(`MONGODB_URI: name the database that the class is for.\n\n${USAGE}`);
  const report = reportTo(process.stdout);
  await connect(uri);
  try {
    await prepareCollections();
    if ((await demonstrationState()) === 'there') report('demonstration class: already there');
    else await seedDemonstration(createCommitter(), () => new Date(), report);
  } finally {
    await disconnect();
  }
}
