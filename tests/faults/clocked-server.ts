/**
 * The product with a clock that its parent process can move. The message { offsetMs } sets the clock that far from the
 * machine's; the reply 'moved' confirms it.
 */
import pino from 'pino';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { connect, disconnect } from '../../src/storage/connect.js';

let offsetMs = 0;
process.on('message', (message: { offsetMs: number }) => {
  offsetMs = message.offsetMs;
  process.send?.('moved');
});

const config = readConfig(process.env);
await connect(config.mongodbUri!);
const app = await createApp({
  config,
  jwtSecret: config.jwtSecret!,
  logger: pino({ level: config.logLevel }),
  clock: () => new Date(Date.now() + offsetMs),
});
process.once('SIGTERM', async () => {
  await app.close();
  await disconnect();
  process.exit(0);
});
process.stdout.write(`GraphQL ${await app.listen()}/graphql\n`);
