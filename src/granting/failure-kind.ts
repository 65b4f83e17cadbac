import mongoose from 'mongoose';
import { DUPLICATE_KEY } from '../storage/duplicate-key.js';
import { StaleRevision } from '../storage/student-store.js';

/** The driver wanted to run the transaction again, but its runs are used up or its deadline has passed. */
export class TransactionRetriesExhausted extends Error {
  /** @param lastFailure the error of the last run, if a run failed */
  constructor(readonly lastFailure: unknown) {
    super('the transaction was run too often');
  }
}

/** The error to report: for exhausted retries, the failure of the last run. */
export const underlyingError = (error: unknown): unknown =>
  error instanceof TransactionRetriesExhausted ? (error.lastFailure ?? error) : error;

/**
 * Why a transaction failed:
 * - conflict: another server process wrote to one of its students first, or holds one in an open transaction;
 * - duplicate key: another server process has paid the same subject, or the same key. A fresh read shows which;
 * - database unavailable: the database cannot be reached, or asks for a retry;
 * - request error: one of the requests itself, for example a document that the database rejects; or a ledger that
 *   contradicts its student.
 */
export type FailureKind = 'conflict' | 'duplicate key' | 'database unavailable' | 'request error';

export function failureKind(error: unknown): FailureKind {
  if (error instanceof StaleRevision) return 'conflict';
  if (error instanceof TransactionRetriesExhausted) {
    return codeOf(error.lastFailure) === WRITE_CONFLICT ? 'conflict' : 'database unavailable';
  }
  if (!(error instanceof mongoose.mongo.MongoError)) return 'request error';
  if (codeOf(error) === DUPLICATE_KEY) return SEQUENCE_TAKEN.test(error.message) ? 'request error' : 'duplicate key';
  return isTransient(error) ? 'database unavailable' : 'request error';
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

const WRITE_CONFLICT = 112;

/**
 * The student's next sequence number is taken although the student's revision matched. Something wrote to the ledger
 * without updating the student, so this is not a replay.
 */
const SEQUENCE_TAKEN = /^E11000 duplicate key error collection: \S+ index: studentId_1_sequence_1 /;

/**
 * - the retryable errors of the MongoDB retryable reads specification: a server that shuts down or is no longer primary;
 * - 239 and 246: the snapshot is not available, which happens for a while after an election;
 * - 43, 175 and 237: the cursor of a long read is gone. A newly elected primary does not have it, or it was ended.
 */
const RETRYABLE_CODES = [
  ...[6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436],
  ...[239, 246],
  ...[43, 175, 237],
];

/** A read exceeded its time limit: see READ_TIMEOUT_MS in storage/read-timeout.ts. */
const MAX_TIME_EXPIRED = 50;

/**
 * A read would wait for a time that the node has not reached: its clock is behind that of a former primary. MongoDB calls
 * this an invalid option, and gives it no code of its own.
 */
const INVALID_OPTIONS = 72;
const AHEAD_OF_CLOCK = /^readConcern afterClusterTime value must not be greater than the current clusterTime/;

const TRANSIENT_LABELS = [
  'TransientTransactionError',
  'UnknownTransactionCommitResult',
  'RetryableWriteError',
  'RetryableError',
];

/**
 * Whether the same operation may succeed later.
 * An error without a server's code means that the operation reached no server or got no response, unless the driver
 * itself rejected the call. The class of such an error is no evidence, because a bulk write wraps the driver's errors.
 * Where no server could be chosen, the code is that of a server's answer to the driver's own check, for example of one
 * that is starting.
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof mongoose.mongo.MongoError)) return false;
  if (error instanceof mongoose.mongo.MongoServerSelectionError) return true;
  const code = codeOf(error);
  if (typeof code !== 'number') return !(error instanceof mongoose.mongo.MongoAPIError);
  return (
    code === MAX_TIME_EXPIRED ||
    (code === INVALID_OPTIONS && AHEAD_OF_CLOCK.test(error.message)) ||
    RETRYABLE_CODES.includes(code) ||
    TRANSIENT_LABELS.some((label) => error.hasErrorLabel(label))
  );
}
