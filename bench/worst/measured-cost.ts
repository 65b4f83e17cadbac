import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { cpuMs, residentMemoryMb } from '../process-times.js';

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
  const before = {
    cpu: await cpuMs(server.pid),
    memory: await residentMemoryMb(server.pid),
    commands: await countCommands(),
  };
  const outcomes = await sendAtOnce(server.url, request, times);
  return {
    outcomes,
    cpuMs: (await cpuMs(server.pid)) - before.cpu,
    memoryMb: (await residentMemoryMb(server.pid)).peak - before.memory.now,
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

/** Lets the peak of a process begin anew. Linux only. */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}
