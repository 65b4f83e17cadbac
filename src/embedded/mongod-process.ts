import { type ChildProcess, spawn } from 'node:child_process';
import { complaintOf } from './log-problems.js';
import { endWatchdog, launchWatchdog } from './watchdog.js';

export const REPLICA_SET = 'auraledger';
export const ADDRESS = '127.0.0.1';

/** WiredTiger's smallest cache: a school year of this data fits, and grants are no slower than with more. GB. */
const CACHE_GB = '0.25';
/** Change streams resume within it; the server's own choice is 5 % of the disk. MB. */
const OPLOG_MB = '256';
/** Milliseconds; slower commands are logged. */
const SLOW_MS = '1000';
/** A killed server must not hold a student for the default minute. Seconds. */
const TRANSACTION_LIFETIME_SECONDS = 10;
/** A single node has nobody to hand over to: the default would let it wait 15 s. Milliseconds. */
const SHUTDOWN_QUIESCE_MS = 1_000;

/** mongod ends 1 s after SIGTERM; one that does not is killed, which its journal survives. Milliseconds. */
const STOPS_WITHIN_MS = 20_000;
/** When a start takes longer than this, a person is told what it waits for. Milliseconds. */
const PATIENCE_MS = 2_000;
const LOG_LINES_KEPT = 200;
/** One failure brings some ten of them, and the first names the cause. */
const COMPLAINTS_KEPT = 20;

export interface MongodProcessOptions {
  readonly binary: string;
  readonly dbPath: string;
  readonly port: number;
  /** Absent: nobody has to log in. */
  readonly keyFile?: string;
  readonly enableTestCommands?: boolean | undefined;
}

/** A mongod and the watchdog that ends it when this process is gone, however it went. */
export class MongodProcess {
  readonly pid: number;
  readonly port: number;
  readonly binary: string;
  /** Its last lines. */
  readonly log: string[] = [];
  /** Its last complaints, in short. */
  readonly complaints: string[] = [];
  /** Comes true when it ends without having been stopped, and says how. */
  readonly ended: Promise<string>;

  readonly #mongod: ChildProcess;
  readonly #watchdog: ChildProcess | null;
  readonly #listens: Promise<'listening'>;
  /** The exit code, a signal's name or why it could not be started. */
  readonly #exit: Promise<number | string>;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: MongodProcessOptions) {
    // Detached: in a process group of its own, where Ctrl-C does not end the database before its clients.
    const mongod = spawn(options.binary, argumentsOf(options), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#mongod = mongod;
    this.#watchdog = mongod.pid === undefined ? null : launchWatchdog(mongod.pid);
    this.pid = mongod.pid ?? 0;
    this.port = options.port;
    this.binary = options.binary;
    this.#exit = new Promise((resolve) => {
      mongod.once('error', (error) => resolve(error.message));
      mongod.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
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
    const complaint = complaintOf(line);
    if (complaint !== null) this.complaints.push(complaint);
    if (this.complaints.length > COMPLAINTS_KEPT) this.complaints.shift();
  }

  /** "listening", or how it ended before; `onRecovery` is called where that takes long. */
  async listening(onRecovery: () => void): Promise<'listening' | number | string> {
    const timer = setTimeout(onRecovery, PATIENCE_MS);
    const outcome = await Promise.race([this.#listens, this.#exit]);
    clearTimeout(timer);
    if (outcome !== 'listening') await endWatchdog(this.#watchdog);
    return outcome;
  }

  /** Shuts it down cleanly, in about a second; neither it nor its watchdog is left afterwards. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#mongod.kill('SIGTERM');
    const timer = setTimeout(() => this.#mongod.kill('SIGKILL'), STOPS_WITHIN_MS);
    await this.#exit;
    clearTimeout(timer);
    await endWatchdog(this.#watchdog);
  }

  /** Ends both at once. */
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
    // Up to 200 MB of measurements in the data directory, for MongoDB's support.
    diagnosticDataCollectionEnabled: false,
    // Otherwise whoever comes first could make the first user.
    ...(keyFile !== undefined && { enableLocalhostAuthBypass: false }),
    ...(enableTestCommands && { enableTestCommands: 1 }),
  };
  return [
    ...['--dbpath', dbPath, '--replSet', REPLICA_SET, '--bind_ip', ADDRESS, '--port', String(port)],
    ...(keyFile === undefined ? ['--noauth'] : ['--keyFile', keyFile]),
    ...['--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', CACHE_GB, '--oplogSize', OPLOG_MB],
    ...['--quiet', '--slowms', SLOW_MS, ...(process.platform === 'win32' ? [] : ['--nounixsocket'])],
    ...Object.entries(parameters).flatMap(([name, value]) => ['--setParameter', `${name}=${value}`]),
  ];
}

function onLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
