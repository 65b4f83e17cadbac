/**
 * The committer: the only place where a transaction starts, and the only way to change a student.
 * It may import rewards and storage. Design and reasons: docs/adr/0001-group-commit.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type ClientSession } from 'mongoose';
import { latestElection } from '../storage/connect.js';
import { type GrantReads, readForGrants } from '../storage/grant-reads.js';
import { appendManualActs } from '../storage/manual-act-store.js';
import type { LedgerRow } from '../storage/models/reward.js';
import { appendEndedSessions } from '../storage/pomodoro-store.js';
import { appendRewards } from '../storage/reward-ledger.js';
import { applyStudentChanges } from '../storage/student-store.js';
import { appendSubmissions, changeSubmissions } from '../storage/submission-store.js';
import { type DecidedGroup, decideGroup, type GroupWrites, type StudentRequest } from './decide-group.js';
import { type FailureKind, failureKind, TransactionRetriesExhausted, underlyingError } from './failure-kind.js';
import { type LaneLimits, Lanes } from './lanes.js';
import { type PendingRequest, pendingRequest } from './pending-request.js';
import { type Grouping, RequestQueue } from './request-queue.js';
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
  load(): CommitterLoad;
}

/** The requests that the committer holds at one moment. */
export interface CommitterLoad {
  readonly waiting: number;
  readonly inFlight: number;
  /** The time since the oldest of them arrived, in milliseconds; 0 if there is none. */
  readonly oldestMs: number;
}

/** How one attempt of a group ended. */
export interface GroupAttempt {
  readonly size: number;
  /** How often its requests were tried, this attempt included: the most of any of them. */
  readonly attempts: number;
  readonly outcome: 'committed' | FailureKind;
}

/**
 * @param limits other than the default only in tests
 * @param onAttempt observes each attempt of a group, and must not throw
 */
export function createCommitter(
  limits: CommitterLimits = committerLimits,
  onAttempt: (attempt: GroupAttempt) => void = () => {},
): Committer {
  const queue = new RequestQueue<PendingRequest>();
  /** In the order of arrival. */
  const unsettled = new Set<PendingRequest>();
  const idleWaiters: (() => void)[] = [];
  const lanes = new Lanes(limits, startGroups);
  let isStartScheduled = false;

  function submit<Answer>(request: StudentRequest<Answer>): Promise<Answer> {
    const studentKey = request.studentId.toHexString();
    if (queue.pending >= limits.maxPending || queue.pendingOf(studentKey) >= limits.maxPendingPerStudent) {
      return Promise.reject(new Unavailable());
    }
    return new Promise<Answer>((resolve, reject) => {
      const entry = pendingRequest(request, limits.deadlineMs, { resolve, reject, giveUp, settled });
      queue.add(entry);
      unsettled.add(entry);
      scheduleStart();
    });
  }

  const settled = (entry: PendingRequest) => void unsettled.delete(entry);

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
    const leaveLane = lanes.enter(group.length);
    try {
      const decided = await readAndDecide(group);
      await commit(decided, group, limits.maxAttempts);
      report(group, 'committed');
      group.forEach((entry, position) => entry.resolve(decided.answers[position]));
    } catch (error) {
      pauseMs = prepareRetries(group, error);
    }
    leaveLane();
    const toRetry = group.filter((entry) => !entry.settled);
    if (toRetry.length > 0) {
      // The lane is free: other students need not wait for this pause.
      startGroups();
      await sleep(pauseMs);
      queue.putBack(toRetry.filter((entry) => !entry.settled));
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
    report(group, kind);
    for (const entry of group) {
      entry.lastFailure = underlyingError(error);
      if (kind === 'request error' && group.length === 1) entry.reject(error);
      else if (entry.attempts >= limits.maxAttempts) entry.reject(new Unavailable(entry.lastFailure));
      else entry.grouping = groupingAfter(kind, entry.grouping);
    }
    return Math.random() * PAUSE_MS[kind] * 2 ** mostAttempts(group);
  }

  function report(group: readonly PendingRequest[], outcome: GroupAttempt['outcome']): void {
    onAttempt({ size: group.length, attempts: mostAttempts(group), outcome });
  }

  function load(): CommitterLoad {
    const [oldest] = unsettled;
    const arrivedAt = oldest && oldest.deadline - limits.deadlineMs;
    return {
      waiting: queue.waiting,
      inFlight: queue.pending - queue.waiting,
      oldestMs: arrivedAt === undefined ? 0 : performance.now() - arrivedAt,
    };
  }

  const idle = async () => {
    if (!queue.isIdle) await new Promise<void>((wake) => idleWaiters.push(wake));
  };

  return { submit, idle, load };
}

const mostAttempts = (group: readonly PendingRequest[]): number => Math.max(...group.map(({ attempts }) => attempts));

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
 * The read sees at least two writes: the last one acknowledged before the latest election, and the one on which the
 * group failed last. Without the second, a retry could fail the same way again: a transaction fails on the latest write,
 * but a majority read shows only what a majority of the replica set has. If another primary was elected since, only the
 * first counts: the second may be lost with the former primary, whose clock may be ahead, so nobody could wait for it.
 */
async function readAndDecide(group: readonly PendingRequest[]): Promise<DecidedGroup> {
  const requests = group.map(({ request }) => request);
  const correcting = group.find(({ request }) => request.lookups.ledger);
  const lookups = {
    studentIds: requests.map(({ studentId }) => studentId),
    sessions: requests.flatMap(({ studentId, lookups }) =>
      lookups.session ? [{ studentId, ...lookups.session }] : [],
    ),
    rewards: requests.flatMap(({ studentId, lookups }) => (lookups.reward ? [{ studentId, ...lookups.reward }] : [])),
    assignmentIds: requests.flatMap(({ lookups }) => lookups.assignmentId ?? []),
    submissions: requests.flatMap(({ studentId, lookups }) =>
      lookups.submission ? [{ studentId, ...lookups.submission }] : [],
    ),
    acts: requests.flatMap(({ lookups }) => lookups.act ?? []),
    ledger: correcting && { studentId: correcting.request.studentId, known: correcting.knownLedger },
  };
  const reads = await mongoose.connection.getClient().withSession({ causalConsistency: true }, (session) => {
    const election = latestElection();
    if (election) session.advanceOperationTime(election.lastWrite);
    for (const { failedAt } of group) {
      if (failedAt?.election === election) session.advanceOperationTime(failedAt.operationTime);
    }
    return readForGrants(lookups, session);
  });
  if (correcting) correcting.knownLedger = explainedRows(reads, correcting.studentKey);
  return decideGroup(requests, reads);
}

/** The ledger rows up to the state of the student, which is read first. So all of them were there to be read. */
function explainedRows({ students, ledger }: GrantReads, studentKey: string): readonly LedgerRow[] {
  const explained = students.get(studentKey)?.sequence ?? 0;
  return ledger.filter(({ sequence }) => sequence <= explained);
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
  const election = latestElection();
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
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true }, readPreference: 'primary' },
    );
    await transaction.catch((error) => {
      const { operationTime } = session;
      for (const entry of group) entry.failedAt = operationTime && { operationTime, election };
      throw error;
    });
  });
}

/** Sends one command per collection. Students come first, so that a conflict fails before anything else is written. */
async function write(writes: GroupWrites, session: ClientSession): Promise<void> {
  const { students, submissions, submissionChanges, sessions, rewards, acts } = writes;
  await applyStudentChanges(students, session);
  if (submissions.length > 0) await appendSubmissions(submissions, session);
  if (submissionChanges.length > 0) await changeSubmissions(submissionChanges, session);
  if (sessions.length > 0) await appendEndedSessions(sessions, session);
  if (rewards.length > 0) await appendRewards(rewards, session);
  if (acts.length > 0) await appendManualActs(acts, session);
}
