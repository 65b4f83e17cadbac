/** Runs the product in a separate process, which can be killed and restarted at the same address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ResidentMemory, residentMemoryMb } from '../../bench/process-times.js';
import { addressIn } from '../../bench/server-address.js';
import { project } from '../architecture/project-copy.js';
import { builtServer } from '../support/built-server.js';
import { spawnedEnvironment } from '../support/spawned-environment.js';
import { freePort } from './free-port.js';
import { pauseProcess } from './pause-process.js';

/** The secret with which the kit and its servers sign tokens. */
export const JWT_SECRET = 'a secret of the fault kit, long enough for HS256';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProductServer {
  /** The origin, without a path. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends SIGKILL and waits until the process has ended. */
  kill(): Promise<void>;
  /** Sends SIGTERM and waits until the process has ended. */
  terminate(): Promise<ProcessExit>;
  /** Sends SIGSTOP. @returns a function that sends SIGCONT */
  pause(): () => void;
  /** Resolves when the process ends, for whatever reason. */
  readonly ended: Promise<ProcessExit>;
  /** Reads the resident memory from /proc. @throws Error if there is no /proc (it exists on Linux only) */
  memoryMb(): Promise<ResidentMemory>;
  /** Sets its clock this far from the machine's. @throws Error if it was started without `clock` */
  moveClock(offsetMs: number): Promise<void>;
  /** The last lines that it wrote to stdout and stderr. */
  readonly lastLines: readonly string[];
}

export interface ProductServerOptions {
  /** The project, or a copy of it with a bug planted. Its dist must be built. */
  readonly root: string;
  readonly uri: string;
  /** If given, the server has its own embedded database in this directory instead, as after `npm start`. */
  readonly dataDir?: string;
  /** Whether its clock can be moved. By default dist/main.js runs as in production. */
  readonly clock?: boolean;
  /** By default any free port. */
  readonly port?: number;
  /** Called with each line by which it logs an error that its clients do not see. */
  readonly onError?: (line: string) => void;
  /** The heap of old objects is limited to this. By default node chooses the limit. */
  readonly heapMb?: number;
}

const MAX_LINES_KEPT = 100;
/** The levels of pino: 50 is an error, 60 is fatal. */
const LOGGED_ERROR = /^\{"level":[56]0,/;
/** A module that kills the server when the kit's process ends. It is loaded in addition to the unmodified program. */
const EXIT_WITH_PARENT =
  'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGKILL"));process.channel.unref()';

/**
 * Starts the product on a database and waits until it is ready. The server ends when this process ends, even if this
 * process is killed.
 * @throws Error with the server's last lines if it ends before it is ready
 */
export async function startProductServer(options: ProductServerOptions): Promise<ProductServer> {
  const { root, uri, clock = false, heapMb, onError = () => {} } = options;
  const port = options.port ?? (await freePort());
  const main = builtServer(root, 'main.js');
  const program = clock ? path.join(project, 'tests/faults/clocked-server.mjs') : main;
  const { MONGOD_BINARY } = process.env;
  const embedded = { DATA_DIR: options.dataDir, ...(MONGOD_BINARY !== undefined && { MONGOD_BINARY }) };
  const database = options.dataDir === undefined ? { MONGODB_URI: uri } : embedded;
  const env = spawnedEnvironment({
    NODE_ENV: 'production',
    PORT: String(port),
    ...database,
    JWT_SECRET,
    LOG_LEVEL: 'warn',
  });
  const limits = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const child = spawn(process.execPath, [...limits, '--import', EXIT_WITH_PARENT, program], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lastLines: string[] = [];
  const ended = once(child, 'close').then(([code, signal]): ProcessExit => ({ code, signal }));
  const url = await Promise.race([
    waitForAddress(child, lastLines, onError),
    ended.then(({ code, signal }) => {
      throw new Error(`the server ended with ${code ?? signal}:\n${lastLines.join('\n')}`);
    }),
  ]);
  return {
    url,
    port,
    pid: child.pid!,
    ended,
    lastLines,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    terminate() {
      child.kill('SIGTERM');
      return ended;
    },
    pause: () => pauseProcess(child.pid!).resume,
    async memoryMb() {
      const memory = await residentMemoryMb(child.pid!);
      if (Number.isNaN(memory.peak)) throw new Error('resident memory is unknown: there is no /proc entry');
      return memory;
    },
    async moveClock(offsetMs) {
      if (!clock) throw new Error('the server was started without a clock');
      child.send({ offsetMs });
      await once(child, 'message');
    },
  };
}

/** Waits for the line with the address of GraphQL. Keeps the last lines of the output. */
function waitForAddress(child: ChildProcess, lastLines: string[], onError: (line: string) => void): Promise<string> {
  return new Promise((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        lastLines.push(line);
        if (lastLines.length > MAX_LINES_KEPT) lastLines.shift();
        if (LOGGED_ERROR.test(line)) onError(line);
        const url = addressIn(line);
        if (url !== undefined) resolve(url);
      });
    }
  });
}
