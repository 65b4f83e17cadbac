/** Runs checks, one process at a time. Several lanes run beside each other. */
import { spawn } from 'node:child_process';
import type { ProjectCopy } from './project-copy.js';
import type { Command } from './settings.js';

/** A test file, or a command of the settings. */
export type Check = { readonly file: string } | Command;

export const nameOf = (check: Check): string => ('file' in check ? check.file : check.name);

/** What the environment of the tests gets to know: see environment.mjs. */
interface Job {
  readonly mutant?: string;
  /** The number of the last test of a file that must run. Absent: all tests must. */
  readonly lastTests?: Readonly<Record<string, number>>;
  readonly order?: readonly string[];
  /** Where to write what was reached; the beginning of the names of files. */
  readonly coverage?: string;
}

export interface Run {
  readonly outcome: 'passed' | 'failed' | 'timed out';
  readonly seconds: number;
  /** Of the process itself, not of those that it starts. 0 if it was killed. */
  readonly cpuSeconds: number;
  /** The last test file that it ran: if it failed, the one that found the mutant. */
  readonly lastFile: string | undefined;
  readonly pid: number;
  /** The end of what it printed, if that was asked for. */
  readonly output: string;
}

/** The most that is kept of the output of a process. Characters. */
const MAX_OUTPUT = 4_000;

/** Runs test files, in this order, or one command. */
export async function run(
  { directory, jestArgs }: ProjectCopy,
  checks: readonly Check[],
  job: Job,
  { timeoutMs, env }: { readonly timeoutMs: number; readonly env: NodeJS.ProcessEnv },
): Promise<Run> {
  const [first] = checks;
  if (!first) throw new Error('there is nothing to run');
  const files = checks.flatMap((check) => ('file' in check ? [check.file] : []));
  const args = 'file' in first ? [...jestArgs, '--runTestsByPath', ...files] : first.args;
  const started = performance.now();
  // A group of its own, so that the processes that a test starts can be ended with it.
  const child = spawn(process.execPath, args, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env, ...environmentOf(job, files), NODE_ENV: 'test' },
  });
  running.add(child.pid!);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output = `${output}${data}`.slice(-MAX_OUTPUT);
    });
  }
  let report = '';
  (child.stdio[3] as NodeJS.ReadableStream).on('data', (data) => {
    report += data;
  });
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    endGroup(child.pid!);
  }, timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  clearTimeout(timer);
  endGroup(child.pid!);
  running.delete(child.pid!);
  return {
    outcome: isTimedOut ? 'timed out' : code === 0 ? 'passed' : 'failed',
    seconds: (performance.now() - started) / 1_000,
    cpuSeconds: 0,
    lastFile: undefined,
    ...(report !== '' && JSON.parse(report)),
    pid: child.pid!,
    output,
  };
}

function environmentOf(job: Job, order: readonly string[]): Record<string, string> {
  const { NODE_OPTIONS = '' } = process.env;
  const recorder = new URL('./record-spawned.mjs', import.meta.url).href;
  return {
    AURALEDGER_MUTANTS_JOB: JSON.stringify({ ...job, order }),
    // The processes that a test starts read it: the switches of the instrumented code.
    ...(job.mutant !== undefined && { __STRYKER_ACTIVE_MUTANT__: job.mutant }),
    ...(job.coverage !== undefined && { NODE_OPTIONS: `${NODE_OPTIONS} --import=${recorder}` }),
  };
}

const running = new Set<number>();

/** Ends everything that runs: this process is about to end itself. */
export function endAll(): void {
  for (const pid of running) endGroup(pid);
}

/** Ends what is left of a process group. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}
