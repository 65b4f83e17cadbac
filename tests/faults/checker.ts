/**
 * Decides from the clients' record and the database whether the product kept every promise. The checker is pure: it
 * uses neither the product nor its reward rules. `verify-ledger` checks those after every run.
 */
import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../../src/group-by.js';
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import { Acts, countersOf, isByHand, isInBounds, perStudent } from './act-checks.js';
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
  readonly acts: readonly ManualActRecord[];
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
  'days-right',
  'reads-consistent',
  'reads-current',
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
    view.granted
      .filter(({ request, result }) => describeLoss(request, result, view) !== null)
      .map(({ request, result }) => result.reward?.id ?? request.id),
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
  /** @returns the attempt that a row was written for; undefined if there was none */
  readonly payerOf: (row: Pick<RewardRecord, 'requestId' | 'studentId'> | undefined) => Attempt | undefined;
  readonly acts: Acts;
  readonly rowsById: ReadonlyMap<string, RewardRecord>;
  readonly rowsByStudent: ReadonlyMap<string, RewardRecord[]>;
  readonly submissionsById: ReadonlyMap<string, SubmissionRecord>;
  readonly sessionsById: ReadonlyMap<string, PomodoroSessionRecord>;
  readonly unresolved: readonly LogicalRequest[];
}

function viewOf(recorded: readonly Attempt[], stored: Stored): View {
  const attempts = recorded.flatMap(perStudent);
  const byRequest = groupBy(attempts, ({ request }) => request.id);
  const payers = new Map(attempts.map((each) => [`${each.requestId} ${each.request.studentId}`, each]));
  return {
    attempts,
    stored,
    granted: attempts.filter((each): each is GrantedAttempt => each.result.kind === 'granted'),
    payerOf: (row) => row && payers.get(`${row.requestId} ${row.studentId}`),
    acts: new Acts(stored),
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
  request: LogicalRequest,
  result: Granted,
  { acts, rowsById, submissionsById, sessionsById }: View,
): string | null {
  const { reward, rewards = [], submission, session } = result;
  const actLoss = request.act ? acts.describeLoss(request, result) : null;
  if (actLoss !== null) return actLoss;
  if (session) {
    const kept = sessionsById.get(session.id);
    if (!kept) return `session ${session.id} is missing`;
    const reported = [session.status, session.startedAt, session.endedAt, session.focusedSeconds];
    const stored = [kept.status, kept.startedAt.toISOString(), kept.endedAt.toISOString(), kept.focusedSeconds];
    if (!isDeepStrictEqual(reported, stored))
      return `session ${session.id} was reported as ${reported} and is ${stored}`;
  }
  for (const each of [...(reward ? [reward] : []), ...rewards]) {
    const row = rowsById.get(each.id);
    if (!row) return `reward ${each.id} is not in the ledger`;
    const stored = reportedRewardOf(row);
    // An entry of grantBonuses has fewer fields.
    if (!isDeepStrictEqual({ ...stored, ...each }, stored)) {
      return `reward ${each.id} was reported as ${JSON.stringify(each)} and is ${JSON.stringify(stored)}`;
    }
  }
  if (submission === undefined) return null;
  const kept = submissionsById.get(submission.id);
  if (!kept) return `submission ${submission.id} is missing`;
  // What a revised text must be is checked in everyday-checks.ts.
  return kept.revision > 0 || kept.content === submission.content
    ? null
    : `submission ${submission.id} has another text`;
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
    const loss = result.kind === 'granted' ? describeLoss(each.request, result, view) : null;
    return loss === null ? [] : violation('acknowledged-kept', `${describeAttempt(each)}: ${loss}`);
  });
}

/**
 * P2: the ledger has one row for each subject, and one for each request key. An act by hand is carried out once for its
 * key.
 */
function paidOnce({ stored: { rewards }, acts, payerOf }: View): Violation[] {
  const subjects = groupBy(rewards, ({ studentId, subject }) => `${studentId} for ${subject.kind} ${subject.id}`);
  const keys = groupBy(
    rewards.filter(({ requestKey }) => requestKey !== undefined),
    ({ studentId, operation, requestKey }) => `${studentId} under the ${operation} key ${requestKey}`,
  );
  const byHand = groupBy(rewards.filter(isByHand), (row) => {
    const { actorId, operation, studentId } = row;
    return `${studentId} under the ${operation} key ${payerOf(row)?.request.idempotencyKey ?? row._id} of ${actorId}`;
  });
  // An act may write several rows, but all of them for one attempt.
  const repeated = [...byHand].map(
    ([what, rows]) => [what, [...new Map(rows.map((row) => [row.requestId, row])).values()]] as const,
  );
  return [
    ...[...subjects, ...keys, ...repeated].flatMap(([what, rows]) =>
      rows
        .slice(1)
        .map((row) =>
          violation('paid-once', `student ${what} has row ${row.sequence} in addition to row ${rows[0]!.sequence}`),
        ),
    ),
    ...acts.doubled.map(({ operation, requestKey }) =>
      violation('paid-once', `there are two acts under the ${operation} key ${requestKey}`),
    ),
  ];
}

/**
 * P4: all responses that contain a reward report it identically. `replayed` is false for the one request that the
 * ledger row names as its payer, and true for all others.
 */
function sameAnswer({ granted, rowsById, acts }: View): Violation[] {
  const first = new Map<string, Granted>();
  return granted.flatMap((each) => {
    const { result, request, requestId } = each;
    const name = result.reward?.id ?? result.session?.id ?? request.id;
    const other = first.get(name) ?? result;
    first.set(name, other);
    const problems: Violation[] = [];
    const parts = ({ reward, leveledUp, newBadges, session }: Granted) => ({ reward, leveledUp, newBadges, session });
    if (!isDeepStrictEqual(parts(result), parts(other))) {
      problems.push(
        violation('same-answer', `${describeAttempt(each)} received another report of ${name} than an earlier attempt`),
      );
    }
    // leveledUp and newBadges of an act describe all its rows together.
    if (
      result.reward &&
      !request.act &&
      (result.leveledUp !== result.reward.leveledUp || !isDeepStrictEqual(result.newBadges, result.reward.newBadges))
    ) {
      problems.push(
        violation('same-answer', `${describeAttempt(each)}: the response contradicts its own reward ${name}`),
      );
    }
    const payer = result.reward
      ? rowsById.get(result.reward.id)?.requestId
      : acts.underKeyOf(request).find(() => request.act)?.requestId;
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
function nothingUnasked({ attempts, stored, payerOf, acts, rowsById }: View): Violation[] {
  const rows = stored.rewards.flatMap((row) => {
    const { request } = payerOf(row) ?? {};
    const isRequested =
      request &&
      request.expectedCode === undefined &&
      (request.act?.actorId ?? request.studentId) === row.actorId.toHexString() &&
      request.operation === row.operation &&
      (request.act ? acts.isAbout(row, request) : request.subjectId === acts.subjectOf(row)) &&
      request.idempotencyKey === ((request.act ? acts.ofRow(row)?.requestKey : row.requestKey) ?? null);
    return isRequested
      ? []
      : violation('nothing-unasked', `no request matches row ${row.sequence} of ${row.studentId}`);
  });
  const submissions = stored.submissions.flatMap(({ _id, rewardId, content, revision }) => {
    const payer = payerOf(rowsById.get(rewardId.toHexString()));
    return payer && (revision > 0 || payer.request.content === content)
      ? []
      : violation('nothing-unasked', `no request matches submission ${_id}`);
  });
  const acting = new Set(attempts.map(({ requestId, request }) => `${requestId} ${request.idempotencyKey}`));
  const unaskedActs = stored.acts
    .filter(({ requestId, requestKey }) => !acting.has(`${requestId} ${requestKey}`))
    .map(({ _id, operation }) => violation('nothing-unasked', `no request matches the act ${_id} (${operation})`));
  const ends = attempts.filter(
    ({ request }) => request.operation === 'endPomodoro' && request.expectedCode === undefined,
  );
  const requestedEnds = new Set(ends.map(({ request }) => `${request.studentId} ${request.subjectId}`));
  const sessions = stored.sessions.flatMap(({ _id, studentId, status }) => {
    const isRequested = status === 'EXPIRED' || requestedEnds.has(`${studentId} ${_id}`);
    return isRequested ? [] : violation('nothing-unasked', `no request matches the end of session ${_id}`);
  });
  return [...rows, ...submissions, ...unaskedActs, ...sessions];
}

/** Every refusal and replay follows the contract. The ledger row that was paid decides which outcome is correct. */
function refusedRightly(view: View): Violation[] {
  const rowsOf = groupBy(view.stored.rewards, (row) => `${row.studentId} ${view.acts.subjectOf(row)}`);
  const keys = new Map<string, RewardRecord>(
    view.stored.rewards.map((row) => [`${row.studentId} ${row.operation} ${row.requestKey}`, row] as const),
  );
  return view.attempts.flatMap((each) => {
    const { request, result } = each;
    if (request.operation === 'startPomodoro' || request.everyday || !isDefinitive(result, request)) return [];
    const outcome = result.kind === 'refused' || result.kind === 'error' ? result.code : result.kind;
    const rows = rowsOf.get(`${request.studentId} ${request.subjectId}`) ?? [];
    const underKey =
      request.idempotencyKey === null
        ? undefined
        : keys.get(`${request.studentId} ${request.operation} ${request.idempotencyKey}`);
    const isCorrect =
      request.expectedCode === undefined
        ? request.act
          ? isCorrectOutcomeOfAct(each, outcome, view)
          : isCorrectOutcome(each, outcome, rows, underKey, view)
        : outcome === request.expectedCode;
    return isCorrect ? [] : violation('refused-rightly', `${describeAttempt(each)} received ${outcome}`);
  });
}

function isCorrectOutcome(
  { request, sentAt, mayBeBehind }: Attempt,
  outcome: string,
  rows: readonly RewardRecord[],
  underKey: RewardRecord | undefined,
  view: View,
): boolean {
  const { payerOf, sessionsById } = view;
  const isOfContent = (paid: RewardRecord) => payerOf(paid)?.request.content === request.content;
  switch (outcome) {
    case 'granted':
      return rows.length > 0 ? rows.some(isOfContent) : sessionsById.has(request.subjectId ?? '');
    case 'ALREADY_SUBMITTED':
      return rows.some((paid) => !isOfContent(paid));
    case 'IDEMPOTENCY_KEY_REUSED':
      return underKey !== undefined && !(rows.includes(underKey) && isOfContent(underKey));
    case 'NOT_FOUND':
      if (request.subjectId !== NO_SUBJECT) return false;
      return mayBeBehind || !(underKey && wasReportedBefore(underKey, sentAt, view));
    default:
      return false;
  }
}

/** An act is carried out, unless another act has already done the same to the same row or submission. */
function isCorrectOutcomeOfAct({ request }: Attempt, outcome: string, { stored, acts, payerOf }: View): boolean {
  if (outcome === 'granted') return true;
  const isByAnother = (row: RewardRecord) => isByHand(row) && payerOf(row)?.request.id !== request.id;
  return (
    outcome === 'NOTHING_TO_CHANGE' && stored.rewards.some((row) => isByAnother(row) && acts.isAbout(row, request))
  );
}

/** Whether some client had received this reward before the given time. */
const wasReportedBefore = (row: RewardRecord, at: number, { granted }: View): boolean =>
  granted.some(({ result, endedAt }) => endedAt < at && result.reward?.id === row._id.toHexString());

/** The student after each reward, computed from the ledger rows. The element at index n is the state after row n. */
function snapshotsOf(rows: readonly RewardRecord[], rowsById: View['rowsById']): StudentSnapshot[] {
  const states: StudentSnapshot[] = [INITIAL_SNAPSHOT];
  for (const row of rows) {
    const last = states.at(-1)!;
    const added = countersOf(row, row.corrects && rowsById.get(row.corrects.toHexString()));
    const lost = new Set(row.lostBadges);
    states.push({
      ...row.after,
      submissionCount: last.submissionCount + added.submissionCount,
      pomodoroCount: last.pomodoroCount + added.pomodoroCount,
      totalPomodoroSeconds: last.totalPomodoroSeconds + added.totalPomodoroSeconds,
      badges: [...last.badges, ...row.badges].filter((badge) => !lost.has(badge)),
    });
  }
  return states;
}

type StudentSnapshot = Omit<ReportedStudent, 'runningPomodoro'> & { readonly badges: readonly string[] };

const INITIAL_SNAPSHOT: StudentSnapshot = {
  ...{ level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 },
  ...{ submissionCount: 0, pomodoroCount: 0, totalPomodoroSeconds: 0, badges: [] },
};

/**
 * After which rewards a student may have been when it was shown: the fewest and the most. They differ only if a
 * correction brought an earlier state back.
 */
interface Moment {
  readonly first: number;
  readonly last: number;
  readonly badges: readonly string[];
}

/** The states of one student that a response can show, each with the numbers of rewards after which it was so. */
type Moments = Map<string, { readonly counts: number[]; readonly badges: readonly string[] }>;

function momentsOf(rows: readonly RewardRecord[], rowsById: View['rowsById']): Moments {
  const moments: Moments = new Map();
  for (const [count, state] of snapshotsOf(rows, rowsById).entries()) {
    const known = moments.get(stateKey(state));
    if (known) known.counts.push(count);
    else moments.set(stateKey(state), { counts: [count], badges: state.badges });
  }
  return moments;
}

const stateKey = (state: Omit<ReportedStudent, 'runningPomodoro'>): string =>
  [
    ...[state.level, state.xp, state.lifetimeXp, state.auraPoints],
    ...[state.submissionCount, state.pomodoroCount, state.totalPomodoroSeconds],
  ].join(' ');

/** @returns when the student of a response was as the response shows it; undefined if it never was */
type MomentShown = (attempt: Attempt) => Moment | undefined;

function momentShownIn({ rowsByStudent, rowsById }: View): MomentShown {
  const moments = new Map<string, Moments>();
  return ({ request: { studentId }, result }) => {
    if (result.kind !== 'granted' && result.kind !== 'started') return undefined;
    const ofStudent = moments.get(studentId) ?? momentsOf(rowsByStudent.get(studentId) ?? [], rowsById);
    moments.set(studentId, ofStudent);
    const known = ofStudent.get(stateKey(result.student));
    if (!known) return undefined;
    // The student is shown after the reward of the response.
    const { counts, badges } = known;
    const sequence = (result.kind === 'granted' && result.reward?.sequence) || 0;
    return { first: counts.find((count) => count >= sequence) ?? counts[0]!, last: counts.at(-1)!, badges };
  };
}

/**
 * Each ledger row begins where the row before it ended, and every response shows the student as it was after some row.
 */
function historyLinear(view: View): Violation[] {
  const { attempts, stored, rowsByStudent } = view;
  const chains = stored.students.flatMap(({ _id }) => {
    const rows = rowsByStudent.get(_id.toHexString()) ?? [];
    return rows.flatMap((row, position) => {
      const before = rows[position - 1]?.after ?? { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 };
      const isNext = row.sequence === position + 1 && isDeepStrictEqual(row.before, before);
      return isNext
        ? []
        : violation('history-linear', `row ${row.sequence} of ${_id} does not continue the row before`);
    });
  });
  const momentShown = momentShownIn(view);
  const shown = attempts.flatMap((each) => {
    const { result } = each;
    if (result.kind !== 'granted' && result.kind !== 'started') return [];
    const problem = describeWrongSnapshot(result, momentShown(each));
    return problem === null ? [] : violation('history-linear', `${describeAttempt(each)}: ${problem}`);
  });
  return [...chains, ...shown];
}

function describeWrongSnapshot(result: Granted | Started, moment: Moment | undefined): string | null {
  const { runningPomodoro, ...shown } = result.student;
  if (!moment) return `the student is shown as it never was: ${JSON.stringify(shown)}`;
  if (result.kind === 'started') return null;
  if (result.reward && result.reward.sequence > moment.last) return 'the student is shown without the reward';
  // An entry of grantBonuses.
  if (result.level === undefined) return null;
  // A correction may give a badge back, which then stands among the others by the row that it belongs to.
  const badges = result.badges.map(({ badge }) => badge.id).sort();
  if (result.level !== shown.level || !isDeepStrictEqual(badges, [...moment.badges].sort())) {
    return `the student had ${moment.badges.join(', ')} on level ${shown.level} then, which the response does not show`;
  }
  if (result.session && runningPomodoro?.id === result.session.id) return 'the ended session is still shown as running';
  return null;
}

/** A request that is sent after a response has arrived must not show an older state than that response. */
function realTimeOrder(view: View): Violation[] {
  const momentShown = momentShownIn(view);
  const shown = view.attempts.flatMap((attempt) => {
    const moment = momentShown(attempt);
    return moment ? [{ attempt, moment }] : [];
  });
  return [...groupBy(shown, ({ attempt }) => attempt.request.studentId).values()].flatMap((ofOne) => {
    const ended = [...ofOne].sort((one, other) => one.attempt.endedAt - other.attempt.endedAt);
    let next = 0;
    let latest = 0;
    return [...ofOne]
      .sort((one, other) => one.attempt.sentAt - other.attempt.sentAt)
      .flatMap(({ attempt, moment }) => {
        for (; ended[next]!.attempt.endedAt < attempt.sentAt; next += 1) {
          latest = Math.max(latest, ended[next]!.moment.first);
        }
        if (moment.last >= latest) return [];
        return violation(
          'real-time-order',
          `${describeAttempt(attempt)} shows the student after ${moment.last} rewards, not after ${latest}`,
        );
      });
  });
}

/** The server reads its clock once, when the request arrives. So the time of a reward lies in the request's window. */
function clockAtArrival({ stored, payerOf }: View): Violation[] {
  return stored.rewards.flatMap((row) => {
    const payer = payerOf(row);
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
  const overpaid = rewards.filter((row) => {
    if (isByHand(row)) return !isInBounds(row);
    const { xp, action } = row;
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

/** 408: the request did not arrive in time, for instance because the server was stopped. */
const RETRIED_STATUSES = [503, 408];

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
      else if (result.retryAfter === null || !RETRIED_STATUSES.includes(result.status)) {
        problems.push(
          violation('errors-honest', `${describeAttempt(each)}: ${result.status}, Retry-After ${result.retryAfter}`),
        );
      }
    }
    return problems;
  });
}
