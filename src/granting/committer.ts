/**
 * The committer: the only place where a transaction starts, and the only way to write to a student.
 * It may import rewards and storage. Design and reasons: docs/adr/0001-group-commit.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type ClientSession } from 'mongoose';
import { acknowledgedBefore } from '../storage/connect.js';
import { readForGrants } from '../storage/grant-reads.js';
import { appendEndedSessions } from '../storage/pomodoro-store.js';
import { appendRewards } from '../storage/reward-ledger.js';
import { applyStudentChanges } from '../storage/student-store.js';
import { appendSubmissions } from '../storage/submission-store.js';
import { type DecidedGroup, decideGroup, type GroupWrites, type StudentRequest } from './decide-group.js';
import { type FailureKind, failureKind, TransactionRetriesExhausted, underlyingError } from './failure-kind.js';
import { type LaneLimits, Lanes } from './lanes.js';
import { type Grouping, type QueueEntry, RequestQueue } from './request-queue.js';
import { Unavailable } from './unavailable.js';

export interface CommitterLimits extends LaneLimits {
  /** The most requests that share one transaction. */
  readonly maxGroupSize: number;
  /** The most requests of one student in a group, so that a busy student leaves room for the others. */
  readonly maxGroupSizePerStudent: number;
  /** The time from the arrival of a request to its answer, including the wait in the queue. Milliseconds. */
  readonly deadlineMs: number;
  /** How often a request is tried before it fails. */
  readonly maxAttempts: number;
  /** The most requests that are pending (waiting or in flight) at the same time. Each takes a few kilobytes. */
  readonly maxPending: number;
  /** The most requests of one student that are pending at the same time. */
  readonly maxPendingPerStudent: number;
}

export const committerLimits: CommitterLimits = {
  maxLanes: 4,
  minWaitingForExtraLane: 12,
  maxGroupSize: 64,
  maxGroupSizePerStudent: 32,
  deadlineMs: 10_000,
  maxAttempts: 8,
  slowTransactionMs: 100,
  maxPending: 10_000,
  maxPendingPerStudent: 256,
};

export interface Committer {
  /**
   * Decides a request and commits its writes in one transaction, which other requests may share.
   * @returns the request's answer, after the commit
   * @throws Unavailable if the deadline passes, all attempts fail, or too many requests are pending
   */
  submit<Answer>(request: StudentRequest<Answer>): Promise<Answer>;
  /** Resolves when no request is waiting or in flight. */
  idle(): Promise<void>;
}

interface PendingRequest extends QueueEntry {
  readonly request: StudentRequest<unknown>;
  /** On the clock of performance.now(), in milliseconds. */
  readonly deadline: number;
  attempts: number;
  lastFailure?: unknown;
  /** The operation time at which its last transaction failed. The write that it failed on is no later than this. */
  failedAt?: mongoose.mongo.Timestamp | undefined;
  settled: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** @param limits other than the default only in tests */
export function createCommitter(limits: CommitterLimits = committerLimits): Committer {
  const queue = new RequestQueue<PendingRequest>();
  const idleWaiters: (() => void)[] = [];
  const lanes = new Lanes(limits, startGroups);
  let isStartScheduled = false;

  function submit<Answer>(request: StudentRequest<Answer>): Promise<Answer> {
    const studentKey = request.studentId.toHexString();
    if (queue.pending >= limits.maxPending || queue.pendingOf(studentKey) >= limits.maxPendingPerStudent) {
      return Promise.reject(new Unavailable());
    }
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => giveUp(entry), limits.deadlineMs);
      const settleWith =
        <Value>(settle: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          entry.settled = true;
          settle(value);
        };
      const entry: PendingRequest = {
        request,
        studentKey,
        grouping: 'any student',
        deadline: performance.now() + limits.deadlineMs,
        attempts: 0,
        settled: false,
        resolve: settleWith(resolve as (answer: unknown) => void),
        reject: settleWith(reject),
      };
      queue.add(entry);
      scheduleStart();
    });
  }

  function giveUp(entry: PendingRequest): void {
    queue.remove(entry);
    entry.reject(new Unavailable(entry.lastFailure));
  }

  /** Starts groups at the end of this turn of the event loop, so that requests that arrive in it share a group. */
  function scheduleStart(): void {
    if (isStartScheduled) return;
    isStartScheduled = true;
    setImmediate(() => {
      isStartScheduled = false;
      startGroups();
    });
  }

  function startGroups(): void {
    while (lanes.canEnter(queue.waiting)) {
      const group = queue.take(limits.maxGroupSize, limits.maxGroupSizePerStudent);
      if (group.length === 0) break;
      void serve(group);
    }
    if (queue.isIdle) for (const wake of idleWaiters.splice(0)) wake();
  }

  /** Runs one transaction for a group. Releases its students once each request is answered or waits for a retry. */
  async function serve(group: PendingRequest[]): Promise<void> {
    let pauseMs = 0;
    for (const entry of group) entry.attempts += 1;
    const leaveLane = lanes.enter();
    try {
      const decided = await readAndDecide(group);
      await commit(decided, group, limits.maxAttempts);
      group.forEach((entry, position) => entry.resolve(decided.answers[position]));
    } catch (error) {
      pauseMs = prepareRetries(group, error);
    }
    leaveLane();
    const unsettled = group.filter((entry) => !entry.settled);
    if (unsettled.length > 0) {
      // The lane is free: other students need not wait for this pause.
      startGroups();
      await sleep(pauseMs);
      queue.putBack(unsettled.filter((entry) => !entry.settled));
    }
    queue.release(group);
    startGroups();
  }

  /**
   * Rejects the requests that may not be retried, and restricts how the others may be grouped when they are.
   * @returns the pause before the retry, in milliseconds
   */
  function prepareRetries(group: readonly PendingRequest[], error: unknown): number {
    const kind = failureKind(error);
    for (const entry of group) {
      entry.lastFailure = underlyingError(error);
      if (kind === 'request error' && group.length === 1) entry.reject(error);
      else if (entry.attempts >= limits.maxAttempts) entry.reject(new Unavailable(entry.lastFailure));
      else entry.grouping = groupingAfter(kind, entry.grouping);
    }
    return Math.random() * PAUSE_MS[kind] * 2 ** Math.max(...group.map(({ attempts }) => attempts));
  }

  const idle = async () => {
    if (!queue.isIdle) await new Promise<void>((wake) => idleWaiters.push(wake));
  };

  return { submit, idle };
}

/** The pause is a random part of this, doubled with each attempt, so that competing processes fall out of step. */
const PAUSE_MS: Record<FailureKind, number> = {
  conflict: 2,
  'duplicate key': 2,
  'database unavailable': 20,
  'request error': 0,
};

/** Which requests a request may share a group with when it is retried. */
function groupingAfter(kind: FailureKind, grouping: Grouping): Grouping {
  if (kind === 'request error' || kind === 'duplicate key') return 'alone';
  return kind === 'conflict' && grouping === 'any student' ? 'same student' : grouping;
}

/**
 * Reads everything that the group needs, outside the transaction, and decides the group.
 *
 * The read is no older than the last write acknowledged before the latest election, nor than the write on which the
 * group failed last. Without this wait a retry could fail the same way again: a transaction fails on the latest write,
 * but a majority read shows only what a majority of the replica set has.
 */
async function readAndDecide(group: readonly PendingRequest[]): Promise<DecidedGroup> {
  const requests = group.map(({ request }) => request);
  const lookups = {
    studentIds: requests.map(({ studentId }) => studentId),
    sessions: requests.flatMap(({ studentId, lookups }) =>
      lookups.session ? [{ studentId, ...lookups.session }] : [],
    ),
    rewards: requests.flatMap(({ studentId, lookups }) => (lookups.reward ? [{ studentId, ...lookups.reward }] : [])),
    assignmentIds: requests.flatMap(({ lookups }) => lookups.assignmentId ?? []),
  };
  const reads = await mongoose.connection.getClient().withSession({ causalConsistency: true }, (session) => {
    for (const time of [acknowledgedBefore(), ...group.map(({ failedAt }) => failedAt)]) {
      if (time) session.advanceOperationTime(time);
    }
    return readForGrants(lookups, session);
  });
  return decideGroup(requests, reads);
}

/**
 * Commits the writes of a group in one transaction. A group without writes (replays and refusals only) needs none.
 *
 * The deadline is checked here and never passed to the driver as timeoutMS. If timeoutMS expires just after a command
 * was written (mongodb 7.2 to 7.5, sendWire: "Server roundtrip time is greater than the time remaining"), the
 * connection returns to the pool with a reply still to come. The next command on that connection takes this reply for
 * its own, for example the success of a commit that never happened. So a commit in flight is always awaited, even if
 * its requests have been rejected as Unavailable meanwhile.
 */
async function commit({ writes }: DecidedGroup, group: readonly PendingRequest[], maxRuns: number): Promise<void> {
  if (writes.students.length === 0) return;
  const latestDeadline = Math.max(...group.map(({ deadline }) => deadline));
  let runs = 0;
  let lastFailure: unknown;
  await mongoose.connection.getClient().withSession(async (session) => {
    const transaction = session.withTransaction(
      async () => {
        runs += 1;
        if (runs > maxRuns || performance.now() > latestDeadline) throw new TransactionRetriesExhausted(lastFailure);
        try {
          await write(writes, session);
        } catch (error) {
          lastFailure = error;
          throw error;
        }
      },
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' }, readPreference: 'primary' },
    );
    await transaction.catch((error) => {
      for (const entry of group) entry.failedAt = session.operationTime;
      throw error;
    });
  });
}

/** Sends one command per collection. Students come first, so that a conflict fails before anything else is written. */
async function write({ students, submissions, sessions, rewards }: GroupWrites, session: ClientSession): Promise<void> {
  await applyStudentChanges(students, session);
  if (submissions.length > 0) await appendSubmissions(submissions, session);
  if (sessions.length > 0) await appendEndedSessions(sessions, session);
  if (rewards.length > 0) await appendRewards(rewards, session);
}
