import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataDirectory } from './mongod/data-directory.js';
import { ADDRESS, MongodProcess, REPLICA_SET } from './mongod/mongod-process.js';
import { becomePrimary } from './mongod/replica-set.js';
import type { Report } from './report.js';

const DATABASE = 'auraledger';
/** The killer looks every 2 s whether we live, and mongod then takes 1 s. Milliseconds. */
const FORMER_GONE_WITHIN_MS = 20_000;
const ASK_AGAIN_MS = 200;
const PORT_TRIES = 5;

/** mongod's exit codes, as it documents them. */
const EXIT = { portInUse: 48, otherVersion: 62, directoryInUse: 100 };

export interface EmbeddedMongodOptions {
  /** A mongod that runs here. */
  readonly binary: string;
  /** Holds the data, the log of a failure and a note on who uses it; made where it does not exist. */
  readonly dataDir: string;
  /** Absent: the last one where it is free, or any. */
  readonly port?: number;
  /** Allows failpoints; never outside tests. */
  readonly enableTestCommands?: boolean;
  readonly report: Report;
}

export interface EmbeddedMongod {
  readonly uri: string;
  readonly pid: number;
  /** Shuts the database down cleanly, in about a second; afterwards none of its processes is left. */
  stop(): Promise<void>;
  /** For when there is no time to stop: ends its processes at once, and loses nothing that was acknowledged. */
  kill(): void;
  /** Comes true when the database ends without having been stopped, and says how. */
  readonly ended: Promise<string>;
}

/** The embedded database cannot be started; the message is for people. */
export class EmbeddedMongodError extends Error {
  override readonly name = 'EmbeddedMongodError';
}

/**
 * A single-node replica set on 127.0.0.1 whose data outlive it: they come back after a stop, after a SIGKILL of this
 * process or of mongod, and on another port. It ends with this process, however that ends, and no earlier: signals
 * of the terminal do not reach it.
 * @throws EmbeddedMongodError where the directory is in use or cannot be written, or mongod does not come up
 */
export async function startEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const directory = new DataDirectory(options.dataDir);
  await directory.make().catch((error: NodeJS.ErrnoException) => {
    throw new EmbeddedMongodError(
      `DATA_DIR: ${directory.dbPath} cannot be written (${error.code}); set it to a directory of your own`,
    );
  });
  const mongod = await launchAlone(options, directory);
  try {
    await directory.writeNote({ pid: process.pid, mongodPid: mongod.pid, port: mongod.port });
    await becomePrimary(mongod, () => options.report('Waiting for the database to become primary', 'progress'));
  } catch (error) {
    await mongod.stop();
    throw await failure(mongod, directory, (error as Error).message);
  }
  return {
    uri: uriOf(mongod.port),
    pid: mongod.pid,
    stop: () => mongod.stop(),
    kill: () => mongod.kill(),
    ended: mongod.ended.then(async (how) => {
      await directory.writeLog(mongod.log);
      return how;
    }),
  };
}

const uriOf = (port: number): string => `mongodb://${ADDRESS}:${port}/${DATABASE}?replicaSet=${REPLICA_SET}`;

/** The address of the embedded database of this directory where another process of ours runs it; null where none does. */
export async function runningEmbeddedUri(dataDir: string): Promise<string | null> {
  const directory = new DataDirectory(dataDir);
  const note = await directory.readNote();
  const isRunning = note !== null && isAlive(note.pid) && (await directory.lockHolder()) === note.mongodPid;
  return isRunning ? uriOf(note.port) : null;
}

/** mongod's own lock on the directory decides who may use it: it is never stale. */
async function launchAlone(options: EmbeddedMongodOptions, directory: DataDirectory): Promise<MongodProcess> {
  const { binary, enableTestCommands, report } = options;
  const giveUpAt = performance.now() + FORMER_GONE_WITHIN_MS;
  let preferred = (await directory.readNote())?.port;
  let portTries = options.port === undefined ? PORT_TRIES : 1;
  for (;;) {
    const port = options.port ?? (await freePort(preferred));
    const mongod = new MongodProcess({ binary, dbPath: directory.dbPath, port, enableTestCommands });
    const outcome = await mongod.listening(() => report('The database is recovering from its journal', 'progress'));
    if (outcome === 'listening') return mongod;
    if (saysInUse(mongod, outcome)) {
      await waitForFormer(directory, giveUpAt, report);
      continue;
    }
    if (outcome !== EXIT.portInUse) throw await failure(mongod, directory, `it ended with ${outcome}`, outcome);
    preferred = undefined;
    if (--portTries === 0) throw new EmbeddedMongodError(`Port ${port} for the database is in use`);
  }
}

/** The same code stands for a lock file that cannot be made. */
function saysInUse({ log }: MongodProcess, outcome: number | string): boolean {
  return outcome === EXIT.directoryInUse && log.some((line) => line.includes('already running'));
}

/** Waits a moment where the database of a server that is gone is about to end. @throws EmbeddedMongodError otherwise */
async function waitForFormer(directory: DataDirectory, giveUpAt: number, report: Report): Promise<void> {
  const note = await directory.readNote();
  const advice = `is using ${directory.path}: stop it, or set DATA_DIR to another directory`;
  if (note !== null && isAlive(note.pid)) {
    throw new EmbeddedMongodError(`Another Auraledger (process ${note.pid}) ${advice}`);
  }
  const holder = await directory.lockHolder();
  if (performance.now() > giveUpAt) throw new EmbeddedMongodError(`A mongod (process ${holder}) ${advice}`);
  if (holder !== null && note?.mongodPid === holder) await directory.endOrphan(holder);
  report('Waiting for the database of the last run to end', 'progress');
  await sleep(ASK_AGAIN_MS);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function failure(mongod: MongodProcess, directory: DataDirectory, what: string, exit?: number | string) {
  const { log, binary } = mongod;
  await directory.writeLog(log);
  if (exit === EXIT.otherVersion || log.some((line) => line.includes('UPGRADE PROBLEM'))) {
    return new EmbeddedMongodError(
      `The data in ${directory.path} were written by another version of mongod than ${binary}: ` +
        'name the former one with MONGOD_BINARY, or set DATA_DIR to another directory',
    );
  }
  const cause = log.map(complaintOf).findLast((words) => words !== null) ?? what;
  return new EmbeddedMongodError(
    `The embedded mongod (${binary}) did not start: ${cause}; its last words are in ${directory.logFile}`,
  );
}

/** What an error line of mongod's log says; null for any other line. */
function complaintOf(line: string): string | null {
  try {
    const { s, msg, attr } = JSON.parse(line);
    return s === 'E' || s === 'F' ? String(attr?.error ?? msg).replace(/\s+/g, ' ') : null;
  } catch {
    return line.includes('error while loading shared libraries') ? line : null;
  }
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
