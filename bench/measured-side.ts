import type { ChildProcess } from 'node:child_process';
import { nextMessage, startChild, stopChild } from './child.js';
import { type Measurement, summarize } from './load/measured.js';
import { cpuMsBetween, readCpu } from './process-times.js';

/** The database behind a measured server. */
export interface Database {
  /** @returns its processes at the moment */
  pids(): Promise<readonly number[]>;
  /** @returns the bytes so far */
  bytes(): Promise<Bytes>;
}

export interface Bytes {
  readonly journal: number;
  readonly received: number;
}

export interface SideSpec {
  /** The file of bench/processes that sends the requests, and its job. */
  readonly file: 'load.ts' | 'bare-driver.ts';
  readonly job: object;
  /** The measured servers; none if the process that sends the requests is measured itself. */
  readonly servers: readonly number[];
  readonly database: Database;
}

/** A part of a measurement: its responses and what they cost in all. */
export interface Slice {
  readonly count: number;
  readonly seconds: number;
  readonly latencies: readonly number[];
  readonly serverCpuMs: number;
  readonly databaseCpuMs: number;
  readonly loadCpuMs: number;
  readonly journalBytes: number;
  readonly receivedBytes: number;
}

/** A process that sends requests in slices, and the processes that its requests keep busy. */
export class MeasuredSide {
  readonly #child: ChildProcess;
  readonly #spec: SideSpec;

  private constructor(child: ChildProcess, spec: SideSpec) {
    this.#child = child;
    this.#spec = spec;
  }

  /** Starts the process and waits until it has warmed up. */
  static async open(spec: SideSpec): Promise<MeasuredSide> {
    const child = startChild(spec.file);
    try {
      child.send(spec.job);
      await nextMessage(child);
    } catch (error) {
      await stopChild(child);
      throw error;
    }
    return new MeasuredSide(child, spec);
  }

  /** Measures one slice. @returns it, and what the process reported */
  async slice<Found extends Measurement>(): Promise<{ slice: Slice; found: Found }> {
    const { database } = this.#spec;
    const bytesBefore = await database.bytes();
    const before = await this.#read();
    this.#child.send('go');
    const found = await nextMessage<Found>(this.#child);
    const after = await this.#read();
    const bytesAfter = await database.bytes();
    const { count, seconds, latencies } = found;
    const slice = {
      count,
      seconds,
      latencies,
      serverCpuMs: cpuMsBetween(before.server, after.server),
      databaseCpuMs: cpuMsBetween(before.database, after.database),
      loadCpuMs: cpuMsBetween(before.load, after.load),
      journalBytes: bytesAfter.journal - bytesBefore.journal,
      receivedBytes: bytesAfter.received - bytesBefore.received,
    };
    return { slice, found };
  }

  close(): Promise<void> {
    return stopChild(this.#child);
  }

  async #read() {
    const { servers, database } = this.#spec;
    const own = [this.#child.pid!];
    const [server, load] = servers.length > 0 ? [servers, own] : [own, []];
    return { server: await readCpu(server), load: await readCpu(load), database: await readCpu(await database.pids()) };
  }
}

/** @returns the figures of a series, for each request of all slices together */
export function figuresOf(slices: readonly Slice[]) {
  const sum = (figure: Exclude<keyof Slice, 'latencies'>) => slices.reduce((total, slice) => total + slice[figure], 0);
  const count = sum('count');
  const seconds = sum('seconds');
  const latencies = slices.flatMap((slice) => slice.latencies);
  const { median, p99, max } = summarize(latencies, seconds);
  const [serverCpuMs, databaseCpuMs] = [sum('serverCpuMs') / count, sum('databaseCpuMs') / count];
  return {
    perSecond: count / seconds,
    median,
    p99,
    max,
    serverCpuMs,
    databaseCpuMs,
    loadCpuMs: sum('loadCpuMs') / count,
    /** The load is not part of the product: with the bare driver there is none. */
    cpuMs: serverCpuMs + databaseCpuMs,
    perCpuSecond: 1_000 / (serverCpuMs + databaseCpuMs),
    journalBytes: sum('journalBytes') / count,
    receivedBytes: sum('receivedBytes') / count,
  };
}
