import { connect, disconnect } from '../../src/storage/connect.js';
import { startServer } from './server.js';

/** The product as a process of its own, on the database that it is told; its first line on stdout is its address. */
const [uri = ''] = process.argv.slice(2);
await connect(uri);
const server = await startServer({ demonstration: false });

async function stop(): Promise<void> {
  await server.close();
  await disconnect();
  process.stdin.destroy();
}
process.once('SIGTERM', stop);
// Whoever started it has ended, however that came: nobody is left to end it.
process.stdin.once('end', stop).resume();
process.stdout.write(`${server.url}\n`);
