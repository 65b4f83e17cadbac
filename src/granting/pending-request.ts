import type { mongo } from 'mongoose';
import type { Election } from '../storage/connect.js';
import type { LedgerRow } from '../storage/models/reward.js';
import type { StudentRequest } from './decide-group.js';
import type { QueueEntry } from './request-queue.js';

export interface FailedAt {
  /** The write that the transaction failed on is no later than this, at the primary of that time. */
  readonly operationTime: mongo.Timestamp;
  readonly election: Election | null;
}

/** A request from its arrival at the committer to its answer. */
export interface PendingRequest extends QueueEntry {
  readonly request: StudentRequest<unknown>;
  /** On the clock of performance.now(), in milliseconds. */
  readonly deadline: number;
  attempts: number;
  lastFailure?: unknown;
  /** When its last transaction failed. */
  failedAt?: FailedAt | undefined;
  /** The rows that an earlier attempt read, if the request needs the ledger. They never change, so none is read again. */
  knownLedger: readonly LedgerRow[];
  settled: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Creates a pending request. It calls `giveUp` when its deadline passes, and `settled` when it is resolved or rejected. */
export function pendingRequest<Answer>(
  request: StudentRequest<Answer>,
  deadlineMs: number,
  callbacks: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: unknown) => void;
    readonly giveUp: (entry: PendingRequest) => void;
    readonly settled: (entry: PendingRequest) => void;
  },
): PendingRequest {
  const timer = setTimeout(() => callbacks.giveUp(entry), deadlineMs);
  const settleWith =
    <Value>(settle: (value: Value) => void) =>
    (value: Value) => {
      clearTimeout(timer);
      entry.settled = true;
      callbacks.settled(entry);
      settle(value);
    };
  const entry: PendingRequest = {
    request,
    studentKey: request.studentId.toHexString(),
    // A ledger may be long: read at most one for a group.
    grouping: request.lookups.ledger ? 'same student' : 'any student',
    deadline: performance.now() + deadlineMs,
    attempts: 0,
    knownLedger: [],
    settled: false,
    resolve: settleWith(callbacks.resolve as (answer: unknown) => void),
    reject: settleWith(callbacks.reject),
  };
  return entry;
}
