/**
 * The committer: the only place where a transaction starts, and the only way to write to a student.
 * It may import rewards and storage. The design and its reasons: docs/adr/0001-group-commit.md.
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
import { type FailureKind, failureKind, reasonOf, TooManyRuns } from './failure-kind.js';
import { type LaneLimits, Lanes } from './lanes.js';
import { type Company, type Waiting, WaitingLine } from './request-queue.js';
import { Unavailable } from './unavailable.js';

export interface CommitterLimits extends LaneLimits {
  /** Requests that share a transaction, at most. */
  readonly groupSize: number;
  /** Requests of one student in a group, at most: one student's rush leaves room for the others. */
  readonly groupShareOfOne: number;
  /** From the arrival of a request to its answer, waiting included, in milliseconds. */
  readonly deadlineMs: number;
  /** How often a request is tried, at most. */
  readonly attempts: number;
  /** Requests that are held at once, waiting or in flight, in all; some kilobytes each. */
  readonly heldInAll: number;
  /** Requests of one student that are held at once. */
  readonly heldOfOne: number;
}

export const committerLimits: CommitterLimits = {
  lanes: 4,
  worthALane: 12,
  groupSize: 64,
  groupShareOfOne: 32,
  deadlineMs: 10_000,
  attempts: 8,
  slowMs: 100,
  heldInAll: 10_000,
  heldOfOne: 256,
};

export interface Committer {
  /**
   * Decides a request and commits what it writes, in one transaction that it may share with others.
   * @returns its answer, once that is committed
   * @throws Unavailable where the deadline passed, the attempts are used up, or too many are held already
   */
  submit<Answer>(request: StudentRequest<Answer>): Promise<Answer>;
  /** Resolves when nothing waits and nothing is in flight. */
  idle(): Promise<void>;
}

interface Entry extends Waiting {
  readonly request: StudentRequest<unknown>;
  readonly deadline: number;
  attempts: number;
  lastFailure?: unknown;
  /** The time at which its last transaction failed: what it failed at has been written by then. */
  failedAt?: mongoose.mongo.Timestamp | undefined;
  settled: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** @param limits those of the product, but in tests that try a limit */
export function createCommitter(limits: CommitterLimits = committerLimits): Committer {
  const line = new WaitingLine<Entry>();
  const idleWaiters: (() => void)[] = [];
  const lanes = new Lanes(limits, fillLanes);
  let isAboutToFill = false;

  function submit<Answer>(request: StudentRequest<Answer>): Promise<Answer> {
    const studentKey = request.studentId.toHexString();
    if (line.held >= limits.heldInAll || line.heldOf(studentKey) >= limits.heldOfOne) {
      return Promise.reject(new Unavailable());
    }
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => giveUp(entry), limits.deadlineMs);
      const settle =
        <Value>(how: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          entry.settled = true;
          how(value);
        };
      const entry: Entry = {
        request,
        studentKey,
        company: 'anyone',
        deadline: performance.now() + limits.deadlineMs,
        attempts: 0,
        settled: false,
        resolve: settle(resolve as (answer: unknown) => void),
        reject: settle(reject),
      };
      line.add(entry);
      fillLanesSoon();
    });
  }

  function giveUp(entry: Entry): void {
    line.remove(entry);
    entry.reject(new Unavailable(entry.lastFailure));
  }

  /** What arrives in the same turn of the event loop goes together; a turn ends when nothing more has arrived. */
  function fillLanesSoon(): void {
    if (isAboutToFill) return;
    isAboutToFill = true;
    setImmediate(() => {
      isAboutToFill = false;
      fillLanes();
    });
  }

  function fillLanes(): void {
    while (lanes.isWorthOne(line.length)) {
      const group = line.take(limits.groupSize, limits.groupShareOfOne);
      if (group.length === 0) break;
      void serve(group);
    }
    if (line.isIdle) for (const wake of idleWaiters.splice(0)) wake();
  }

  /** Takes a group through one transaction; its students are released when its requests are answered or wait again. */
  async function serve(group: Entry[]): Promise<void> {
    let pause = 0;
    for (const entry of group) entry.attempts += 1;
    const leaveLane = lanes.enter();
    try {
      const decided = await readAndDecide(group);
      await commit(decided, group, limits.attempts);
      group.forEach((entry, position) => answer(entry, decided.answers[position]!));
    } catch (error) {
      pause = afterFailure(group, error);
    }
    leaveLane();
    const again = group.filter((entry) => !entry.settled);
    if (again.length > 0) {
      fillLanes();
      await sleep(pause);
      line.putBack(again.filter((entry) => !entry.settled));
    }
    line.release(group);
    fillLanes();
  }

  /**
   * Answers those whom the failure leaves without another try; the others wait again, in smaller company.
   * @returns how long they pause first, in milliseconds
   */
  function afterFailure(group: readonly Entry[], error: unknown): number {
    const kind = failureKind(error);
    for (const entry of group) {
      entry.lastFailure = reasonOf(error);
      if (kind === 'its own' && group.length === 1) entry.reject(error);
      else if (entry.attempts >= limits.attempts) entry.reject(new Unavailable(entry.lastFailure));
      else entry.company = companyAfter(kind, entry.company);
    }
    return Math.random() * PAUSE_MS[kind] * 2 ** Math.max(...group.map(({ attempts }) => attempts));
  }

  const idle = async () => {
    if (!line.isIdle) await new Promise<void>((wake) => idleWaiters.push(wake));
  };

  return { submit, idle };
}

/** The pause after a failure is a random part of this, doubled with each attempt, so that rivals fall out of step. */
const PAUSE_MS: Record<FailureKind, number> = {
  'a rival': 2,
  'a duplicate': 2,
  'the database': 20,
  'its own': 0,
};

/** With whom a request may share a group when it goes again. */
function companyAfter(kind: FailureKind, company: Company): Company {
  if (kind === 'its own' || kind === 'a duplicate') return 'nobody';
  return kind === 'a rival' && company === 'anyone' ? 'its student' : company;
}

function answer(entry: Entry, give: () => unknown): void {
  try {
    entry.resolve(give());
  } catch (error) {
    entry.reject(error);
  }
}

/**
 * Everything that the group needs is read outside the transaction: not from before the last election, and not from
 * before what it failed at the last time. A transaction fails at what is written, a majority read shows what a majority
 * has: without waiting for that it would see the same again, and fail again.
 */
async function readAndDecide(group: readonly Entry[]): Promise<DecidedGroup> {
  const requests = group.map(({ request }) => request);
  const lookups = {
    studentIds: requests.map(({ studentId }) => studentId),
    sessions: requests.flatMap(({ studentId, needs }) => (needs.session ? [{ studentId, ...needs.session }] : [])),
    rewards: requests.flatMap(({ studentId, needs }) => (needs.reward ? [{ studentId, ...needs.reward }] : [])),
    assignmentIds: requests.flatMap(({ needs }) => needs.assignmentId ?? []),
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
 * Writes what was decided in one transaction; a group of replays and refusals needs none.
 *
 * The deadline is kept here, never by the driver's timeoutMS: where that runs out just after a command was written
 * (mongodb 7.2 to 7.5, sendWire: "Server roundtrip time is greater than the time remaining"), the connection goes back
 * to the pool with an answer still to come, and whoever takes it next reads that for its own: the success of a commit
 * that never was, for example. A commit under way is waited for: its requests have been told Unavailable by then.
 */
async function commit({ writes }: DecidedGroup, group: readonly Entry[], mostRuns: number): Promise<void> {
  if (writes.students.length === 0) return;
  const latest = Math.max(...group.map(({ deadline }) => deadline));
  let runs = 0;
  let lastFailure: unknown;
  await mongoose.connection.getClient().withSession(async (session) => {
    const transaction = session.withTransaction(
      async () => {
        runs += 1;
        if (runs > mostRuns || performance.now() > latest) throw new TooManyRuns(lastFailure);
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

/** One command for each collection. The students come first, so that a conflict shows before anything else is done. */
async function write({ students, submissions, sessions, rewards }: GroupWrites, session: ClientSession): Promise<void> {
  await applyStudentChanges(students, session);
  if (submissions.length > 0) await appendSubmissions(submissions, session);
  if (sessions.length > 0) await appendEndedSessions(sessions, session);
  if (rewards.length > 0) await appendRewards(rewards, session);
}
