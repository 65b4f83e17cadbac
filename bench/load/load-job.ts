import { createHash } from 'node:crypto';
import type { Measured } from './measured.js';

/** What a process that makes load is told: who asks whom for what, and how often. */
export interface LoadJob {
  /** The servers; request n, or its n-th device, goes to each in turn. */
  readonly urls: readonly string[];
  /** Of those who ask: request n comes from the n-th, and when all have asked, from the first again. */
  readonly tokens: readonly string[];
  readonly query: string;
  readonly asked: Asked;
  /** How often each request is sent at once, from as many connections. */
  readonly devices: number;
  /** What every answer must contain. */
  readonly expected: string;
  /** What becomes of an answer without it: the measurement has failed, or it is counted. */
  readonly otherwise: 'fail' | 'count';
  /** For how long it is done beforehand, with the same shape: caches fill, code is compiled. */
  readonly warmUpSeconds: number;
  readonly shape: Shape;
}

export type Asked =
  /** Everybody hands in the first assignment, then everybody the second. */
  | { readonly kind: 'submissions'; readonly assignments: readonly string[] }
  /** Everybody hands in this assignment, again and again. */
  | { readonly kind: 'the same submission'; readonly assignment: string }
  /** Each ends its own session, once. */
  | { readonly kind: 'ends'; readonly sessions: readonly string[] }
  | { readonly kind: 'query'; readonly variables: object };

export type Shape =
  | { readonly kind: 'loops'; readonly clients: number; readonly seconds: number }
  | { readonly kind: 'bursts'; readonly size: number; readonly seconds: number }
  | { readonly kind: 'rate'; readonly perSecond: number; readonly connections: number; readonly seconds: number }
  /** Everybody once, by chance within these seconds, on a connection of its own, and again where no answer comes. */
  | {
      readonly kind: 'rush';
      readonly withinSeconds: number;
      readonly repeatAfterSeconds: number;
      readonly seed: number;
    };

export interface Loaded extends Measured {
  /** Answers that did not contain what was expected. */
  readonly failures: number;
  /** How often somebody in a rush asked again. */
  readonly repeats: number;
  /** For each who asks, in the order of the tokens: how many of its requests had at least one answer as expected. */
  readonly acknowledged: readonly number[];
}

/** How many requests there are; as many as one likes where they are the same again. */
export function mostRequests({ asked, tokens }: LoadJob): number {
  if (asked.kind === 'submissions') return asked.assignments.length * tokens.length;
  return asked.kind === 'ends' ? asked.sessions.length : Number.POSITIVE_INFINITY;
}

/** The variables of the request with this number. */
export function variablesOf({ asked, tokens }: LoadJob, number: number): object {
  const token = tokens[number % tokens.length]!;
  switch (asked.kind) {
    case 'submissions':
      return submission(token, asked.assignments[Math.floor(number / tokens.length)]!);
    case 'the same submission':
      return submission(token, asked.assignment);
    case 'ends': {
      const sessionId = asked.sessions[number]!;
      return { input: { sessionId, idempotencyKey: keyOf(token, sessionId) } };
    }
    case 'query':
      return asked.variables;
  }
}

const submission = (token: string, assignmentId: string) => ({
  input: { assignmentId, content: CONTENT, idempotencyKey: keyOf(token, assignmentId) },
});

/** As long and as arbitrary as a UUID, and the same for the same thing, whichever process asks. */
const keyOf = (token: string, subject: string) =>
  createHash('sha256').update(token).update(subject).digest('hex').slice(0, 32);

/** For how long each process that makes load does it before anything is counted. */
export const WARM_UP_SECONDS = 1;

/** For how long a process is busy once before it is measured for the first time: until its code is compiled. */
export const FIRST_SECONDS = 3;

/** What is handed in, everywhere. */
export const CONTENT = 'The trace of my program, and what I make of it.';
