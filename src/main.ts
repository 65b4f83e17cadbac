/** Configuration -> database -> HTTP -> drain. Importing this file runs the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { JwtSecretError, keptJwtSecret } from './auth/jwt-secret.js';
import { type Config, ConfigError, readConfig, TRUSTS_EVERYBODY } from './config.js';
import { describeFailure } from './http/request-log.js';
import { connect, DatabaseError, disconnect } from './storage/connect.js';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from './storage/embedded-mongod.js';
import { findMongod, MongodNotFoundError } from './storage/mongod-binary.js';
import { type Report, reportTo } from './storage/report.js';

/** npm and the terminal both send Ctrl-C: what follows this soon is the same one. Milliseconds. */
const SAME_SIGNAL_MS = 500;
/** Their messages say all that a person needs; a stack would hide it. */
const FOR_PEOPLE = [ConfigError, MongodNotFoundError, EmbeddedMongodError, DatabaseError, JwtSecretError];

/** Ends what has been started, the last first. */
const closers: (() => Promise<void>)[] = [];
/** Serves on for as long as SHUTDOWN_DELAY says, while readiness is refused. */
let leave = async (): Promise<void> => {};
/** Something is wrong: nobody is served any longer. */
const hurry = new AbortController();
const interruption = new AbortController();
let mongod: EmbeddedMongod | undefined;
let logger: Logger | undefined;
let stopped: Promise<void> | undefined;

const starting = start();
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('uncaughtException', (error) => {
  logger?.fatal({ uncaught: true, ...describeFailure(error) });
  stop(1, 'Stopping after an error that nobody expected; the log has it.');
});
starting.catch((error) => {
  if (!interruption.signal.aborted) stop(1, wordsFor(error));
});

async function start(): Promise<void> {
  const config = readConfig(process.env);
  if (config.trustProxy === true) writeError(TRUSTS_EVERYBODY);
  logger = pino({ level: config.logLevel });
  // Loads while the database starts in its own process.
  const loading = import('./app.js');
  loading.catch(() => {});
  const uri = config.mongodbUri ?? (await startDatabase(config, reportTo(process.stdout)));
  await unlessInterrupted(connect(uri));
  closers.push(disconnect);

  const jwtSecret = config.jwtSecret ?? (await keptJwtSecret(config.dataDir));
  const { createApp } = await loading;
  const app = await unlessInterrupted(createApp({ config, jwtSecret, logger }));
  closers.push(() => app.close());
  const hasDemonstration = config.mongodbUri === null && (await prepareDemonstration(reportTo(process.stdout)));
  const address = await app.listen().catch((error) => {
    throw new ConfigError([listenProblem(error, config)]);
  });
  leave = async () => {
    app.leave();
    // Cut short where something goes wrong meanwhile.
    await sleep(config.shutdownDelay * 1_000, undefined, { signal: hurry.signal }).catch(() => {});
  };
  if (!interruption.signal.aborted) write(welcome(address, config, hasDemonstration));
}

async function startDatabase({ mongodBinary, dataDir }: Config, report: Report): Promise<string> {
  const { signal } = interruption;
  const { path: binary } = await findMongod({ configured: mongodBinary, report, signal });
  signal.throwIfAborted();
  mongod = await startEmbeddedMongod({ binary, dataDir, report });
  closers.push(mongod.stop);
  signal.throwIfAborted();
  void mongod.ended.then((how) => {
    stop(1, `The database ended by itself (${how}); its last words are in ${dataDir}/mongod.log. Start again.`);
  });
  return mongod.uri;
}

/** Sets the demonstration class up on a database that has nothing else. @returns whether it is there */
async function prepareDemonstration(report: Report): Promise<boolean> {
  const { demonstrationState, seedDemonstration } = await import('./cli/demonstration.js');
  const { createCommitter } = await import('./actions/grant-reward.js');
  const state = await demonstrationState();
  if (state === 'to be set up') await seedDemonstration(createCommitter(), () => new Date(), report);
  return state !== 'not wanted';
}

/** Nothing new is begun once somebody wants to stop. */
async function unlessInterrupted<T>(work: Promise<T>): Promise<T> {
  const result = await work;
  interruption.signal.throwIfAborted();
  return result;
}

let firstSignalAt: number | undefined;

function onSignal(signal: NodeJS.Signals): void {
  if (firstSignalAt === undefined) {
    firstSignalAt = performance.now();
    interruption.abort();
    stop(0, `${signal}: finishing what runs; once more stops at once`);
  } else if (performance.now() - firstSignalAt > SAME_SIGNAL_MS) {
    write('Stopping at once');
    mongod?.kill();
    process.exit(1);
  }
}

/** Ends the process when all that was started has ended: requests first, the database last. */
function stop(exitCode: number, words: string): void {
  if (exitCode !== 0) hurry.abort();
  if (stopped !== undefined) return;
  (exitCode === 0 ? write : writeError)(words);
  stopped = closeAll().then(
    () => process.exit(exitCode),
    (error) => {
      writeError(wordsFor(error));
      mongod?.kill();
      process.exit(1);
    },
  );
}

async function closeAll(): Promise<void> {
  // What is about to start is waited for, so that it can be ended as well.
  await starting.catch(() => {});
  await leave();
  while (closers.length > 0) await closers.pop()?.();
}

function welcome(address: string, { mongodbUri, dataDir }: Config, hasDemonstration: boolean): string {
  const base = address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  return [
    '',
    `Auraledger is ready after ${process.uptime().toFixed(1)} s.`,
    `  GraphiQL  ${base}/graphiql`,
    `  GraphQL   ${base}/graphql`,
    `  Data      ${mongodbUri === null ? dataDir : 'in the database of MONGODB_URI'}`,
    ...(hasDemonstration ? DEMONSTRATION : []),
    '',
  ].join('\n');
}

const DEMONSTRATION = [
  '',
  'The demonstration class is there. All passwords are demo-password:',
  '  students  ada@, grace@, alan@, katherine@ and edsger@demo.example',
  '  others    teacher@demo.example, admin@demo.example',
  '',
  "GraphiQL's tabs hold ready operations. The first one to try, and the first to paste anywhere else:",
  '  mutation { signIn(input: { email: "ada@demo.example", password: "demo-password" }) {',
  '    ... on Session { accessToken user { displayName } } ... on Refusal { message } } }',
];

function listenProblem(error: NodeJS.ErrnoException, { port, host }: Config): string {
  if (error.code === 'EADDRINUSE') {
    return `PORT: ${port} on ${host} is in use; stop what uses it, or set another (0 for any free port)`;
  }
  if (error.code === 'EACCES') return `PORT: ${port} needs more rights than this user has; set one above 1023`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `HOST: ${host} is no address of this machine (${error.code}); accepted: 127.0.0.1, 0.0.0.0 or one that it has`;
  }
  throw error;
}

function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return FOR_PEOPLE.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message);
}

function write(words: string): void {
  process.stdout.write(`${words}\n`);
}

function writeError(words: string): void {
  process.stderr.write(`${words}\n`);
}
