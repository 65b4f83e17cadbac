import { createHash } from 'node:crypto';
import type { Measurement } from './measured.js';

/** The instructions for a load process: which requests to send, for whom, where and how fast. */
export interface LoadJob {
  /** The servers. Device d of request n sends it to server (n + d) modulo their number. */
  readonly urls: readonly string[];
  /** The tokens of the users, who take turns: request n uses token n modulo their number. */
  readonly tokens: readonly string[];
  readonly query: string;
  readonly sequence: RequestSequence;
  /** How many devices send each request at the same time, each on its own connection. */
  readonly devices: number;
  /** The text that every response must contain. */
  readonly expectedText: string;
  /** What to do with a response without this text: fail the measurement, or count the response. */
  readonly onUnexpected: 'fail' | 'count';
  /** How long the load runs in the same shape before the measurement, to fill caches and compile code. */
  readonly warmUpSeconds: number;
  readonly shape: LoadShape;
}

export type RequestSequence =
  /** Every student submits the first assignment, then every student the second, and so on. */
  | { readonly kind: 'submissions'; readonly assignments: readonly string[] }
  /** Every student submits this assignment again and again. */
  | { readonly kind: 'the same submission'; readonly assignment: string }
  /** Every student ends its own session once. */
  | { readonly kind: 'ends'; readonly sessions: readonly string[] }
  | { readonly kind: 'query'; readonly variables: object };

/** When requests are sent. */
export type LoadShape =
  /** Closed loops that end after a number of requests: a slice, which takes turns with the slices of other series. */
  | { readonly kind: 'slice'; readonly clients: number; readonly requests: number }
  | { readonly kind: 'loops'; readonly clients: number; readonly seconds: number }
  | { readonly kind: 'bursts'; readonly size: number; readonly seconds: number }
  | { readonly kind: 'rate'; readonly perSecond: number; readonly connections: number; readonly seconds: number }
  /** Every student sends one request at a random time on a new connection, and retries if no response arrives. */
  | {
      readonly kind: 'rush';
      readonly arrivalSeconds: number;
      readonly retryAfterSeconds: number;
      readonly seed: number;
    };

export interface LoadResult extends Measurement {
  /** Responses without the expected text. */
  readonly failures: number;
  /** The number of retries in a rush. */
  readonly retries: number;
  /** For each token, the number of requests with at least one expected response. */
  readonly acknowledged: readonly number[];
  /** When the first expected response to each request arrived, by the clock of live/subscriber-job.ts. */
  readonly answeredAt: readonly (readonly [number: number, at: number])[];
}

/** @returns the number of different requests; infinite if the same requests repeat */
export function maxRequests({ sequence, tokens }: LoadJob): number {
  if (sequence.kind === 'submissions') return sequence.assignments.length * tokens.length;
  return sequence.kind === 'ends' ? sequence.sessions.length : Number.POSITIVE_INFINITY;
}

/** @returns the variables of request number `number` */
export function variablesOf({ sequence, tokens }: LoadJob, number: number): object {
  const token = tokens[number % tokens.length]!;
  switch (sequence.kind) {
    case 'submissions':
      return submissionVariables(token, sequence.assignments[Math.floor(number / tokens.length)]!);
    case 'the same submission':
      return submissionVariables(token, sequence.assignment);
    case 'ends': {
      const sessionId = sequence.sessions[number]!;
      return { input: { sessionId, idempotencyKey: idempotencyKeyOf(token, sessionId) } };
    }
    case 'query':
      return sequence.variables;
  }
}

const submissionVariables = (token: string, assignmentId: string) => ({
  input: { assignmentId, content: SUBMISSION_TEXT, idempotencyKey: idempotencyKeyOf(token, assignmentId) },
});

/** @returns a key as long and as random as a UUID. It is the same in every process for the same token and subject. */
const idempotencyKeyOf = (token: string, subject: string) =>
  createHash('sha256').update(token).update(subject).digest('hex').slice(0, 32);

/** How long each load process warms up before a measurement. */
export const WARM_UP_SECONDS = 1;

/**
 * How long a new process warms up before its first measurement, so that its code is compiled. The processor time of a
 * grant falls for about 6,000 grants. Benchmarks with two servers would otherwise compare a warm one with a cold one.
 */
export const FIRST_WARM_UP_SECONDS = 10;

/** The text of every submission. */
export const SUBMISSION_TEXT = 'The trace of my program, and what I make of it.';
