import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../figures.js';

/** What one measurement of one side found. */
export interface Measured {
  /** Requests that were answered. */
  readonly count: number;
  readonly seconds: number;
  /** Latencies in milliseconds, to the whole answer: from the sending, or on a schedule from when it was due. */
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Requests by their number. */
export interface Work {
  /** The number of the next one; null where there are no more. */
  readonly next: () => number | null;
  readonly send: (number: number) => Promise<void>;
}

/** The numbers from 0 to below `end`, once each. */
export function numbers(end: number): () => number | null {
  let next = 0;
  return () => (next < end ? next++ : null);
}

/** Keeps so many clients busy for some seconds, each sending its next request when the one before is answered. */
export async function inLoops(clients: number, seconds: number, { next, send }: Work): Promise<Measured> {
  const latencies: number[] = [];
  const start = performance.now();
  const loop = async () => {
    while (performance.now() < start + seconds * 1000) {
      const number = next();
      if (number === null) return;
      const sent = performance.now();
      await send(number);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
  return summary(latencies, start);
}

/** Sends so many requests at once, and as many again when all are answered, for some seconds. */
export async function inBursts(size: number, seconds: number, { next, send }: Work): Promise<Measured> {
  const latencies: number[] = [];
  const start = performance.now();
  while (performance.now() < start + seconds * 1000) {
    const burst = Array.from({ length: size }, next).filter((number) => number !== null);
    // Part of a burst would be another one.
    if (burst.length < size) break;
    const sent = performance.now();
    await Promise.all(burst.map((number) => send(number).then(() => latencies.push(performance.now() - sent))));
  }
  return summary(latencies, start);
}

/**
 * Sends each request when it is due, never before, whatever has become of those before. Its latency counts from then on,
 * also where it was sent late because this process or its connections were busy: what waits unseen is part of what
 * people wait.
 */
export async function onSchedule(due: readonly number[], { next, send }: Work): Promise<Measured> {
  const latencies: number[] = [];
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (const offset of due) {
    // A timer may fire a little before its time.
    while (performance.now() < start + offset) await sleep(start + offset - performance.now());
    const number = next();
    if (number === null) break;
    sent.push(send(number).then(() => void latencies.push(performance.now() - start - offset)));
  }
  await Promise.all(sent);
  return summary(latencies, start);
}

function summary(latencies: readonly number[], start: number): Measured {
  return {
    count: latencies.length,
    seconds: (performance.now() - start) / 1000,
    median: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
  };
}
