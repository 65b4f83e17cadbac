import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { Report } from './report.js';

const REPLICA_SET = 'auraledger';
const DATABASE = 'auraledger';
const ADDRESS = '127.0.0.1';

/** WiredTiger's smallest cache: a school year of this data fits, and grants are no slower than with more. GB. */
const CACHE_GB = '0.25';
/** Change streams resume within it; the server's own choice is 5 % of the disk. MB. */
const OPLOG_MB = '256';
/** A killed server must not hold a student for the default minute. Seconds. */
const TRANSACTION_LIFETIME_SECONDS = 10;
/** A single node has nobody to hand over to: the default would let it wait 15 s. Milliseconds. */
const SHUTDOWN_QUIESCE_MS = 1_000;

/** A start after a crash replays the journal first. Milliseconds. */
const LISTENS_WITHIN_MS = 120_000;
const PRIMARY_WITHIN_MS = 30_000;
/** The killer looks every 2 s whether we live, and mongod then takes 1 s. Milliseconds. */
const FORMER_GONE_WITHIN_MS = 20_000;
/** mongod ends 1 s after SIGTERM; one that does not is killed, which its journal survives. Milliseconds. */
const STOPS_WITHIN_MS = 20_000;
/** When a start takes longer than this, a person is told what it waits for. Milliseconds. */
const PATIENCE_MS = 2_000;
const PORT_TRIES = 5;
const LOG_LINES_KEPT = 200;

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
 * @throws EmbeddedMongodError where the directory is in use or cannot be written, or mongod does not come up.
 */
export async function startEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const dataDir = path.resolve(options.dataDir);
  const dbPath = path.join(dataDir, 'mongodb');
  await makeWritable(dbPath);

  const note = await readNote(dataDir);
  const launched = await launchAlone({ ...options, dataDir, dbPath, lastPort: note?.port });
  try {
    await writeNote(dataDir, { pid: process.pid, mongodPid: launched.pid, port: launched.port });
    await becomePrimary(launched, options.report);
  } catch (error) {
    await launched.stop();
    if (error instanceof EmbeddedMongodError) throw error;
    throw await failure(launched, dataDir, String(error));
  }
  launched.ended.then(() => keepLog(launched, dataDir));
  const uri = `mongodb://${ADDRESS}:${launched.port}/${DATABASE}?replicaSet=${REPLICA_SET}`;
  return { uri, pid: launched.pid, stop: launched.stop, kill: launched.kill, ended: launched.ended };
}

async function makeWritable(dbPath: string): Promise<void> {
  try {
    await mkdir(dbPath, { recursive: true, mode: 0o700 });
    await access(dbPath, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new EmbeddedMongodError(`DATA_DIR: ${dbPath} cannot be written (${code}); set it to a directory of your own`);
  }
}

interface LaunchOptions extends EmbeddedMongodOptions {
  readonly dbPath: string;
  readonly lastPort: number | undefined;
}

/** mongod's own lock on the directory decides who may use it: it is never stale. */
async function launchAlone(options: LaunchOptions): Promise<Launched> {
  const giveUpAt = performance.now() + FORMER_GONE_WITHIN_MS;
  let portTries = 0;
  for (;;) {
    const port = options.port ?? (await freePort(portTries === 0 ? options.lastPort : undefined));
    const launched = launch(options, port);
    const code = await launched.listening(options.report);
    if (code === 'listening') return launched;

    if (code === EXIT.portInUse && options.port === undefined && ++portTries < PORT_TRIES) continue;
    if (code === EXIT.portInUse) throw new EmbeddedMongodError(`Port ${port} for the database is in use`);
    if (code !== EXIT.directoryInUse || !launched.log.some((line) => line.includes('already running'))) {
      throw await failure(launched, options.dataDir, `it ended with ${code}`);
    }
    const note = await readNote(options.dataDir);
    if (note !== null && isAlive(note.pid)) {
      throw new EmbeddedMongodError(
        `Another Auraledger (process ${note.pid}) is using ${options.dataDir}: stop it, or set DATA_DIR to another directory`,
      );
    }
    const holder = await lockHolder(options.dbPath);
    if (performance.now() > giveUpAt) {
      throw new EmbeddedMongodError(
        `A mongod (process ${holder}) is using ${options.dataDir}: stop it, or set DATA_DIR to another directory`,
      );
    }
    if (note !== null && note.mongodPid === holder) await endOrphan(holder, options.dbPath);
    options.report('Waiting for the database of the last run to end', 'progress');
    await sleep(200);
  }
}

interface Launched {
  readonly pid: number;
  readonly port: number;
  readonly binary: string;
  readonly log: string[];
  /** "listening", or how it ended before. */
  listening(report: Report): Promise<'listening' | number | string>;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  kill(): void;
}

function launch({ binary, dbPath, enableTestCommands }: LaunchOptions, port: number): Launched {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_SECONDS,
    shutdownTimeoutMillisForSignaledShutdown: SHUTDOWN_QUIESCE_MS,
    // Up to 200 MB of measurements in the data directory, for MongoDB's support.
    diagnosticDataCollectionEnabled: false,
    ...(enableTestCommands && { enableTestCommands: 1 }),
  };
  const args = [
    ...['--dbpath', dbPath, '--replSet', REPLICA_SET, '--bind_ip', ADDRESS, '--port', String(port), '--noauth'],
    ...['--storageEngine', 'wiredTiger', '--wiredTigerCacheSizeGB', CACHE_GB, '--oplogSize', OPLOG_MB],
    ...['--quiet', '--slowms', '1000', ...(process.platform === 'win32' ? [] : ['--nounixsocket'])],
    ...Object.entries(parameters).flatMap(([name, value]) => ['--setParameter', `${name}=${value}`]),
  ];
  // Detached: in a process group of its own, where Ctrl-C does not end the database before its clients.
  const mongod = spawn(binary, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const killer = mongod.pid === undefined ? null : launchKiller(mongod.pid);

  const log: string[] = [];
  let stopping = false;
  const exit = new Promise<number | string>((resolve) => {
    mongod.once('error', (error) => resolve(error.message));
    mongod.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
  const listens = new Promise<'listening'>((resolve) => {
    for (const stream of [mongod.stdout, mongod.stderr]) {
      onLines(stream, (line) => {
        log.push(line);
        if (log.length > LOG_LINES_KEPT) log.shift();
        if (line.includes('Waiting for connections')) resolve('listening');
      });
    }
  });

  async function shutDown(): Promise<void> {
    stopping = true;
    mongod.kill('SIGTERM');
    const timer = setTimeout(() => mongod.kill('SIGKILL'), STOPS_WITHIN_MS);
    await exit;
    clearTimeout(timer);
    await ended(killer);
  }
  let stopped: Promise<void> | undefined;

  return {
    pid: mongod.pid ?? 0,
    port,
    binary,
    log,
    async listening(report) {
      const timers = [
        setTimeout(() => report('The database is recovering from its journal', 'progress'), PATIENCE_MS),
        setTimeout(() => mongod.kill('SIGKILL'), LISTENS_WITHIN_MS),
      ];
      const outcome = await Promise.race([listens, exit]);
      timers.forEach(clearTimeout);
      if (outcome !== 'listening') await ended(killer);
      return outcome;
    },
    ended: new Promise((resolve) => {
      exit.then(async (how) => {
        await ended(killer);
        if (!stopping) resolve(typeof how === 'number' ? `exit code ${how}` : how);
      });
    }),
    stop() {
      stopped ??= shutDown();
      return stopped;
    },
    kill() {
      stopping = true;
      mongod.kill('SIGKILL');
      killer?.kill('SIGKILL');
    },
  };
}

/** The package's watchdog: a process of its own that ends mongod when this process is gone, however it went. */
function launchKiller(mongodPid: number): ChildProcess {
  const script = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');
  const { NODE_OPTIONS: _, ...env } = process.env;
  const killer = spawn(process.execPath, [script, String(process.pid), String(mongodPid)], {
    detached: true,
    stdio: 'ignore',
    env,
  });
  killer.on('error', () => {});
  killer.unref();
  return killer;
}

/** Ends a killer, and waits until it is gone. */
async function ended(killer: ChildProcess | null): Promise<void> {
  if (killer === null || killer.pid === undefined || killer.exitCode !== null || killer.signalCode !== null) return;
  killer.ref();
  const exit = new Promise((resolve) => killer.once('exit', resolve));
  killer.kill('SIGKILL');
  await exit;
}

/** Makes the node the primary of a set of its own, whatever address the set was used under before. */
async function becomePrimary({ port, ended: gone }: Launched, report: Report): Promise<void> {
  const host = `${ADDRESS}:${port}`;
  const client = new mongoose.mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: PRIMARY_WITHIN_MS,
    appName: 'auraledger-start',
  });
  const started = performance.now();
  let dead: string | undefined;
  gone.then((how) => {
    dead = how;
  });
  try {
    await client.connect();
    const admin = client.db('admin');
    let configured = false;
    let last: unknown;
    while (dead === undefined && performance.now() - started < PRIMARY_WITHIN_MS) {
      const hello = await admin.command({ hello: 1 });
      if (hello.isWritablePrimary === true && hello.me === host) return;
      if (!configured) {
        await configure(admin, host).then(
          () => {
            configured = true;
          },
          (error) => {
            last = error;
          },
        );
      }
      if (performance.now() - started > PATIENCE_MS) report('Waiting for the database to become primary', 'progress');
      await sleep(10);
    }
    throw new Error(dead ?? `it did not become primary within ${PRIMARY_WITHIN_MS / 1000} s (${last ?? 'no error'})`);
  } finally {
    await client.close();
  }
}

const ALREADY_INITIALIZED = 23;

async function configure(admin: mongoose.mongo.Db, host: string): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_INITIALIZED) throw error;
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members[0].host === host) return;
    const members = [{ ...config.members[0], host }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
}

// --- who uses the directory --------------------------------------------------------------------------------------

/** Written by whoever has mongod's lock: for messages and the next start, never to decide who may. */
interface Note {
  readonly pid: number;
  readonly mongodPid: number;
  readonly port: number;
}

const noteFile = (dataDir: string) => path.join(dataDir, 'embedded.json');

async function readNote(dataDir: string): Promise<Note | null> {
  try {
    const note = JSON.parse(await readFile(noteFile(dataDir), 'utf8')) as Note;
    return [note.pid, note.mongodPid, note.port].every((value) => Number.isInteger(value) && value > 0) ? note : null;
  } catch {
    return null;
  }
}

async function writeNote(dataDir: string, note: Note): Promise<void> {
  await writeFile(noteFile(dataDir), `${JSON.stringify(note)}\n`, { mode: 0o600 });
}

/** mongod writes its process id into the file that it locks. */
async function lockHolder(dbPath: string): Promise<number | null> {
  const text = await readFile(path.join(dbPath, 'mongod.lock'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || null;
}

/**
 * Ends a mongod whose server and killer are both gone (killall -9 node). The command line is compared because the
 * number may mean another process here: the directory can be shared with a container.
 */
async function endOrphan(pid: number, dbPath: string): Promise<void> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.split('\0').includes(dbPath)) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has just ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// --- small tools -------------------------------------------------------------------------------------------------

async function failure(launched: Launched, dataDir: string, what: string): Promise<EmbeddedMongodError> {
  const file = await keepLog(launched, dataDir);
  const text = launched.log.join('\n');
  if (what.includes(String(EXIT.otherVersion)) || /featureCompatibilityVersion|UPGRADE PROBLEM/.test(text)) {
    return new EmbeddedMongodError(
      `The data in ${dataDir} were written by another version of mongod than ${launched.binary}: ` +
        'name the former one with MONGOD_BINARY, or set DATA_DIR to another directory',
    );
  }
  const cause = launched.log.map(complaint).findLast((words) => words !== null);
  return new EmbeddedMongodError(
    `The embedded mongod (${launched.binary}) did not start: ${cause ?? what}; its last words are in ${file}`,
  );
}

async function keepLog({ log }: Launched, dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'mongod.log');
  await writeFile(file, `${log.join('\n')}\n`).catch(() => {});
  return file;
}

/** What an error line of mongod's log says; null for any other line. */
function complaint(line: string): string | null {
  try {
    const { s, msg, attr } = JSON.parse(line);
    return s === 'E' || s === 'F' ? String(attr?.error ?? msg).replace(/\s+/g, ' ') : null;
  } catch {
    return line.includes('error while loading shared libraries') ? line : null;
  }
}

function onLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  });
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
