import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../figures.js';

/** The result of one measurement. */
export interface Measurement {
  /** The number of responses. */
  readonly count: number;
  readonly seconds: number;
  /** Latencies in milliseconds until the complete response: from when the request was sent or, on a schedule, due. */
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  /** All of them, so that the latencies of several slices can be summed up. */
  readonly latencies: readonly number[];
}

/** When closed loops end: after a time, or after a number of requests. */
export type LoopEnd = { readonly seconds: number } | { readonly requests: number };

/** A source of numbered requests. */
export interface RequestSource {
  /** @returns the number of the next request; null if there are no more */
  readonly next: () => number | null;
  readonly send: (number: number) => Promise<void>;
}

/** @returns a function that returns 0, 1, 2 and so on below `end`, then null */
export function sequenceBelow(end: number): () => number | null {
  let next = 0;
  return () => (next < end ? next++ : null);
}

/** Closed loops: each client sends its next request when it has the response to the one before. */
export async function runClosedLoops(
  clients: number,
  end: LoopEnd,
  { next, send }: RequestSource,
): Promise<Measurement> {
  const latencies: number[] = [];
  const start = performance.now();
  let left = 'requests' in end ? end.requests : Number.POSITIVE_INFINITY;
  const endsAt = 'seconds' in end ? start + end.seconds * 1000 : Number.POSITIVE_INFINITY;
  const loop = async () => {
    while (left > 0 && performance.now() < endsAt) {
      left -= 1;
      const number = next();
      if (number === null) return;
      const sent = performance.now();
      await send(number);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
  return summarize(latencies, (performance.now() - start) / 1000);
}

/** Sends `size` requests at once, waits for all responses, and repeats this for `seconds`. */
export async function runBursts(size: number, seconds: number, { next, send }: RequestSource): Promise<Measurement> {
  const latencies: number[] = [];
  const start = performance.now();
  while (performance.now() < start + seconds * 1000) {
    const burst = Array.from({ length: size }, next).filter((number) => number !== null);
    // A smaller burst would be a different measurement.
    if (burst.length < size) break;
    const sent = performance.now();
    await Promise.all(burst.map((number) => send(number).then(() => latencies.push(performance.now() - sent))));
  }
  return summarize(latencies, (performance.now() - start) / 1000);
}

/**
 * Sends each request when it is due, even if earlier requests have no response yet. Its latency counts from the due
 * time, even if it was sent late because this process or its connections were busy. So queueing counts as latency:
 * there is no coordinated omission.
 */
export async function runOnSchedule(dueMs: readonly number[], { next, send }: RequestSource): Promise<Measurement> {
  const latencies: number[] = [];
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (const offsetMs of dueMs) {
    // A timer may fire a little early.
    while (performance.now() < start + offsetMs) await sleep(start + offsetMs - performance.now());
    const number = next();
    if (number === null) break;
    sent.push(send(number).then(() => void latencies.push(performance.now() - start - offsetMs)));
  }
  await Promise.all(sent);
  return summarize(latencies, (performance.now() - start) / 1000);
}

/** @param latencies in milliseconds, of every response within these seconds */
export function summarize(latencies: readonly number[], seconds: number): Measurement {
  return {
    count: latencies.length,
    seconds,
    median: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    latencies,
  };
}
