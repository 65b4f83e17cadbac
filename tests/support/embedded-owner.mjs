/**
 * A process that owns an embedded database until it is killed. Its first line on stdout is JSON about the database.
 * Arguments: the built module of the embedded database, mongod, and the data directory.
 */
import { pathToFileURL } from 'node:url';

const [module, binary, dataDir] = process.argv.slice(2);
const { startEmbeddedMongod } = await import(pathToFileURL(module).href);
try {
  const { uri, pid } = await startEmbeddedMongod({
    binary,
    dataDir,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify({ uri, pid, ownerPid: process.pid })}\n`);
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ownerPid: process.pid, error: error.message })}\n`);
  process.exitCode = 1;
}
