/** Embedded databases of other processes, and what is left of them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { WATCHDOG } from '../../src/embedded/watchdog.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Elsewhere {
  /** What was started: the owner, or the parent that does not reap it. */
  readonly owner: ChildProcess;
  /** The owner. */
  readonly ownerPid: number;
  readonly uri: string;
  /** mongod. */
  readonly pid: number;
  readonly error?: string;
}

/** Another process that starts an embedded database, as `npm start` would; `error` where it could not. */
export async function startElsewhere(binary: string, dataDir: string, { isReaped = true } = {}): Promise<Elsewhere> {
  const script = path.join(root, 'tests', 'support', 'embedded-owner.ts');
  const command = [process.execPath, '--import', path.join(root, 'scripts', 'typescript.mjs'), script, binary, dataDir];
  // The shell becomes a sleep, which never asks what has become of its child.
  const whole = isReaped ? command : ['sh', '-c', '"$@" & exec sleep 120', 'sh', ...command];
  const owner = spawn(whole[0]!, whole.slice(1), {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: owner.stdout }), 'line');
  return { owner, ...JSON.parse(line) };
}

/** The ids of all processes whose command line names a directory: mongod's does. */
export function processesOf(directory: string): number[] {
  return processesWith(`${directory}/mongodb`);
}

export function watchdogsOf(pid: number): number[] {
  return processesWith(`${WATCHDOG} ${pid}`);
}

function processesWith(words: string): number[] {
  const list = execFileSync('ps', ['-e', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return list.filter((line) => line.includes(words)).map((line) => Number.parseInt(line, 10));
}

export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come true within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
