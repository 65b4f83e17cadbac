/** The record of a run: what the clients sent and what they received. The checker compares it with the database. */

import type { ManualOperation } from '../../src/storage/models/reward.js';

/** What pays nothing: changes of other things, and reads. */
export type EverydayOperation =
  | 'reviseSubmission'
  | 'updateProfile'
  | 'updateAssignment'
  | 'joinCourse'
  | 'signUp'
  | 'leaderboard'
  | 'ledger';

export type Operation = 'submitAssignment' | 'endPomodoro' | 'startPomodoro' | ManualOperation | EverydayOperation;

/** An id that belongs to no assignment and to no session. */
export const NO_SUBJECT = '0'.repeat(24);

/**
 * One request as a client means it. The client retries it with the same idempotency key and content until it learns
 * the outcome; each of these attempts is an {@link Attempt}.
 */
export interface LogicalRequest {
  /** The prefix of the x-request-id of each attempt. */
  readonly id: string;
  /** The student whom it concerns; empty for grantBonuses, which names its students in `act`. */
  readonly studentId: string;
  readonly operation: Operation;
  /**
   * The assignment to submit or the session to end; null for startPomodoro. Of an act by hand: the reward, the
   * submission or the assignment that it is about; null for a bonus.
   */
  readonly subjectId: string | null;
  readonly idempotencyKey: string | null;
  /** The text of a submission; null for the other operations. */
  readonly content: string | null;
  /** Only of what a teacher or an admin does by hand. Without it, the student sends the request. */
  readonly act?: Act;
  /** Only of an {@link EverydayOperation}. */
  readonly everyday?: Everyday;
  /** The id of another request: this one is sent after that one is resolved. */
  readonly sendAfter?: string;
  /** The client sends it once only, so it may end without an outcome. */
  readonly isNeverRetried?: true;
  /** The code of the only correct outcome, a refusal or an error, whatever else happens. */
  readonly expectedCode?: string;
}

/** Who acts by hand, and how. */
export interface Act {
  readonly actorId: string;
  readonly role: 'TEACHER' | 'ADMIN';
  /** The input without its key. */
  readonly input: object;
  /** Only of grantBonuses. */
  readonly studentIds?: readonly string[];
}

export interface Everyday {
  /** Who sends it, if that is not its student; null: somebody without an account. */
  readonly actor?: { readonly id: string; readonly role: 'TEACHER' } | null;
  readonly variables: object;
  /** Only of a change: what it changes, the number of this change of it, from 1, and the new value. */
  readonly change?: { readonly of: string; readonly number: number; readonly value: string };
}

export interface ReportedProgress {
  readonly level: number;
  readonly xp: number;
  readonly lifetimeXp: number;
  readonly auraPoints: number;
}

/** The student as a response shows it. */
export interface ReportedStudent extends ReportedProgress {
  readonly submissionCount: number;
  readonly pomodoroCount: number;
  readonly totalPomodoroSeconds: number;
  readonly runningPomodoro: { readonly id: string } | null;
}

export interface ReportedReward {
  readonly id: string;
  readonly sequence: number;
  readonly reason: string;
  readonly xp: number;
  readonly auraPoints: number;
  readonly before: ReportedProgress;
  readonly after: ReportedProgress;
  readonly lines: readonly { readonly rule: string; readonly text: string; readonly points: number }[];
  readonly leveledUp: boolean;
  readonly surplusDiscarded: number;
  readonly newBadges: readonly { readonly id: string }[];
  readonly rulesVersion: number;
  readonly grantedAt: string;
}

export interface ReportedSession {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly focusedSeconds: number | null;
}

export interface Granted {
  readonly kind: 'granted';
  readonly replayed: boolean;
  readonly leveledUp: boolean;
  readonly level: number;
  readonly newBadges: readonly { readonly id: string }[];
  readonly badges: readonly { readonly badge: { readonly id: string } }[];
  /** null: the session ended without a reward. */
  readonly reward: ReportedReward | null;
  readonly student: ReportedStudent;
  readonly submission?: { readonly id: string; readonly content: string };
  readonly session?: ReportedSession;
  /** All rows that discardSubmission wrote. */
  readonly rewards?: readonly ReportedReward[];
}

/** The answer of grantBonuses. */
export interface GrantedMany {
  readonly kind: 'granted many';
  readonly entries: readonly { readonly studentId: string; readonly result: GrantedEntry | Refused }[];
}

/** It has fewer fields than other answers, so that 500 of them cost no more than an operation may. */
export type GrantedEntry = Pick<Granted, 'kind' | 'replayed'> & {
  readonly reward: Pick<ReportedReward, 'id' | 'sequence' | 'reason' | 'xp' | 'auraPoints' | 'after' | 'grantedAt'>;
  readonly student: Omit<ReportedStudent, 'runningPomodoro'>;
};

export interface Refused {
  readonly kind: 'refused';
  readonly code: string;
}

export interface Started {
  readonly kind: 'started';
  readonly joined: boolean;
  readonly session: ReportedSession;
  readonly student: ReportedStudent;
}

/** The answer to an {@link EverydayOperation}. */
export interface Answered {
  readonly kind: 'answered';
  /** The payload, or null where nothing was found. */
  readonly data: unknown;
}

/** The result of one attempt, as its client sees it. */
export type AttemptResult =
  | Granted
  | GrantedMany
  | Started
  | Answered
  | Refused
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly retryAfter: string | null }
  /** Not a byte of a response arrived: the connection was refused or reset, or the attempt timed out. */
  | { readonly kind: 'no response'; readonly cause: string }
  /** The response began and did not end. */
  | { readonly kind: 'truncated'; readonly cause: string };

export interface Attempt {
  readonly request: LogicalRequest;
  /** Its x-request-id. The ledger row that paid it stores this id. */
  readonly requestId: string;
  readonly server: string;
  /** Whether the server may be connected to a former primary, which does not know what the new one has committed. */
  readonly mayBeBehind: boolean;
  /** From performance.now(), in milliseconds. It is monotonic, so it orders the attempts of all clients. */
  readonly sentAt: number;
  endedAt: number;
  /**
   * The window in which the request reached its server, by the server's clock. Both ends are milliseconds since the
   * epoch.
   */
  arrivedAfter: number;
  arrivedBefore: number;
  /** The request is known to have arrived, so later changes of the clock no longer widen its window. */
  hasArrived: boolean;
  result: AttemptResult;
}

/** A reward as an event of a subscription reports it. */
export type DeliveredReward = Pick<ReportedReward, 'id' | 'sequence' | 'reason' | 'xp' | 'auraPoints' | 'grantedAt'>;

/** What one subscriber received over all of its connections. */
export interface SubscriberRecord {
  readonly name: string;
  /**
   * The student whose rewards it receives, from the first row of the ledger; null for the rewards of all students, from
   * its first event: before that event nobody else was paid.
   */
  readonly studentId: string | null;
  /** In the order of their arrival. */
  readonly delivered: readonly DeliveredReward[];
  /** Why it does not resume any more, as the server told it; null if it may. */
  readonly gaveUp: string | null;
}

const DEFINITIVE: readonly AttemptResult['kind'][] = ['granted', 'granted many', 'started', 'answered', 'refused'];

/** Whether the client now knows the outcome of its request. If not, it must retry. */
export function isDefinitive(result: AttemptResult, { expectedCode }: LogicalRequest): boolean {
  if (result.kind === 'error') return result.code === expectedCode;
  return DEFINITIVE.includes(result.kind);
}

/**
 * The outcome that a result reports; null if the outcome is still unknown. Two different outcomes exclude each other.
 */
export function outcomeOf({ result, request }: Pick<Attempt, 'result' | 'request'>): string | null {
  if (!isDefinitive(result, request)) return null;
  if (result.kind === 'refused' || result.kind === 'error') return result.code;
  if (result.kind === 'started' || result.kind === 'answered') return result.kind;
  return result.kind === 'granted' ? `granted ${result.reward?.id ?? 'nothing'}` : null;
}

/** How many results there were of each kind, as readable text. */
export function summarizeResults(attempts: readonly Attempt[]): string {
  const counts = new Map<string, number>();
  for (const { result } of attempts) {
    const kind =
      result.kind === 'error'
        ? `${result.status} ${result.code}`
        : result.kind === 'no response'
          ? result.cause
          : result.kind;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
