import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { cpuMs, residentMemoryMb } from '../process-times.js';

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly body: string | Buffer;
  /** Absent for an anonymous client. */
  readonly token?: string;
}

export interface Outcome {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly bytes: number;
}

/** The cost of some simultaneous requests for the server. */
export interface MeasuredCost {
  readonly outcomes: readonly Outcome[];
  /** Processor time of the server, all threads. */
  readonly cpuMs: number;
  /** The peak of resident memory minus the resident memory before the requests, in MB. */
  readonly memoryMb: number;
  /** Commands that the server sent to the database. */
  readonly commands: number;
}

/** The timeout of a request. Milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Sends the same request `times` times at once. @returns the cost of all of them */
export async function measureCost(
  server: { readonly url: string; readonly pid: number },
  request: WireRequest,
  times: number,
  countCommands: () => Promise<number>,
): Promise<MeasuredCost> {
  await resetMemoryPeak(server.pid);
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

/** Sends each request over its own connection and reads the whole answer. */
export function sendAtOnce(url: string, { body, ...request }: WireRequest, times: number): Promise<Outcome[]> {
  // Encoded once: a text would be encoded for each request.
  const encoded = { ...request, body: Buffer.from(body) };
  return Promise.all(Array.from({ length: times }, () => sendOnce(url, encoded)));
}

function sendOnce(url: string, { body, token }: WireRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = http.request(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      timeout: REQUEST_TIMEOUT_MS,
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

/** Resets the memory peak of a process. Linux only. */
async function resetMemoryPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}
