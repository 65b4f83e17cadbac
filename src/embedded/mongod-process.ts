import { type ChildProcess, spawn } from 'node:child_process';
import { errorTextOf } from './log-problems.js';
import { endWatchdog, launchWatchdog } from './watchdog.js';

export const REPLICA_SET = 'auraledger';
export const ADDRESS = '127.0.0.1';

/** WiredTiger's minimum. A school year of data fits, and grants are no slower than with a larger cache. GB. */
const CACHE_GB = '0.25';
/**
 * The share of the cache, in percent, that may hold changes before mongod writes their pages to the data files. With
 * WiredTiger's defaults (5 and 2.5), a rush of grants writes the same pages many times between two checkpoints; the
 * journal has them already. At the triggers, a command itself has to write pages before it goes on.
 */
const EVICTION = {
  eviction_dirty_target: 50,
  eviction_dirty_trigger: 75,
  eviction_updates_target: 40,
  eviction_updates_trigger: 60,
};
/** How far back change streams can resume. mongod's default is 5 % of the disk. MB. */
const OPLOG_MB = '256';
/** mongod logs commands that take longer. Milliseconds. */
const SLOW_MS = '1000';
/** With the default of 60 s, the open transaction of a killed server would block a student for that long. Seconds. */
const TRANSACTION_LIFETIME_SECONDS = 10;
/** By default mongod waits 15 s for a secondary to take over; a single node has none. Milliseconds. */
const SHUTDOWN_QUIESCE_MS = 1_000;

/** mongod exits 1 s after SIGTERM. After this time it is killed, which is safe thanks to its journal. Milliseconds. */
const STOPS_WITHIN_MS = 20_000;
/** If a start takes longer than this, the user sees what it is waiting for. Milliseconds. */
const REPORT_WAIT_AFTER_MS = 2_000;
const LOG_LINES_KEPT = 200;
/** A failure logs about ten errors, and the first one names the cause. */
const ERROR_TEXTS_KEPT = 20;

export interface MongodProcessOptions {
  readonly binary: string;
  readonly dbPath: string;
  readonly port: number;
  /** Without it, clients need no login. */
  readonly keyFile?: string;
  readonly enableTestCommands?: boolean | undefined;
}

/** A mongod, and the watchdog that ends it when this process ends for any reason. */
export class MongodProcess {
  readonly pid: number;
  readonly port: number;
  readonly binary: string;
  /** The last lines of its output. */
  readonly log: string[] = [];
  /** The last errors in its log, shortened. */
  readonly errorTexts: string[] = [];
  /** Resolves when mongod ends unexpectedly, with its exit code or signal. Never after `stop` or `kill`. */
  readonly ended: Promise<string>;

  readonly #mongod: ChildProcess;
  readonly #watchdog: ChildProcess | null;
  readonly #listens: Promise<'listening'>;
  /** Resolves to the exit code, the name of a signal, or the reason why mongod could not be started. */
  readonly #exit: Promise<number | string>;
  #stopping = false;

  constructor(options: MongodProcessOptions) {
    // Detached: in its own process group, so that Ctrl-C does not end the database before its clients.
    const mongod = spawn(options.binary, argumentsOf(options), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#mongod = mongod;
    this.#watchdog = mongod.pid === undefined ? null : launchWatchdog(mongod.pid);
    this.pid = mongod.pid ?? 0;
    this.port = options.port;
    this.binary = options.binary;
    this.#exit = new Promise((resolve) => {
      mongod.once('error', (error) => resolve(error.message));
      mongod.once('close', (code, signal) => resolve(code ?? String(signal)));
    });
    this.#listens = new Promise((resolve) => {
      for (const stream of [mongod.stdout, mongod.stderr]) {
        onLines(stream, (line) => {
          this.#note(line);
          if (line.includes('Waiting for connections')) resolve('listening');
        });
      }
    });
    this.ended = this.#exit.then(async (how) => {
      await endWatchdog(this.#watchdog);
      return this.#stopping ? new Promise(() => {}) : typeof how === 'number' ? `exit code ${how}` : how;
    });
  }

  #note(line: string): void {
    this.log.push(line);
    if (this.log.length > LOG_LINES_KEPT) this.log.shift();
    const errorText = errorTextOf(line);
    if (errorText !== null) this.errorTexts.push(errorText);
    if (this.errorTexts.length > ERROR_TEXTS_KEPT) this.errorTexts.shift();
  }

  /** Returns "listening", or how mongod ended before that. Calls `onRecovery` if it takes longer than 2 s. */
  async waitUntilListening(onRecovery: () => void): Promise<'listening' | number | string> {
    const timer = setTimeout(onRecovery, REPORT_WAIT_AFTER_MS);
    const outcome = await Promise.race([this.#listens, this.#exit]);
    clearTimeout(timer);
    if (outcome !== 'listening') await endWatchdog(this.#watchdog);
    return outcome;
  }

  /** Shuts mongod down cleanly, in about a second. mongod and its watchdog are gone afterwards. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#mongod.kill('SIGTERM');
    const timer = setTimeout(() => this.#mongod.kill('SIGKILL'), STOPS_WITHIN_MS);
    await this.#exit;
    clearTimeout(timer);
    await endWatchdog(this.#watchdog);
  }

  /** Kills mongod and its watchdog immediately. */
  kill(): void {
    this.#stopping = true;
    this.#mongod.kill('SIGKILL');
    this.#watchdog?.kill('SIGKILL');
  }
}

function argumentsOf({ dbPath, port, keyFile, enableTestCommands }: MongodProcessOptions): string[] {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_SECONDS,
    shutdownTimeoutMillisForSignaledShutdown: SHUTDOWN_QUIESCE_MS,
    // Diagnostic data, up to 200 MB in the data directory, are only of use to MongoDB's support.
    diagnosticDataCollectionEnabled: false,
    // Otherwise the first client on this machine could create the first user.
    ...(keyFile !== undefined && { enableLocalhostAuthBypass: false }),
    ...(enableTestCommands && { enableTestCommands: 1 }),
  };
  return [
    ...['--dbpath', dbPath, '--replSet', REPLICA_SET, '--bind_ip', ADDRESS, '--port', String(port)],
    ...(keyFile === undefined ? ['--noauth'] : ['--keyFile', keyFile]),
    ...['--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', CACHE_GB, '--oplogSize', OPLOG_MB],
    ...['--wiredTigerEngineConfigString', settings(EVICTION)],
    ...['--quiet', '--slowms', SLOW_MS, ...(process.platform === 'win32' ? [] : ['--nounixsocket'])],
    ...Object.entries(parameters).flatMap(([name, value]) => ['--setParameter', `${name}=${value}`]),
  ];
}

const settings = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

function onLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
