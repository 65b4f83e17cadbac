/** Embedded databases that other processes own, and the processes that remain of them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { WATCHDOG } from '../../src/embedded/watchdog.js';
import { builtServer } from './built-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Elsewhere {
  /** The process that was started: the owner, or a parent that does not reap it. */
  readonly owner: ChildProcess;
  /** The process id of the owner. */
  readonly ownerPid: number;
  readonly uri: string;
  /** The process id of mongod. */
  readonly pid: number;
  readonly error?: string;
}

/** Starts a process that starts an embedded database, as `npm start` does. `error` is set if that fails. */
export async function startElsewhere(binary: string, dataDir: string, { isReaped = true } = {}): Promise<Elsewhere> {
  const script = path.join(root, 'tests', 'support', 'embedded-owner.mjs');
  const command = [process.execPath, script, builtServer(root, 'embedded/embedded-mongod.js'), binary, dataDir];
  // The shell turns into a sleep, which never waits for its child, so the dead owner remains a zombie.
  const whole = isReaped ? command : ['sh', '-c', '"$@" & exec sleep 120', 'sh', ...command];
  const owner = spawn(whole[0]!, whole.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: owner.stdout }), 'line');
  return { owner, ...JSON.parse(line) };
}

/** The ids of the mongod processes of a data directory. They have its path in their command lines. */
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
    if (Date.now() > deadline) throw new Error('the condition did not hold within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
