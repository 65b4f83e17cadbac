import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createInterface } from 'node:readline';
import type { HealthSeen } from '../../tests/faults/health-watch.js';
import { cpuMs } from '../process-times.js';
import { ROOT } from '../start-command.js';

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly body: string | Buffer;
  /** Absent: a stranger's. */
  readonly token?: string;
}

export interface Outcome {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly bytes: number;
}

/** What some requests cost the server, all at once. */
export interface MeasuredCost {
  readonly outcomes: readonly Outcome[];
  /** Processor time of the server, all threads. */
  readonly cpuMs: number;
  /** The most that was resident above what was before, in MB. */
  readonly memoryMb: number;
  /** Commands that the database was sent. */
  readonly commands: number;
}

/** A request that takes longer is given up. Milliseconds. */
const GIVE_UP_MS = 60_000;

/** What the same request costs, sent so many times at once. */
export async function measureCost(
  server: { readonly url: string; readonly pid: number },
  request: WireRequest,
  times: number,
  countCommands: () => Promise<number>,
): Promise<MeasuredCost> {
  await forgetPeak(server.pid);
  const before = { cpu: await cpuMs(server.pid), memory: await memoryMb(server.pid), commands: await countCommands() };
  const outcomes = await sendAtOnce(server.url, request, times);
  return {
    outcomes,
    cpuMs: (await cpuMs(server.pid)) - before.cpu,
    memoryMb: (await memoryMb(server.pid)).peak - before.memory.now,
    commands: (await countCommands()) - before.commands,
  };
}

/** Each goes over a connection of its own, and its answer is read to the end. */
export function sendAtOnce(url: string, request: WireRequest, times: number): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: times }, () => sendOnce(url, request)));
}

function sendOnce(url: string, { body, token }: WireRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = http.request(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      timeout: GIVE_UP_MS,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    let status = 0;
    let bytes = 0;
    request.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('close', () => resolve({ status, bytes }));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve({ status, bytes }));
    request.end(body);
  });
}

/** Asks for health from a process of its own, which no load keeps from asking. */
export async function watchHealth(url: string): Promise<{ end(): Promise<HealthSeen> }> {
  const script = ['--import', './scripts/typescript.mjs', 'tests/faults/health-watch.ts', url];
  const child = spawn(process.execPath, script, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const seen = once(lines, 'line');
  return {
    async end() {
      child.stdin.end();
      return JSON.parse((await seen)[0]);
    },
  };
}

/** Lets the peak of a process begin anew. Linux only. */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}

/** Resident memory, now and at its peak, in MB (10^6 bytes); NaN where there is no /proc. */
async function memoryMb(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const read = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
