/** The product as a process of its own, that can be killed and started again at the same address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

/** Signs the tokens of every server of the kit. */
export const JWT_SECRET = 'a secret of the fault kit, long enough for HS256';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Memory {
  /** Resident, in MB. */
  readonly now: number;
  /** The most that it ever was, in MB. */
  readonly peak: number;
}

export interface ProductServer {
  /** Without a path. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGKILL; it is gone when this resolves. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended, and says how. */
  terminate(): Promise<Ended>;
  /** Comes true when it ends, whatever the reason. */
  readonly ended: Promise<Ended>;
  /** Of Linux only: read from /proc. */
  memoryMB(): Promise<Memory>;
  /** From now on its clock is this far from that of the machine. @throws Error where it was started without a clock */
  moveClock(offsetMs: number): Promise<void>;
  /** What it wrote last, of its log and its words. */
  readonly lastLines: readonly string[];
}

export interface ProductServerOptions {
  /** The project, or a copy of it with a bug planted. */
  readonly root: string;
  readonly uri: string;
  /** Whether its clock can be moved; without, src/main.ts runs as it does in production. */
  readonly clock?: boolean;
  /** Absent: any that is free. */
  readonly port?: number;
}

const LINES_KEPT = 100;
/** The kit is gone, however that came. Given to the process beside its program, which is the real one. */
const END_WITH_KIT =
  'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGKILL"));process.channel.unref()';

/**
 * Starts the product on a database; it serves when this resolves, and ends with this process, however that ends.
 * @throws Error with its last lines where it ends before
 */
export async function startProductServer(options: ProductServerOptions): Promise<ProductServer> {
  const { root, uri, clock = false } = options;
  const port = options.port ?? (await freePort());
  const program = clock ? 'tests/faults/clocked-server.ts' : 'src/main.ts';
  const { PATH, HOME } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', './scripts/typescript.mjs', '--import', END_WITH_KIT, path.join(root, program)],
    {
      cwd: root,
      env: { PATH, HOME, PORT: String(port), MONGODB_URI: uri, JWT_SECRET, LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const lastLines: string[] = [];
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }));
  const url = await Promise.race([
    ready(child, lastLines),
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
    memoryMB: () => memoryOf(child.pid!),
    async moveClock(offsetMs) {
      if (!clock) throw new Error('the server was started without a clock');
      child.send({ offsetMs });
      await once(child, 'message');
    },
  };
}

/** Its address, as soon as it says where GraphQL is. */
function ready(child: ChildProcess, lastLines: string[]): Promise<string> {
  return new Promise((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        lastLines.push(line);
        if (lastLines.length > LINES_KEPT) lastLines.shift();
        const url = /^ *GraphQL +(http:\S+)\/graphql$/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
  });
}

async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) / 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
