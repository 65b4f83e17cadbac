/**
 * The built product of the current directory, with a clock that its parent process can move. The message { offsetMs }
 * sets the clock that far from the machine's; the reply 'moved' confirms it. This is plain JavaScript because the types
 * of dist are unknown.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pino from 'pino';

const built = (file) => import(pathToFileURL(path.resolve('dist', file)).href);
const { createApp } = await built('app.js');
const { readConfig } = await built('config.js');
const { connect, disconnect } = await built('storage/connect.js');

let offsetMs = 0;
process.on('message', (message) => {
  offsetMs = message.offsetMs;
  process.send?.('moved');
});

const config = readConfig(process.env);
await connect(config.mongodbUri);
const app = await createApp({
  config,
  jwtSecret: config.jwtSecret,
  logger: pino({ level: config.logLevel }),
  clock: () => new Date(Date.now() + offsetMs),
});
process.once('SIGTERM', async () => {
  await app.close();
  await disconnect();
  process.exit(0);
});
process.stdout.write(`GraphQL ${await app.listen()}/graphql\n`);
