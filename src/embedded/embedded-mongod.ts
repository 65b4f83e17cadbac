import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import type { Report } from '../report.js';
import { startStep } from '../start-step.js';
import { DataDirectory } from './data-directory.js';
import { createOwnerClient, type Holder, holderOf, shutDownAbandoned } from './holder.js';
import { diagnose } from './log-problems.js';
import { ensureDatabaseUser, uriOf } from './login.js';
import { ADDRESS, MongodProcess } from './mongod-process.js';
import { becomePrimary, PRIMARY_WITHIN_MS } from './replica-set.js';
import { reasonOf } from './run-command.js';

/** Longer than the 20 s after which the watchdog kills a mongod that does not exit. Milliseconds. */
const LOCK_RELEASED_WITHIN_MS = 30_000;
/**
 * The lock holder must look the same for this long: the connection of a server just killed is closed by then.
 * Milliseconds.
 */
const CONFIRMED_AFTER_MS = 3_000;
/** Each poll starts a mongod, which uses a tenth of a second of processor time. */
const POLL_INTERVAL_MS = 500;
const PORT_TRIES = 5;
/** After a crash, mongod replays its journal before it listens. Milliseconds. */
const LISTENS_WITHIN_MS = 120_000;
/** A local disk answers in milliseconds; an unreachable network disk never answers. Milliseconds. */
const FILES_WITHIN_MS = 30_000;

/** mongod's documented exit codes. */
const EXIT = { portInUse: 48, directoryInUse: 100 };

export interface EmbeddedMongodOptions {
  /** The path of a mongod that runs on this machine. */
  readonly binary: string;
  /** Contains the data, the key, the log of a failure, and a note about the running instance. Created if missing. */
  readonly dataDir: string;
  /** Default: the port of the last run if it is free, otherwise any free port. */
  readonly port?: number;
  /** Enables failpoints. For tests only. */
  readonly enableTestCommands?: boolean;
  readonly report: Report;
  /** Cancels the start. All processes of the start are ended before it rejects. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedMongod {
  /** Contains the password: never log or print it. */
  readonly uri: string;
  readonly pid: number;
  /** Shuts the database down cleanly, in about a second. All its processes are gone afterwards. */
  stop(): Promise<void>;
  /** Kills the processes of the database immediately. No acknowledged write is lost. */
  kill(): void;
  /**
   * Resolves when the database ends unexpectedly, with the cause and the location of its log. Never after `stop` or
   * `kill`.
   */
  readonly ended: Promise<string>;
}

/** The embedded database cannot be started. The message is written for users. */
export class EmbeddedMongodError extends Error {
  override readonly name = 'EmbeddedMongodError';
}

/**
 * Starts a single-node replica set on 127.0.0.1. Its data are durable: they survive a stop, a SIGKILL of this process
 * or of mongod, and a change of port. Clients need the key in the data directory to log in. The database ends when this
 * process ends for any reason, and not before: terminal signals such as Ctrl-C do not reach it.
 * @throws EmbeddedMongodError if the directory is in use or not writable, or if mongod does not start;
 *   StartError if a step exceeds its time limit; the signal's reason if the start is cancelled
 */
export async function startEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const { signal } = options;
  const directory = new DataDirectory(options.dataDir);
  const key = await createFiles(directory, signal);
  const mongod = await launchExclusively(options, directory);
  const owner = createOwnerClient(mongod.port, key, PRIMARY_WITHIN_MS);
  // Must be closed on every path: an open owner connection marks the database as in use.
  const close = () => void owner.close().catch(() => {});
  try {
    await startStep(
      { name: 'Making the database primary', timeLimitMs: 2 * PRIMARY_WITHIN_MS, advice: RETRY_ADVICE, signal },
      () => prepare(mongod, owner, key, options),
    );
    await directory.writeNote({ pid: process.pid, mongodPid: mongod.pid, port: mongod.port });
  } catch (error) {
    close();
    await mongod.stop();
    signal?.throwIfAborted();
    throw await startFailure(mongod, directory, reasonOf(error));
  }
  return {
    uri: uriOf(mongod.port, key),
    pid: mongod.pid,
    stop() {
      close();
      return mongod.stop();
    },
    kill() {
      close();
      mongod.kill();
    },
    ended: mongod.ended.then(async (how) => {
      close();
      const where = await directory.writeLog(mongod.log);
      const problem = diagnose(mongod.errorTexts, how, directory.path);
      return `${how}${problem === how ? '' : `: ${problem}`}; ${where}`;
    }),
  };
}

const RETRY_ADVICE =
  'the machine may be too busy; start again, and look at mongod.log in DATA_DIR if that does not help';

/** Creates the data directory. @returns the key of the database */
async function createFiles(directory: DataDirectory, signal: AbortSignal | undefined): Promise<string> {
  const advice = 'its disk does not answer; set DATA_DIR to a directory on a disk of this machine';
  const step = { name: `Writing to ${directory.path}`, timeLimitMs: FILES_WITHIN_MS, advice, signal };
  return startStep(step, async () => {
    try {
      await directory.ensureExists();
      return await directory.key();
    } catch (error) {
      throw new EmbeddedMongodError(`DATA_DIR: ${directory.path} cannot be written: ${fileProblem(error)}`);
    }
  });
}

const FILE_PROBLEMS: Record<string, string> = {
  EACCES: 'it belongs to another user; set it to a directory of your own',
  EPERM: 'it belongs to another user; set it to a directory of your own',
  EROFS: 'it is on a read-only file system; set it to a directory that can be written',
  ENOSPC: 'its disk is full; free some space, or set it to a directory on another disk',
  EDQUOT: 'its disk is full for this user; free some space, or set it to a directory on another disk',
  ENOTDIR: 'it or a parent of it is a file; set it to a directory',
  EEXIST: 'mongodb in it is a file; set it to another directory',
};

function fileProblem(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  const advice = FILE_PROBLEMS[code];
  return advice === undefined ? `${reasonOf(error)}; set it to a directory of your own` : `${advice} (${code})`;
}

async function prepare(
  mongod: MongodProcess,
  owner: mongoose.mongo.MongoClient,
  key: string,
  { report, signal }: EmbeddedMongodOptions,
): Promise<void> {
  await becomePrimary(mongod, owner, () => report('Waiting for the database to become primary', 'progress'), signal);
  await ensureDatabaseUser(owner, key);
}

/** Returns the URI of the directory's database if an Auraledger process is running it, otherwise null. */
export async function runningEmbeddedUri(dataDir: string): Promise<string | null> {
  const holder = await holderOf(new DataDirectory(dataDir));
  return holder === null || holder.owner === null ? null : holder.uri;
}

/**
 * Starts a mongod that holds the directory's lock, and waits until it listens. Only mongod's own lock decides who may
 * use the directory, because the operating system releases it when its holder dies.
 */
async function launchExclusively(options: EmbeddedMongodOptions, directory: DataDirectory): Promise<MongodProcess> {
  const { binary, enableTestCommands, report, signal } = options;
  const { dbPath, keyFile } = directory;
  const lockWait = new LockWait(directory);
  let preferred = (await directory.readNote())?.port;
  let portTries = options.port === undefined ? PORT_TRIES : 1;
  for (;;) {
    const port = options.port ?? (await freePort(preferred));
    const mongod = new MongodProcess({ binary, dbPath, port, keyFile, enableTestCommands });
    const outcome = await waitUntilListening(mongod, report, signal);
    if (outcome === 'listening') return mongod;
    if (isDirectoryInUse(mongod, outcome)) {
      report('Waiting for the database of the last run to end', 'progress');
      const step = { name: 'Waiting for the database of the last run', timeLimitMs: 2 * LOCK_RELEASED_WITHIN_MS };
      await startStep({ ...step, advice: RETRY_ADVICE, signal }, async () => {
        await lockWait.check();
        await sleep(POLL_INTERVAL_MS);
      });
      continue;
    }
    const how = typeof outcome === 'number' ? `exit code ${outcome}` : outcome;
    if (outcome !== EXIT.portInUse) throw await startFailure(mongod, directory, how);
    preferred = undefined;
    if (--portTries === 0) throw new EmbeddedMongodError(`Port ${port} for the database is in use`);
  }
}

/**
 * Returns 'listening', or how mongod ended before that. mongod has been stopped when this throws.
 * @throws StartError if mongod neither listens nor exits in time; the signal's reason if the start is cancelled
 */
async function waitUntilListening(mongod: MongodProcess, report: Report, signal: AbortSignal | undefined) {
  const advice = `${mongod.binary} has not reported that it listens; stop what keeps the machine busy, or name another one with MONGOD_BINARY`;
  try {
    return await startStep({ name: 'Starting mongod', timeLimitMs: LISTENS_WITHIN_MS, advice, signal }, () =>
      mongod.waitUntilListening(() => report('The database is recovering from its journal', 'progress')),
    );
  } catch (error) {
    if (!signal?.aborted) mongod.kill();
    await mongod.stop();
    throw error;
  }
}

/**
 * mongod uses the same exit code if it cannot create the lock file, so its log decides. Its advice then is to make sure
 * that another one "is not already running".
 */
function isDirectoryInUse({ log }: MongodProcess, outcome: number | string): boolean {
  return outcome === EXIT.directoryInUse && log.some((line) => line.includes('is already running'));
}

/** Waits for the lock of a directory. Its holder is another server's database, or one whose server is gone. */
class LockWait {
  readonly #deadline = performance.now() + LOCK_RELEASED_WITHIN_MS;
  #seen: { readonly owner: number | null | undefined; readonly since: number } | undefined;

  constructor(readonly directory: DataDirectory) {}

  /**
   * Checks the lock holder once, and shuts down an abandoned database.
   * @throws EmbeddedMongodError if another server has held the directory for 3 s, or if the lock is not released in
   *   time
   */
  async check(): Promise<void> {
    const holder = await holderOf(this.directory);
    const advice = `is using ${this.directory.path}: stop it, or set DATA_DIR to another directory`;
    if (this.#isConfirmed(holder)) {
      if (holder?.owner != null)
        throw new EmbeddedMongodError(`Another Auraledger (process ${holder.owner}) ${advice}`);
      if (holder !== null) await shutDownAbandoned(this.directory);
    }
    if (performance.now() < this.#deadline) return;
    throw new EmbeddedMongodError(`A mongod (process ${await this.directory.lockHolderPid()}) ${advice}`);
  }

  /** Whether every check of the last 3 s has seen this holder. */
  #isConfirmed(holder: Holder | null): boolean {
    const now = performance.now();
    const owner = holder?.owner;
    if (this.#seen === undefined || this.#seen.owner !== owner) this.#seen = { owner, since: now };
    return now - this.#seen.since >= CONFIRMED_AFTER_MS;
  }
}

async function startFailure(mongod: MongodProcess, directory: DataDirectory, how: string) {
  const { log, errorTexts, binary } = mongod;
  const where = await directory.writeLog(log);
  const problem = diagnose(errorTexts, how, directory.path);
  return new EmbeddedMongodError(`The embedded mongod (${binary}) did not start: ${problem}; ${where}`);
}

/** Returns `preferred` if it is free, otherwise any free port. */
function freePort(preferred?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => (preferred === undefined ? reject(error) : resolve(freePort())));
    server.listen({ host: ADDRESS, port: preferred ?? 0 }, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
