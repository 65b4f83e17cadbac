/**
 * The server process: reads the configuration, starts or connects the database, serves HTTP, and stops in reverse
 * order. Importing this file starts the server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { JwtSecretError, loadOrCreateJwtSecret } from './auth/jwt-secret.js';
import { type Config, ConfigError, readConfig, TRUSTS_EVERYBODY } from './config.js';
import { type EmbeddedMongod, EmbeddedMongodError, startEmbeddedMongod } from './embedded/embedded-mongod.js';
import { findMongod, MongodNotFoundError } from './embedded/find-mongod.js';
import { describeFailure } from './http/request-log.js';
import { originalStack } from './original-stack.js';
import { type Report, reportTo } from './report.js';
import { StartError, startStep } from './start-step.js';
import { connect, DatabaseError, disconnect } from './storage/connect.js';

/**
 * For one Ctrl-C, npm and the terminal both send a signal. A signal this soon after the first is a duplicate.
 * Milliseconds.
 */
const DUPLICATE_SIGNAL_MS = 500;
/** Errors with complete messages for users. They are printed without a stack. */
const EXPECTED_ERRORS = [
  ConfigError,
  MongodNotFoundError,
  EmbeddedMongodError,
  DatabaseError,
  JwtSecretError,
  StartError,
];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** The sum of all download attempts on a slow connection; each one has its own limit. Milliseconds. */
const MONGOD_WITHIN_MS = 30 * MINUTE;
/** The driver's timeout is 5 s, or the value in the URI; after that, each host is queried once more. Milliseconds. */
const CONNECTED_WITHIN_MS = 60 * SECOND;
/** Building an index on ten million rows takes minutes. Milliseconds. */
const PREPARED_WITHIN_MS = 30 * MINUTE;
/** Normally takes about a second. Milliseconds. */
const DEMONSTRATION_WITHIN_MS = 5 * MINUTE;
/** For reading files and resolving HOST. Milliseconds. */
const QUICK_WITHIN_MS = 30 * SECOND;
/** A cleanup may never finish. The stop waits for it no longer than this. Milliseconds. */
const CLEANED_WITHIN_MS = 5 * SECOND;

/** The server and the embedded database do not start with fewer. */
const MIN_OPEN_FILES = 256;
/** A thousand concurrent requests need a thousand connections. */
const RECOMMENDED_OPEN_FILES = 1_024;

/** Functions that stop the parts that have been started. They run in reverse order. */
const cleanups: (() => Promise<void>)[] = [];
/** Makes the readiness check fail, and keeps serving for SHUTDOWN_DELAY seconds. */
let announceShutdown = async (): Promise<void> => {};
/** Aborted when the process stops because of an error. This skips SHUTDOWN_DELAY. */
const failed = new AbortController();
const interruption = new AbortController();
let mongod: EmbeddedMongod | undefined;
let logger: Logger | undefined;
let stopped: Promise<void> | undefined;

const starting = start();
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('uncaughtException', (error) => {
  logger?.fatal({ uncaught: true, ...describeFailure(error) });
  stop(1, 'Stopping after an unexpected error; see the log.');
});
starting.catch((error) => {
  if (!interruption.signal.aborted) stop(1, messageFor(error));
});

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel });
  logger = log;
  if (config.trustProxy === true) writeError(TRUSTS_EVERYBODY);
  checkOpenFiles();
  // Load the application while the database starts in its own process.
  const loading = import('./app.js');
  loading.catch(() => {});
  const uri = config.mongodbUri ?? (await startDatabase(config, reportTo(process.stdout)));
  cleanups.push(() => withinCleanupTimeout(disconnect()));
  await step('Connecting to the database', CONNECTED_WITHIN_MS, 'it answers only some commands; look at its log', () =>
    connect(uri),
  );

  const jwtSecret =
    config.jwtSecret ??
    (await step('Reading jwt-secret in DATA_DIR', QUICK_WITHIN_MS, 'its disk does not answer', () =>
      loadOrCreateJwtSecret(config.dataDir),
    ));
  const { createApp } = await step('Loading the program', QUICK_WITHIN_MS, 'its disk does not answer', () => loading);
  const app = await step(
    'Creating the collections and indexes',
    PREPARED_WITHIN_MS,
    'the database is too busy, or accepts no writes; look at its log',
    () => createApp({ config, jwtSecret, logger: log }),
  );
  cleanups.push(() => app.close());
  const hasDemonstration = config.mongodbUri === null && (await prepareDemonstration(reportTo(process.stdout)));
  const address = await step('Listening', QUICK_WITHIN_MS, 'HOST does not resolve, or the database hangs', () =>
    app.listen().catch((error) => {
      throw new ConfigError([listenProblem(error, config)]);
    }),
  );
  announceShutdown = async () => {
    app.failReadiness();
    // An error ends the delay early.
    await sleep(config.shutdownDelay * 1_000, undefined, { signal: failed.signal }).catch(() => {});
  };
  if (!interruption.signal.aborted) write(welcome(address, config, hasDemonstration));
  giveBackMemory();
}

/**
 * Gives back what only the start needed, 30 MB and more, if node has the option --expose-gc. By itself Node 20 does so
 * after half a minute, and Node 24 only under load.
 */
function giveBackMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' } as NodeJS.GCOptions);
}

/** Runs one step of the start. The first signal to stop ends it. */
function step<Result>(name: string, timeLimitMs: number, advice: string, work: () => Promise<Result>): Promise<Result> {
  return startStep({ name, timeLimitMs, advice, signal: interruption.signal }, work);
}

function withinCleanupTimeout(work: Promise<void>): Promise<void> {
  return Promise.race([work, sleep(CLEANED_WITHIN_MS, undefined, { ref: false })]);
}

/** Warns if the limit of open files is low. @throws StartError if it is too low to start */
function checkOpenFiles(): void {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft ?? Number.NaN);
  const advice = `raise it to ${RECOMMENDED_OPEN_FILES} or more (ulimit -n; LimitNOFILE= for systemd; --ulimit nofile= for docker)`;
  if (limit < MIN_OPEN_FILES) throw new StartError(`The limit of open files is ${limit}, too low to start: ${advice}`);
  if (limit < RECOMMENDED_OPEN_FILES)
    writeError(`The limit of open files is ${limit}, too low for a full class: ${advice}`);
}

async function startDatabase({ mongodBinary, dataDir }: Config, report: Report): Promise<string> {
  const { signal } = interruption;
  const finding = findMongod({ configured: mongodBinary, report, signal });
  // Wait until an interrupted download has removed its partial files.
  cleanups.push(() => withinCleanupTimeout(finding.then(() => {})).catch(() => {}));
  const advice = 'name one with MONGOD_BINARY';
  const { path: binary } = await step('Looking for mongod', MONGOD_WITHIN_MS, advice, () => finding);
  // Not a step itself: it consists of steps, and on a signal it must end mongod before it rejects.
  mongod = await startEmbeddedMongod({ binary, dataDir, report, signal });
  cleanups.push(mongod.stop);
  signal.throwIfAborted();
  void mongod.ended.then((how) => {
    stop(1, `The database ended unexpectedly (${how}). Start again.`);
  });
  return mongod.uri;
}

/** Creates the demonstration class in an empty database. @returns whether the database has the class */
async function prepareDemonstration(report: Report): Promise<boolean> {
  const { demonstrationState, seedDemonstration } = await import('./cli/demonstration.js');
  const { createCommitter } = await import('./granting/committer.js');
  const advice = 'the machine is too busy; start again to add the missing parts';
  return step('Creating the demonstration class', DEMONSTRATION_WITHIN_MS, advice, async () => {
    const state = await demonstrationState();
    if (state === 'incomplete') await seedDemonstration(createCommitter(), () => new Date(), report);
    return state !== 'not wanted';
  });
}

let firstSignalAt: number | undefined;

function onSignal(signal: NodeJS.Signals): void {
  if (firstSignalAt === undefined) {
    firstSignalAt = performance.now();
    interruption.abort();
    stop(0, `${signal}: finishing running requests; send it again to stop immediately`);
  } else if (performance.now() - firstSignalAt > DUPLICATE_SIGNAL_MS) {
    write('Stopping immediately');
    mongod?.kill();
    process.exit(1);
  }
}

/** Stops all parts, the HTTP server first and the database last, and then exits. */
function stop(exitCode: number, message: string): void {
  if (exitCode !== 0) failed.abort();
  if (stopped !== undefined) return;
  (exitCode === 0 ? write : writeError)(message);
  stopped = closeAll().then(
    () => process.exit(exitCode),
    (error) => {
      writeError(messageFor(error));
      mongod?.kill();
      process.exit(1);
    },
  );
}

async function closeAll(): Promise<void> {
  // Wait for the current step of the start, so that the part it is starting is stopped as well.
  await starting.catch(() => {});
  await announceShutdown();
  while (cleanups.length > 0) await cleanups.pop()?.();
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
  'The demonstration class is ready. Every account has the password demo-password:',
  '  students  ada@, grace@, alan@, katherine@ and edsger@demo.example',
  '  others    teacher@demo.example, admin@demo.example',
  '',
  "GraphiQL's tabs have ready operations. Start with this one, also in other clients:",
  '  mutation { signIn(input: { email: "ada@demo.example", password: "demo-password" }) {',
  '    ... on Session { accessToken user { displayName } } ... on Refusal { message } } }',
];

function listenProblem(error: NodeJS.ErrnoException, { port, host }: Config): string {
  if (error.code === 'EADDRINUSE') {
    return `PORT: ${port} on ${host} is in use; stop the program that uses it, or set another (0 for any free port)`;
  }
  if (error.code === 'EACCES') return `PORT: this user may not listen on ${port}; set a port above 1023`;
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? '')) {
    return `HOST: ${host} is not an address of this machine (${error.code}); accepted: 127.0.0.1, 0.0.0.0 or one of its addresses`;
  }
  throw error;
}

function messageFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return EXPECTED_ERRORS.some((kind) => error instanceof kind)
    ? error.message
    : originalStack(error.stack ?? error.message);
}

function write(message: string): void {
  process.stdout.write(`${message}\n`);
}

function writeError(message: string): void {
  process.stderr.write(`${message}\n`);
}
