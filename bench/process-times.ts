/** Reads the processor time and the memory of a process from /proc. On systems without /proc, every value is NaN. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** The clock ticks in a second, the unit of the processor times in /proc. */
const TICKS_PER_SECOND =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100;

/** @returns the processor time that all threads of a process have used so far, in milliseconds */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The process name comes first, in brackets. It may itself contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
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
