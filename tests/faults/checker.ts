/**
 * Decides from the clients' record and the database whether the product kept every promise. The checker is pure: it
 * uses neither the product nor its reward rules. `verify-ledger` checks those after every run.
 */
import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../../src/group-by.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import {
  type Attempt,
  type Granted,
  isDefinitive,
  type LogicalRequest,
  NO_SUBJECT,
  outcomeOf,
  type ReportedReward,
  type ReportedStudent,
  type Started,
} from './record.js';

/** All documents in the database of a run that concern its students. */
export interface Stored {
  readonly students: readonly StudentRecord[];
  /** In the order of their sequence, for each student. */
  readonly rewards: readonly RewardRecord[];
  readonly submissions: readonly SubmissionRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
}

/** The names of the product's promises. A run reports a broken promise by its name; docs/faults.md explains each. */
export const invariants = [
  'acknowledged-kept',
  'paid-once',
  'ledger-exact',
  'same-answer',
  'resolved',
  'nothing-unasked',
  'refused-rightly',
  'history-linear',
  'real-time-order',
  'clock-at-arrival',
  'points-in-bounds',
  'never-fights-itself',
  'answered-in-time',
  'answers-whole',
  'errors-honest',
  'recovers-in-time',
  'health-answers',
  'memory-bounded',
  'others-served',
  'delivered-all',
  'delivered-once',
  'delivered-in-order',
  'delivered-committed',
] as const;

export type Invariant = (typeof invariants)[number];

export interface Violation {
  readonly invariant: Invariant;
  readonly text: string;
}

/** The longest time that one attempt may take. */
export const MAX_ATTEMPT_MS = 30_000;

/** The outcomes of a run in numbers. */
export interface Tally {
  /** All attempts, retries included. */
  readonly requests: number;
  /** Rewards that at least one client received in a response. */
  readonly acknowledged: number;
  /** Acknowledged rewards that the database does not hold as the response reported them. */
  readonly lost: number;
  /** Ledger rows beyond the first for a subject or for a request key. */
  readonly doubled: number;
  /** Requests whose outcome no client learned. */
  readonly unresolved: number;
}

/** @returns every violation that the record and the database show together */
export function check(attempts: readonly Attempt[], stored: Stored): Violation[] {
  const view = viewOf(attempts, stored);
  return [
    ...acknowledgedKept(view),
    ...paidOnce(view),
    ...sameAnswer(view),
    ...resolved(view),
    ...nothingUnasked(view),
    ...refusedRightly(view),
    ...historyLinear(view),
    ...realTimeOrder(view),
    ...clockAtArrival(view),
    ...pointsInBounds(stored),
    ...responsesValid(view),
  ];
}

export function tally(attempts: readonly Attempt[], stored: Stored): Tally {
  const view = viewOf(attempts, stored);
  const lost = new Set(
    view.granted.filter(({ result }) => describeLoss(result, view) !== null).map(({ result }) => result.reward?.id),
  );
  return {
    requests: attempts.length,
    acknowledged: new Set(view.granted.flatMap(({ result }) => result.reward?.id ?? [])).size,
    lost: lost.size,
    doubled: paidOnce(view).length,
    unresolved: view.unresolved.length,
  };
}

type GrantedAttempt = Attempt & { readonly result: Granted };

interface View {
  readonly attempts: readonly Attempt[];
  readonly stored: Stored;
  readonly granted: readonly GrantedAttempt[];
  readonly byRequestId: ReadonlyMap<string, Attempt>;
  readonly rowsById: ReadonlyMap<string, RewardRecord>;
  readonly rowsByStudent: ReadonlyMap<string, RewardRecord[]>;
  readonly submissionsById: ReadonlyMap<string, SubmissionRecord>;
  readonly sessionsById: ReadonlyMap<string, PomodoroSessionRecord>;
  readonly unresolved: readonly LogicalRequest[];
}

function viewOf(attempts: readonly Attempt[], stored: Stored): View {
  const byRequest = groupBy(attempts, ({ request }) => request.id);
  return {
    attempts,
    stored,
    granted: attempts.filter((each): each is GrantedAttempt => each.result.kind === 'granted'),
    byRequestId: new Map(attempts.map((each) => [each.requestId, each])),
    rowsById: new Map(stored.rewards.map((row) => [row._id.toHexString(), row])),
    rowsByStudent: groupBy(stored.rewards, ({ studentId }) => studentId.toHexString()),
    submissionsById: new Map(stored.submissions.map((submission) => [submission._id.toHexString(), submission])),
    sessionsById: new Map(stored.sessions.map((session) => [session._id.toHexString(), session])),
    unresolved: [...byRequest.values()]
      .filter((ofOne) => !ofOne.some(({ result, request }) => isDefinitive(result, request)))
      .map((ofOne) => ofOne.at(-1)!.request)
      .filter(({ isNeverRetried }) => isNeverRetried !== true),
  };
}

const violation = (invariant: Invariant, text: string): Violation => ({ invariant, text });
const describeAttempt = ({ requestId, server, request }: Attempt): string =>
  `${requestId} (${request.operation} of ${request.subjectId ?? 'nothing'} at ${server})`;

/** @returns why an acknowledged reward is not stored as it was reported; null if it is */
function describeLoss(
  { reward, submission, session }: Granted,
  { rowsById, submissionsById, sessionsById }: View,
): string | null {
  if (session) {
    const kept = sessionsById.get(session.id);
    if (!kept) return `session ${session.id} is missing`;
    const reported = [session.status, session.startedAt, session.endedAt, session.focusedSeconds];
    const stored = [kept.status, kept.startedAt.toISOString(), kept.endedAt.toISOString(), kept.focusedSeconds];
    if (!isDeepStrictEqual(reported, stored))
      return `session ${session.id} was reported as ${reported} and is ${stored}`;
  }
  if (reward === null) return null;
  const row = rowsById.get(reward.id);
  if (!row) return `reward ${reward.id} is not in the ledger`;
  if (!isDeepStrictEqual(reportedRewardOf(row), reward)) {
    const stored = JSON.stringify(reportedRewardOf(row));
    return `reward ${reward.id} was reported as ${JSON.stringify(reward)} and is ${stored}`;
  }
  if (submission === undefined) return null;
  const kept = submissionsById.get(submission.id);
  if (!kept) return `submission ${submission.id} is missing`;
  return kept.content === submission.content ? null : `submission ${submission.id} has another text`;
}

/** @returns a ledger row in the form in which the API reports it */
function reportedRewardOf(row: RewardRecord): ReportedReward {
  const { sequence, reason, xp, auraPoints, before, after, lines, leveledUp, surplusDiscarded, rulesVersion } = row;
  return {
    ...{ id: row._id.toHexString(), sequence, reason, xp, auraPoints, before, after },
    lines: lines.map(({ rule, text, points }) => ({ rule, text, points })),
    leveledUp,
    surplusDiscarded,
    newBadges: row.badges.map((id) => ({ id })),
    rulesVersion,
    grantedAt: row.grantedAt.toISOString(),
  };
}

/**
 * P1: every reward, submission and session in a response exists with the reported content. So does a started session.
 */
function acknowledgedKept(view: View): Violation[] {
  const running = new Set(view.stored.students.map(({ runningPomodoro }) => runningPomodoro?.id.toHexString()));
  return view.attempts.flatMap((each) => {
    const { result } = each;
    if (result.kind === 'started') {
      const isKept = running.has(result.session.id) || view.sessionsById.has(result.session.id);
      return isKept
        ? []
        : violation('acknowledged-kept', `${describeAttempt(each)}: session ${result.session.id} is missing`);
    }
    const loss = result.kind === 'granted' ? describeLoss(result, view) : null;
    return loss === null ? [] : violation('acknowledged-kept', `${describeAttempt(each)}: ${loss}`);
  });
}

/** P2: the ledger has one row for each subject, and one for each request key. */
function paidOnce({ stored: { rewards } }: View): Violation[] {
  const subjects = groupBy(rewards, ({ studentId, subject }) => `${studentId} for ${subject.kind} ${subject.id}`);
  const keys = groupBy(
    rewards.filter(({ requestKey }) => requestKey !== undefined),
    ({ studentId, operation, requestKey }) => `${studentId} under the ${operation} key ${requestKey}`,
  );
  return [...subjects, ...keys].flatMap(([what, rows]) =>
    rows
      .slice(1)
      .map((row) =>
        violation('paid-once', `student ${what} has row ${row.sequence} in addition to row ${rows[0]!.sequence}`),
      ),
  );
}

/**
 * P4: all responses that contain a reward report it identically. `replayed` is false for the one request that the
 * ledger row names as its payer, and true for all others.
 */
function sameAnswer({ granted, rowsById }: View): Violation[] {
  const first = new Map<string, Granted>();
  return granted.flatMap((each) => {
    const { result, request, requestId } = each;
    const name = result.reward?.id ?? result.session?.id ?? '';
    const other = first.get(name) ?? result;
    first.set(name, other);
    const problems: Violation[] = [];
    const parts = ({ reward, leveledUp, newBadges, session }: Granted) => ({ reward, leveledUp, newBadges, session });
    if (!isDeepStrictEqual(parts(result), parts(other))) {
      problems.push(
        violation('same-answer', `${describeAttempt(each)} received another report of ${name} than an earlier attempt`),
      );
    }
    if (
      result.reward &&
      (result.leveledUp !== result.reward.leveledUp || !isDeepStrictEqual(result.newBadges, result.reward.newBadges))
    ) {
      problems.push(
        violation('same-answer', `${describeAttempt(each)}: the response contradicts its own reward ${name}`),
      );
    }
    const payer = result.reward && rowsById.get(result.reward.id)?.requestId;
    if (payer && result.replayed !== (payer !== requestId)) {
      problems.push(
        violation(
          'same-answer',
          `${describeAttempt(each)}: replayed is ${result.replayed}, but the reward was paid to ${payer}`,
        ),
      );
    }
    if (result.session && result.session.id !== request.subjectId) {
      problems.push(violation('same-answer', `${describeAttempt(each)} received session ${result.session.id}`));
    }
    return problems;
  });
}

/** P5: each request has exactly one outcome. */
function resolved({ attempts, unresolved }: View): Violation[] {
  const open = unresolved.map(({ id }) => violation('resolved', `${id} never received an outcome`));
  const outcomes = groupBy(
    attempts.filter((each) => outcomeOf(each) !== null),
    ({ request }) => request.id,
  );
  const contradicted = [...outcomes].flatMap(([id, ofOne]) => {
    const different = new Set(ofOne.map(outcomeOf));
    return different.size < 2 ? [] : violation('resolved', `${id} received ${[...different].join(' and ')}`);
  });
  return [...open, ...contradicted];
}

/** Each document was written for an attempt that requested exactly it, and none for a request that must be refused. */
function nothingUnasked({ attempts, stored, byRequestId, rowsById }: View): Violation[] {
  const rows = stored.rewards.flatMap((row) => {
    const payer = byRequestId.get(row.requestId);
    const { request } = payer ?? {};
    const isRequested =
      request &&
      request.expectedCode === undefined &&
      request.studentId === row.studentId.toHexString() &&
      request.studentId === row.actorId.toHexString() &&
      request.operation === row.operation &&
      request.subjectId === row.subject.id.toHexString() &&
      request.idempotencyKey === (row.requestKey ?? null);
    return isRequested
      ? []
      : violation('nothing-unasked', `no request matches row ${row.sequence} of ${row.studentId}`);
  });
  const submissions = stored.submissions.flatMap(({ _id, rewardId, content }) => {
    const payer = byRequestId.get(rowsById.get(rewardId.toHexString())?.requestId ?? '');
    return payer?.request.content === content
      ? []
      : violation('nothing-unasked', `no request matches submission ${_id}`);
  });
  const ends = attempts.filter(
    ({ request }) => request.operation === 'endPomodoro' && request.expectedCode === undefined,
  );
  const requestedEnds = new Set(ends.map(({ request }) => `${request.studentId} ${request.subjectId}`));
  const sessions = stored.sessions.flatMap(({ _id, studentId, status }) => {
    const isRequested = status === 'EXPIRED' || requestedEnds.has(`${studentId} ${_id}`);
    return isRequested ? [] : violation('nothing-unasked', `no request matches the end of session ${_id}`);
  });
  return [...rows, ...submissions, ...sessions];
}

/** Every refusal and replay follows the contract. The ledger row that was paid decides which outcome is correct. */
function refusedRightly(view: View): Violation[] {
  const rowsOf = new Map(view.stored.rewards.map((row) => [`${row.studentId} ${row.subject.id}`, row] as const));
  const keys = new Map(
    view.stored.rewards.map((row) => [`${row.studentId} ${row.operation} ${row.requestKey}`, row] as const),
  );
  return view.attempts.flatMap((each) => {
    const { request, result } = each;
    if (request.operation === 'startPomodoro' || !isDefinitive(result, request)) return [];
    const outcome = result.kind === 'refused' || result.kind === 'error' ? result.code : result.kind;
    const row = rowsOf.get(`${request.studentId} ${request.subjectId}`);
    const underKey =
      request.idempotencyKey === null
        ? undefined
        : keys.get(`${request.studentId} ${request.operation} ${request.idempotencyKey}`);
    const isCorrect =
      request.expectedCode === undefined
        ? isCorrectOutcome(each, outcome, row, underKey, view)
        : outcome === request.expectedCode;
    return isCorrect ? [] : violation('refused-rightly', `${describeAttempt(each)} received ${outcome}`);
  });
}

function isCorrectOutcome(
  { request, sentAt }: Attempt,
  outcome: string,
  row: RewardRecord | undefined,
  underKey: RewardRecord | undefined,
  view: View,
): boolean {
  const { byRequestId, sessionsById } = view;
  const contentOf = (paid: RewardRecord) => byRequestId.get(paid.requestId)?.request.content;
  switch (outcome) {
    case 'granted':
      return row ? contentOf(row) === request.content : sessionsById.has(request.subjectId ?? '');
    case 'ALREADY_SUBMITTED':
      return row !== undefined && contentOf(row) !== request.content;
    case 'IDEMPOTENCY_KEY_REUSED':
      return underKey !== undefined && (underKey !== row || contentOf(underKey) !== request.content);
    case 'NOT_FOUND':
      return request.subjectId === NO_SUBJECT && !(underKey && wasReportedBefore(underKey, sentAt, view));
    default:
      return false;
  }
}

/** Whether some client had received this reward before the given time. */
const wasReportedBefore = (row: RewardRecord, at: number, { granted }: View): boolean =>
  granted.some(({ result, endedAt }) => endedAt < at && result.reward?.id === row._id.toHexString());

/** The student after each reward, computed from the ledger rows. The element at index n is the state after row n. */
function snapshotsOf(rows: readonly RewardRecord[]): StudentSnapshot[] {
  const states: StudentSnapshot[] = [INITIAL_SNAPSHOT];
  for (const { after, action, badges } of rows) {
    const last = states.at(-1)!;
    states.push({
      ...after,
      submissionCount: last.submissionCount + (action.kind === 'AssignmentSubmitted' ? 1 : 0),
      pomodoroCount: last.pomodoroCount + (action.kind === 'PomodoroEnded' ? 1 : 0),
      totalPomodoroSeconds: last.totalPomodoroSeconds + (action.kind === 'PomodoroEnded' ? action.focusedSeconds : 0),
      badges: [...last.badges, ...badges],
    });
  }
  return states;
}

type StudentSnapshot = Omit<ReportedStudent, 'runningPomodoro'> & { readonly badges: readonly string[] };

const INITIAL_SNAPSHOT: StudentSnapshot = {
  ...{ level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 },
  ...{ submissionCount: 0, pomodoroCount: 0, totalPomodoroSeconds: 0, badges: [] },
};

/** How many rewards the student in a response had received. Each reward increments one of the two counters. */
const rewardCountOf = ({ student }: Granted | Started): number => student.submissionCount + student.pomodoroCount;

/**
 * Each ledger row begins where the row before it ended, and every response shows the student as it was after some row.
 */
function historyLinear({ attempts, stored, rowsByStudent }: View): Violation[] {
  const states = new Map<string, StudentSnapshot[]>();
  const chains = stored.students.flatMap(({ _id }) => {
    const rows = rowsByStudent.get(_id.toHexString()) ?? [];
    const known = snapshotsOf(rows);
    states.set(_id.toHexString(), known);
    return rows.flatMap((row, position) => {
      const { level, xp, lifetimeXp, auraPoints } = known[position]!;
      const isNext =
        row.sequence === position + 1 && isDeepStrictEqual(row.before, { level, xp, lifetimeXp, auraPoints });
      return isNext
        ? []
        : violation('history-linear', `row ${row.sequence} of ${_id} does not continue the row before`);
    });
  });
  const shown = attempts.flatMap((each) => {
    const { result, request } = each;
    if (result.kind !== 'granted' && result.kind !== 'started') return [];
    const problem = describeWrongSnapshot(result, states.get(request.studentId)?.[rewardCountOf(result)]);
    return problem === null ? [] : violation('history-linear', `${describeAttempt(each)}: ${problem}`);
  });
  return [...chains, ...shown];
}

function describeWrongSnapshot(result: Granted | Started, state: StudentSnapshot | undefined): string | null {
  if (!state) return `the student is shown in a state that never existed, after ${rewardCountOf(result)} rewards`;
  const { badges, ...progress } = state;
  const { runningPomodoro, ...shown } = result.student;
  if (!isDeepStrictEqual(shown, progress)) {
    return `the student is shown as ${JSON.stringify(shown)} and was ${JSON.stringify(progress)}`;
  }
  if (result.kind === 'started') return null;
  if (
    result.level !== shown.level ||
    !isDeepStrictEqual(
      result.badges.map(({ badge }) => badge.id),
      badges,
    )
  ) {
    return `the student had ${badges.join(', ')} on level ${shown.level} then, which the response does not show`;
  }
  if (result.reward && result.reward.sequence > rewardCountOf(result)) return 'the student is shown without the reward';
  if (result.session && runningPomodoro?.id === result.session.id) return 'the ended session is still shown as running';
  return null;
}

/** A request that is sent after a response has arrived must not show an older state than that response. */
function realTimeOrder({ attempts }: View): Violation[] {
  const shown = attempts.filter((each) => each.result.kind === 'granted' || each.result.kind === 'started');
  return [...groupBy(shown, ({ request }) => request.studentId).values()].flatMap((ofOne) => {
    const ended = [...ofOne].sort((one, other) => one.endedAt - other.endedAt);
    let next = 0;
    let latest = 0;
    return [...ofOne]
      .sort((one, other) => one.sentAt - other.sentAt)
      .flatMap((each) => {
        for (; ended[next]!.endedAt < each.sentAt; next += 1) {
          latest = Math.max(latest, rewardCountOf(ended[next]!.result as Granted | Started));
        }
        const rewardCount = rewardCountOf(each.result as Granted | Started);
        if (rewardCount >= latest) return [];
        return violation(
          'real-time-order',
          `${describeAttempt(each)} shows the student after ${rewardCount} rewards, not after ${latest}`,
        );
      });
  });
}

/** The server reads its clock once, when the request arrives. So the time of a reward lies in the request's window. */
function clockAtArrival({ stored, byRequestId }: View): Violation[] {
  return stored.rewards.flatMap((row) => {
    const payer = byRequestId.get(row.requestId);
    if (!payer) return [];
    const isWithin = [row.grantedAt, row.action.at].every(
      (at) => at.getTime() >= payer.arrivedAfter && at.getTime() <= payer.arrivedBefore,
    );
    if (isWithin) return [];
    const span = [payer.arrivedAfter, payer.arrivedBefore].map((at) => new Date(at).toISOString()).join(' to ');
    return violation(
      'clock-at-arrival',
      `${describeAttempt(payer)} arrived ${span} and was paid at ${row.grantedAt.toISOString()}`,
    );
  });
}

/**
 * However the clocks moved, points are never negative or above the rules' maximum, and no session ends before it began.
 */
function pointsInBounds({ rewards, sessions }: Stored): Violation[] {
  const overpaid = rewards.filter(({ xp, action }) => {
    const most = action.kind === 'PomodoroEnded' ? action.plannedMinutes : MAX_SUBMISSION_POINTS;
    return !(xp >= 0 && xp <= most);
  });
  const distorted = sessions.filter(({ startedAt, endedAt, focusedSeconds, plannedMinutes }) => {
    const isFocusRight = focusedSeconds === null || (focusedSeconds >= 0 && focusedSeconds <= plannedMinutes * 60);
    return endedAt < startedAt || !isFocusRight;
  });
  return [
    ...overpaid.map(({ studentId, sequence, xp }) =>
      violation('points-in-bounds', `row ${sequence} of ${studentId} pays ${xp}`),
    ),
    ...distorted.map(({ _id, startedAt, endedAt, focusedSeconds }) =>
      violation('points-in-bounds', `session ${_id}: ${startedAt} to ${endedAt}, ${focusedSeconds} s focused`),
    ),
  ];
}

/** A copy of the rules' maximum: the checker does not use the rules. */
const MAX_SUBMISSION_POINTS = 100;

/** Every response arrives in time and complete, and an error says that the client should retry. */
function responsesValid({ attempts }: View): Violation[] {
  return attempts.flatMap((each) => {
    const { result, request, sentAt, endedAt } = each;
    const problems: Violation[] = [];
    const seconds = ((endedAt - sentAt) / 1_000).toFixed(1);
    if (endedAt - sentAt > MAX_ATTEMPT_MS)
      problems.push(violation('answered-in-time', `${describeAttempt(each)} took ${seconds} s`));
    if (result.kind === 'truncated')
      problems.push(violation('answers-whole', `${describeAttempt(each)}: ${result.cause}`));
    if (result.kind === 'error' && result.code !== request.expectedCode) {
      if (result.code !== 'UNAVAILABLE')
        problems.push(violation('errors-honest', `${describeAttempt(each)} received ${result.code}`));
      else if (result.retryAfter === null || result.status !== 503) {
        problems.push(
          violation('errors-honest', `${describeAttempt(each)}: ${result.status}, Retry-After ${result.retryAfter}`),
        );
      }
    }
    return problems;
  });
}
