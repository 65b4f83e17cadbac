/** Reads the processor time and the memory of a process from /proc. On systems without /proc, every value is NaN. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

/** The clock ticks in a second, the unit of the processor times in /proc. */
const TICKS_PER_SECOND =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100;

/** @returns the processor time that all threads of a process have used so far, also ended ones, in milliseconds */
export async function cpuMs(pid: number): Promise<number> {
  return msOfStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

/** @returns the processor time in the text of /proc/PID/stat, in milliseconds and exact to a tick (10 ms) */
export function msOfStat(stat: string): number {
  // The process name comes first, in brackets. It may itself contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
}

/** @returns the processor time in the text of /proc/PID/task/TID/schedstat, in milliseconds and exact to a nanosecond */
export function msOfSchedstat(schedstat: string): number {
  const [nanoseconds = ''] = /^\d+(?= \d+ \d+)/.exec(schedstat) ?? [];
  return nanoseconds === '' ? Number.NaN : Number(nanoseconds) / 1e6;
}

/** The processor times of threads, in milliseconds, by process and thread. */
export type CpuReading = ReadonlyMap<string, number>;

/**
 * Reads the processor times of all threads of these processes. A slice of load is short, so ticks of 10 ms are too
 * coarse. Where the kernel has no schedstat, the reading has the ticks of the process.
 */
export async function readCpu(pids: readonly number[]): Promise<CpuReading> {
  return new Map((await Promise.all(pids.map(timesOf))).flat());
}

async function timesOf(pid: number): Promise<(readonly [string, number])[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const times = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '');
      return [`${pid} ${thread}`, msOfSchedstat(text)] as const;
    }),
  );
  const known = times.filter(([, ms]) => !Number.isNaN(ms));
  return known.length > 0 ? known : [[`${pid}`, await cpuMs(pid)]];
}

/**
 * @returns the milliseconds of processor time between two readings; NaN without /proc. What a thread used before it
 * ended between the readings is not counted; servers keep their threads.
 */
export function cpuMsBetween(before: CpuReading, after: CpuReading): number {
  return [...after].reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0);
}

/** @returns a process and its children, for a server that serves each connection by a process of its own */
export async function withChildren(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

export interface ResidentMemory {
  readonly now: number;
  /** The maximum since the process started. */
  readonly peak: number;
}

/** @returns the resident memory of a process, in MB (10^6 bytes) */
export async function residentMemoryMb(pid: number): Promise<ResidentMemory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const read = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
