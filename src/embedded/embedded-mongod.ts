import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import type { Report } from '../report.js';
import { startStep } from '../start-step.js';
import { DataDirectory } from './data-directory.js';
import { endAbandoned, type Holder, holderOf, ownersClient } from './holder.js';
import { problemOf } from './log-problems.js';
import { giveLogin, uriOf } from './login.js';
import { ADDRESS, MongodProcess } from './mongod-process.js';
import { becomePrimary, PRIMARY_WITHIN_MS } from './replica-set.js';
import { reasonOf } from './run-command.js';

/** The watchdog kills a mongod that has not ended by itself after 20 s. Milliseconds. */
const FORMER_GONE_WITHIN_MS = 30_000;
/** What is seen for this long is so: a connection of a server that has just been killed is gone by then. Milliseconds. */
const CERTAIN_AFTER_MS = 3_000;
const ASK_AGAIN_MS = 200;
const PORT_TRIES = 5;
/** A start after a crash replays the journal first. Milliseconds. */
const LISTENS_WITHIN_MS = 120_000;
/** A local disk takes milliseconds; a network disk that is away takes for ever. Milliseconds. */
const FILES_WITHIN_MS = 30_000;

/** mongod's exit codes, as it documents them. */
const EXIT = { portInUse: 48, directoryInUse: 100 };

export interface EmbeddedMongodOptions {
  /** A mongod that runs here. */
  readonly binary: string;
  /** Holds the data, their key, the log of a failure and a note on who uses it; made where it does not exist. */
  readonly dataDir: string;
  /** Absent: the last one where it is free, or any. */
  readonly port?: number;
  /** Allows failpoints; never outside tests. */
  readonly enableTestCommands?: boolean;
  readonly report: Report;
  /** Gives the start up; nothing of it is left then. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedMongod {
  /** With the login in it: never for a log or a message. */
  readonly uri: string;
  readonly pid: number;
  /** Shuts the database down cleanly, in about a second; afterwards none of its processes is left. */
  stop(): Promise<void>;
  /** For when there is no time to stop: ends its processes at once, and loses nothing that was acknowledged. */
  kill(): void;
  /** Comes true when the database ends without having been stopped, and says how and where its log is. */
  readonly ended: Promise<string>;
}

/** The embedded database cannot be started; the message is for people. */
export class EmbeddedMongodError extends Error {
  override readonly name = 'EmbeddedMongodError';
}

/**
 * A single-node replica set on 127.0.0.1 whose data outlive it: they come back after a stop, after a SIGKILL of this
 * process or of mongod, and on another port. Only who can read the key in the directory gets in. It ends with this
 * process, however that ends, and no earlier: signals of the terminal do not reach it.
 * @throws EmbeddedMongodError where the directory is in use or cannot be written, or mongod does not come up;
 *   StartError, and the signal's own reason
 */
export async function startEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const { signal } = options;
  const directory = new DataDirectory(options.dataDir);
  const key = await makeFiles(directory, signal);
  const mongod = await launchAlone(options, directory);
  const owner = ownersClient(mongod.port, key, PRIMARY_WITHIN_MS);
  // On every way out: its connection says that the database is in use.
  const close = () => void owner.close().catch(() => {});
  try {
    await startStep(
      { name: 'Making the database primary', withinMs: 2 * PRIMARY_WITHIN_MS, advice: AGAIN, signal },
      () => prepare(mongod, owner, key, options),
    );
    await directory.writeNote({ pid: process.pid, mongodPid: mongod.pid, port: mongod.port });
  } catch (error) {
    close();
    await mongod.stop();
    signal?.throwIfAborted();
    throw await failure(mongod, directory, reasonOf(error));
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
      const problem = problemOf(mongod.complaints, how, directory.path);
      return `${how}${problem === how ? '' : `: ${problem}`}; ${where}`;
    }),
  };
}

const AGAIN = 'the machine may be too busy; start again, and look at mongod.log in DATA_DIR where that does not help';

/** @returns the key of the database */
async function makeFiles(directory: DataDirectory, signal: AbortSignal | undefined): Promise<string> {
  const advice = 'its disk does not answer; set DATA_DIR to a directory on a disk of this machine';
  const step = { name: `Writing to ${directory.path}`, withinMs: FILES_WITHIN_MS, advice, signal };
  return startStep(step, async () => {
    try {
      await directory.make();
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
  ENOTDIR: 'it, or what it is in, is a file; set it to a directory',
  EEXIST: 'it is a file; set it to a directory',
};

function fileProblem(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  const words = FILE_PROBLEMS[code];
  return words === undefined ? `${reasonOf(error)}; set it to a directory of your own` : `${words} (${code})`;
}

async function prepare(
  mongod: MongodProcess,
  owner: mongoose.mongo.MongoClient,
  key: string,
  { report, signal }: EmbeddedMongodOptions,
): Promise<void> {
  await becomePrimary(mongod, owner, () => report('Waiting for the database to become primary', 'progress'), signal);
  await giveLogin(owner, key);
}

/** The address of the embedded database of this directory where another process of ours runs it; null where none does. */
export async function runningEmbeddedUri(dataDir: string): Promise<string | null> {
  const holder = await holderOf(new DataDirectory(dataDir));
  return holder === null || holder.owner === null ? null : holder.uri;
}

/** mongod's own lock on the directory decides who may use it: it is never stale. */
async function launchAlone(options: EmbeddedMongodOptions, directory: DataDirectory): Promise<MongodProcess> {
  const { binary, enableTestCommands, report, signal } = options;
  const { dbPath, keyFile } = directory;
  const former = new Former(directory);
  let preferred = (await directory.readNote())?.port;
  let portTries = options.port === undefined ? PORT_TRIES : 1;
  for (;;) {
    const port = options.port ?? (await freePort(preferred));
    const mongod = new MongodProcess({ binary, dbPath, port, keyFile, enableTestCommands });
    const outcome = await listening(mongod, report, signal);
    if (outcome === 'listening') return mongod;
    if (saysInUse(mongod, outcome)) {
      report('Waiting for the database of the last run to end', 'progress');
      const step = { name: 'Waiting for the database of the last run', withinMs: 2 * FORMER_GONE_WITHIN_MS };
      await startStep({ ...step, advice: AGAIN, signal }, async () => {
        await former.wait();
        await sleep(ASK_AGAIN_MS);
      });
      continue;
    }
    const how = typeof outcome === 'number' ? `exit code ${outcome}` : outcome;
    if (outcome !== EXIT.portInUse) throw await failure(mongod, directory, how);
    preferred = undefined;
    if (--portTries === 0) throw new EmbeddedMongodError(`Port ${port} for the database is in use`);
  }
}

/** @throws StartError where it neither listens nor ends, and the signal's own reason; it has ended then */
async function listening(mongod: MongodProcess, report: Report, signal: AbortSignal | undefined) {
  const advice = `${mongod.binary} has not said that it listens; end what keeps the machine busy, or name another one with MONGOD_BINARY`;
  try {
    return await startStep({ name: 'Starting mongod', withinMs: LISTENS_WITHIN_MS, advice, signal }, () =>
      mongod.listening(() => report('The database is recovering from its journal', 'progress')),
    );
  } catch (error) {
    if (!signal?.aborted) mongod.kill();
    await mongod.stop();
    throw error;
  }
}

/** The same code stands for a lock file that cannot be made. */
function saysInUse({ log }: MongodProcess, outcome: number | string): boolean {
  return outcome === EXIT.directoryInUse && log.some((line) => line.includes('already running'));
}

/** Whoever has the lock of a directory that is wanted: a server, or the database of one that is gone. */
class Former {
  readonly #giveUpAt = performance.now() + FORMER_GONE_WITHIN_MS;
  #seen: { readonly owner: number | null | undefined; readonly since: number } | undefined;

  constructor(readonly directory: DataDirectory) {}

  /** Looks once. @throws EmbeddedMongodError where a server has had the directory for some seconds */
  async wait(): Promise<void> {
    const holder = await holderOf(this.directory);
    const advice = `is using ${this.directory.path}: stop it, or set DATA_DIR to another directory`;
    if (this.#isCertain(holder)) {
      if (holder?.owner != null)
        throw new EmbeddedMongodError(`Another Auraledger (process ${holder.owner}) ${advice}`);
      if (holder !== null) await endAbandoned(this.directory);
    }
    if (performance.now() < this.#giveUpAt) return;
    throw new EmbeddedMongodError(`A mongod (process ${await this.directory.lockHolder()}) ${advice}`);
  }

  /** Whether the same has been seen for long enough. */
  #isCertain(holder: Holder | null): boolean {
    const now = performance.now();
    const owner = holder?.owner;
    if (this.#seen === undefined || this.#seen.owner !== owner) this.#seen = { owner, since: now };
    return now - this.#seen.since >= CERTAIN_AFTER_MS;
  }
}

async function failure(mongod: MongodProcess, directory: DataDirectory, how: string) {
  const { log, complaints, binary } = mongod;
  const where = await directory.writeLog(log);
  const problem = problemOf(complaints, how, directory.path);
  return new EmbeddedMongodError(`The embedded mongod (${binary}) did not start: ${problem}; ${where}`);
}

/** A free port of this machine, `preferred` where that is free. */
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
