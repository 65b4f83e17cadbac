import { connect, disconnect } from '../../src/storage/connect.js';
import { startServer } from './server.js';

/** Runs the server as a separate process, on the database in its first argument. It prints its address first. */
const [uri = ''] = process.argv.slice(2);
await connect(uri);
const server = await startServer({ demonstration: false });

async function stop(): Promise<void> {
  await server.close();
  await disconnect();
  process.stdin.destroy();
}
process.once('SIGTERM', stop);
// stdin ends when the parent process has ended, however that happened. Nobody else would stop this process.
process.stdin.once('end', stop).resume();
process.stdout.write(`${server.url}\n`);
