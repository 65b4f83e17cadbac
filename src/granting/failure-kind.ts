import mongoose from 'mongoose';
import { StaleRevision } from '../storage/student-store.js';

/** The driver would run the callback again, too often or too late; each run failed like the last one. */
export class TooManyRuns extends Error {
  constructor(readonly lastFailure: unknown) {
    super('the transaction was run too often');
  }
}

/** What to tell of a failure. */
export const reasonOf = (error: unknown): unknown =>
  error instanceof TooManyRuns ? (error.lastFailure ?? error) : error;

export type FailureKind = 'a rival' | 'a duplicate' | 'the database' | 'its own';

/**
 * Why a transaction failed: somebody else wrote to one of its students first, or holds one; somebody else has been paid
 * for the same, or under the same key (a fresh read will tell); the database could not be reached or asks to try again;
 * or one of the requests itself, a document that the database refuses for example.
 */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof StaleRevision) return 'a rival';
  if (error instanceof TooManyRuns) return codeOf(error.lastFailure) === WRITE_CONFLICT ? 'a rival' : 'the database';
  if (!(error instanceof mongoose.mongo.MongoError)) return 'its own';
  if (codeOf(error) === DUPLICATE_KEY) return SEQUENCE_TAKEN.test(error.message) ? 'its own' : 'a duplicate';
  return isPassing(error) ? 'the database' : 'its own';
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

const WRITE_CONFLICT = 112;
const DUPLICATE_KEY = 11_000;

/** The student's revision held, and yet its next row is there: somebody wrote to the ledger past the student. */
const SEQUENCE_TAKEN = /^E11000 duplicate key error collection: \S+ index: studentId_1_sequence_1 /;

/**
 * What a server says that shuts down or is no primary any more, as the retryable reads specification lists it; and that
 * it has no snapshot of a moment (239, 246), which is so for a while after an election.
 */
const NOT_NOW = [6, 7, 89, 91, 134, 189, 239, 246, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436];

/** A read took longer than it may: see READ_WITHIN_MS in storage/read-time.ts. */
const MAX_TIME_EXPIRED = 50;

const PASSING_LABELS = [
  'TransientTransactionError',
  'UnknownTransactionCommitResult',
  'RetryableWriteError',
  'RetryableError',
];

/**
 * Whether the same may succeed later. An error without a server's code never reached one, or got no answer (a bulk
 * write wraps the driver's own errors, so that their classes do not tell), unless the driver itself refused the call.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof mongoose.mongo.MongoError)) return false;
  const code = codeOf(error);
  if (typeof code !== 'number') return !(error instanceof mongoose.mongo.MongoAPIError);
  return (
    code === MAX_TIME_EXPIRED || NOT_NOW.includes(code) || PASSING_LABELS.some((label) => error.hasErrorLabel(label))
  );
}
