/** Configuration -> database -> HTTP -> drain. Importing this file runs the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { JwtSecretError, keptJwtSecret } from './auth/jwt-secret.js';
import { type Config, ConfigError, readConfig, TRUSTS_EVERYBODY } from './config.js';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from './embedded/embedded-mongod.js';
import { findMongod, MongodNotFoundError } from './embedded/find-mongod.js';
import { describeFailure } from './http/request-log.js';
import { type Report, reportTo } from './report.js';
import { StartError, startStep } from './start-step.js';
import { connect, DatabaseError, disconnect } from './storage/connect.js';

/** npm and the terminal both send Ctrl-C: what follows this soon is the same one. Milliseconds. */
const SAME_SIGNAL_MS = 500;
/** Their messages say all that a person needs; a stack would hide it. */
const FOR_PEOPLE = [ConfigError, MongodNotFoundError, EmbeddedMongodError, DatabaseError, JwtSecretError, StartError];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** pip and a slow line may both be needed; each way has a bound of its own. Milliseconds. */
const MONGOD_WITHIN_MS = 30 * MINUTE;
/** The driver gives up after 5 s, or after what the address says, and each host is then asked once more. Milliseconds. */
const CONNECTED_WITHIN_MS = 60 * SECOND;
/** A new index on ten million rows takes minutes. Milliseconds. */
const PREPARED_WITHIN_MS = 30 * MINUTE;
/** Takes about a second. Milliseconds. */
const DEMONSTRATION_WITHIN_MS = 5 * MINUTE;
/** Files, and the name of HOST. Milliseconds. */
const QUICK_WITHIN_MS = 30 * SECOND;
/** For what is cleaned up, where that may be what hangs. Milliseconds. */
const CLEANED_WITHIN_MS = 5 * SECOND;

/** The embedded database and its server do not start with less than this. */
const FEWEST_OPEN_FILES = 256;
/** A thousand requests at once have as many connections. */
const ENOUGH_OPEN_FILES = 1_024;

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
  const log = pino({ level: config.logLevel });
  logger = log;
  if (config.trustProxy === true) writeError(TRUSTS_EVERYBODY);
  checkOpenFiles();
  // Loads while the database starts in its own process.
  const loading = import('./app.js');
  loading.catch(() => {});
  const uri = config.mongodbUri ?? (await startDatabase(config, reportTo(process.stdout)));
  closers.push(() => briefly(disconnect()));
  await step('Connecting to the database', CONNECTED_WITHIN_MS, 'it answers some questions only; look at its log', () =>
    connect(uri),
  );

  const jwtSecret =
    config.jwtSecret ??
    (await step('Reading jwt-secret in DATA_DIR', QUICK_WITHIN_MS, 'its disk does not answer', () =>
      keptJwtSecret(config.dataDir),
    ));
  const { createApp } = await step('Loading the program', QUICK_WITHIN_MS, 'its disk does not answer', () => loading);
  const app = await step(
    'Creating the collections and indexes',
    PREPARED_WITHIN_MS,
    'the database is too busy, or takes no writes; look at its log',
    () => createApp({ config, jwtSecret, logger: log }),
  );
  closers.push(() => app.close());
  const hasDemonstration = config.mongodbUri === null && (await prepareDemonstration(reportTo(process.stdout)));
  const address = await step('Listening', QUICK_WITHIN_MS, 'HOST does not resolve, or the database hangs', () =>
    app.listen().catch((error) => {
      throw new ConfigError([listenProblem(error, config)]);
    }),
  );
  leave = async () => {
    app.leave();
    // Cut short where something goes wrong meanwhile.
    await sleep(config.shutdownDelay * 1_000, undefined, { signal: hurry.signal }).catch(() => {});
  };
  if (!interruption.signal.aborted) write(welcome(address, config, hasDemonstration));
}

/** Each step of the start ends at the first signal. */
function step<Result>(name: string, withinMs: number, advice: string, work: () => Promise<Result>): Promise<Result> {
  return startStep({ name, withinMs, advice, signal: interruption.signal }, work);
}

function briefly(work: Promise<void>): Promise<void> {
  return Promise.race([work, sleep(CLEANED_WITHIN_MS, undefined, { ref: false })]);
}

/** @throws StartError where they are too few for a start; a few more are a warning */
function checkOpenFiles(): void {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft ?? Number.NaN);
  const advice = `raise it to ${ENOUGH_OPEN_FILES} or more (ulimit -n; LimitNOFILE= for systemd; --ulimit nofile= for docker)`;
  if (limit < FEWEST_OPEN_FILES)
    throw new StartError(`The limit of open files is ${limit}, too low to start: ${advice}`);
  if (limit < ENOUGH_OPEN_FILES) writeError(`The limit of open files is ${limit}, too low for a full class: ${advice}`);
}

async function startDatabase({ mongodBinary, dataDir }: Config, report: Report): Promise<string> {
  const { signal } = interruption;
  const finding = findMongod({ configured: mongodBinary, report, signal });
  // What an interrupted download has left is removed.
  closers.push(() => briefly(finding.then(() => {})).catch(() => {}));
  const advice = 'name one with MONGOD_BINARY';
  const { path: binary } = await step('Looking for mongod', MONGOD_WITHIN_MS, advice, () => finding);
  // No step: each of its own steps is one, and what it has begun is to be gone when it ends.
  mongod = await startEmbeddedMongod({ binary, dataDir, report, signal });
  closers.push(mongod.stop);
  signal.throwIfAborted();
  void mongod.ended.then((how) => {
    stop(1, `The database ended by itself (${how}). Start again.`);
  });
  return mongod.uri;
}

/** Sets the demonstration class up on a database that has nothing else. @returns whether it is there */
async function prepareDemonstration(report: Report): Promise<boolean> {
  const { demonstrationState, seedDemonstration } = await import('./cli/demonstration.js');
  const { createCommitter } = await import('./granting/committer.js');
  const advice = 'the machine is too busy; start again, and what is missing of it is added';
  return step('Setting the demonstration class up', DEMONSTRATION_WITHIN_MS, advice, async () => {
    const state = await demonstrationState();
    if (state === 'to be set up') await seedDemonstration(createCommitter(), () => new Date(), report);
    return state !== 'not wanted';
  });
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
    `  Page      ${base}/`,
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
