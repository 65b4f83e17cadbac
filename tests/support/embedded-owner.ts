import { startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';

/** A process that owns an embedded database until it is killed. Its first line on stdout is JSON about the database. */
const [binary = '', dataDir = ''] = process.argv.slice(2);
try {
  const { uri, pid } = await startEmbeddedMongod({
    binary,
    dataDir,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify({ uri, pid, ownerPid: process.pid })}\n`);
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ownerPid: process.pid, error: (error as Error).message })}\n`);
  process.exitCode = 1;
}
