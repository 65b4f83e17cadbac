/**
 * Decides, from what the clients were told and what the database holds, whether every promise was kept. Pure: it asks
 * neither the product nor its rules, which `verify-ledger` does after every run.
 */
import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../../src/group-by.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import {
  type Granted,
  isDefinitive,
  NO_SUBJECT,
  outcomeOf,
  type Started,
  type ToldReward,
  type ToldStudent,
  type Try,
  type Wanted,
} from './record.js';

/** All that the database holds of the students of a run. */
export interface Stored {
  readonly students: readonly StudentRecord[];
  /** In the order of their sequence. */
  readonly rewards: readonly RewardRecord[];
  readonly submissions: readonly SubmissionRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
}

/** What the product promises, by the names under which a run says that it was broken. docs/faults.md explains them. */
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
] as const;

export type Invariant = (typeof invariants)[number];

export interface Violation {
  readonly invariant: Invariant;
  readonly text: string;
}

/** The most that one try may take. Milliseconds. */
export const LONGEST_TRY_MS = 30_000;

/** What became of the requests of a run, in numbers. */
export interface Tally {
  /** Tries in all. */
  readonly requests: number;
  /** Rewards that some client was told of. */
  readonly acknowledged: number;
  /** Of those, the ones that are not in the ledger as they were told. */
  readonly lost: number;
  /** Ledger rows beyond the first of a subject or of a request key. */
  readonly doubled: number;
  /** Requests that ended without an outcome. */
  readonly unresolved: number;
}

/** Every promise that the record and the database together show broken. */
export function check(tries: readonly Try[], stored: Stored): Violation[] {
  const view = viewOf(tries, stored);
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
    ...answered(view),
  ];
}

export function tally(tries: readonly Try[], stored: Stored): Tally {
  const view = viewOf(tries, stored);
  const lost = new Set(
    view.granted.filter(({ told }) => lossOf(told, view) !== null).map(({ told }) => told.reward?.id),
  );
  return {
    requests: tries.length,
    acknowledged: new Set(view.granted.flatMap(({ told }) => told.reward?.id ?? [])).size,
    lost: lost.size,
    doubled: paidOnce(view).length,
    unresolved: view.unresolved.length,
  };
}

type GrantedTry = Try & { readonly told: Granted };

interface View {
  readonly tries: readonly Try[];
  readonly stored: Stored;
  readonly granted: readonly GrantedTry[];
  readonly byRequestId: ReadonlyMap<string, Try>;
  readonly rowsById: ReadonlyMap<string, RewardRecord>;
  readonly rowsByStudent: ReadonlyMap<string, RewardRecord[]>;
  readonly submissionsById: ReadonlyMap<string, SubmissionRecord>;
  readonly sessionsById: ReadonlyMap<string, PomodoroSessionRecord>;
  readonly unresolved: readonly Wanted[];
}

function viewOf(tries: readonly Try[], stored: Stored): View {
  const byWanted = groupBy(tries, ({ wanted }) => wanted.id);
  return {
    tries,
    stored,
    granted: tries.filter((each): each is GrantedTry => each.told.kind === 'granted'),
    byRequestId: new Map(tries.map((each) => [each.requestId, each])),
    rowsById: new Map(stored.rewards.map((row) => [row._id.toHexString(), row])),
    rowsByStudent: groupBy(stored.rewards, ({ studentId }) => studentId.toHexString()),
    submissionsById: new Map(stored.submissions.map((submission) => [submission._id.toHexString(), submission])),
    sessionsById: new Map(stored.sessions.map((session) => [session._id.toHexString(), session])),
    unresolved: [...byWanted.values()]
      .filter((ofOne) => !ofOne.some(({ told, wanted }) => isDefinitive(told, wanted)))
      .map((ofOne) => ofOne.at(-1)!.wanted)
      .filter(({ isOnce }) => isOnce !== true),
  };
}

const broken = (invariant: Invariant, text: string): Violation => ({ invariant, text });
const named = ({ requestId, server, wanted }: Try): string =>
  `${requestId} (${wanted.operation} of ${wanted.subjectId ?? 'nothing'} at ${server})`;

/** Why an acknowledged reward does not stand as it was told; null where it does. */
function lossOf(
  { reward, submission, session }: Granted,
  { rowsById, submissionsById, sessionsById }: View,
): string | null {
  if (session) {
    const kept = sessionsById.get(session.id);
    if (!kept) return `session ${session.id} is not there`;
    const told = [session.status, session.startedAt, session.endedAt, session.focusedSeconds];
    const is = [kept.status, kept.startedAt.toISOString(), kept.endedAt.toISOString(), kept.focusedSeconds];
    if (!isDeepStrictEqual(told, is)) return `session ${session.id} was told as ${told} and is ${is}`;
  }
  if (reward === null) return null;
  const row = rowsById.get(reward.id);
  if (!row) return `reward ${reward.id} is not in the ledger`;
  if (!isDeepStrictEqual(toldOf(row), reward)) {
    return `reward ${reward.id} was told as ${JSON.stringify(reward)} and is ${JSON.stringify(toldOf(row))}`;
  }
  if (submission === undefined) return null;
  const kept = submissionsById.get(submission.id);
  if (!kept) return `submission ${submission.id} is not there`;
  return kept.content === submission.content ? null : `submission ${submission.id} has another text`;
}

/** A ledger row as the API tells it. */
function toldOf(row: RewardRecord): ToldReward {
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

/** P1: what a client was told exists, with the content that it was told; a session that was started as well. */
function acknowledgedKept(view: View): Violation[] {
  const running = new Set(view.stored.students.map(({ runningPomodoro }) => runningPomodoro?.id.toHexString()));
  return view.tries.flatMap((each) => {
    const { told } = each;
    if (told.kind === 'started') {
      const isKept = running.has(told.session.id) || view.sessionsById.has(told.session.id);
      return isKept ? [] : broken('acknowledged-kept', `${named(each)}: session ${told.session.id} is not there`);
    }
    const loss = told.kind === 'granted' ? lossOf(told, view) : null;
    return loss === null ? [] : broken('acknowledged-kept', `${named(each)}: ${loss}`);
  });
}

/** P2: one row for each subject, one for each request key. */
function paidOnce({ stored: { rewards } }: View): Violation[] {
  const subjects = groupBy(rewards, ({ studentId, subject }) => `${studentId} for ${subject.kind} ${subject.id}`);
  const keys = groupBy(
    rewards.filter(({ requestKey }) => requestKey !== undefined),
    ({ studentId, operation, requestKey }) => `${studentId} under the ${operation} key ${requestKey}`,
  );
  return [...subjects, ...keys].flatMap(([what, rows]) =>
    rows
      .slice(1)
      .map((row) => broken('paid-once', `student ${what} has row ${row.sequence} beside ${rows[0]!.sequence}`)),
  );
}

/**
 * P4: all answers that name a reward tell the same of it, and it is new for the one request that it was paid to, which
 * the row names, and a replay for all others.
 */
function sameAnswer({ granted, rowsById }: View): Violation[] {
  const first = new Map<string, Granted>();
  return granted.flatMap((each) => {
    const { told, wanted, requestId } = each;
    const name = told.reward?.id ?? told.session?.id ?? '';
    const other = first.get(name) ?? told;
    first.set(name, other);
    const problems: Violation[] = [];
    const parts = ({ reward, leveledUp, newBadges, session }: Granted) => ({ reward, leveledUp, newBadges, session });
    if (!isDeepStrictEqual(parts(told), parts(other))) {
      problems.push(broken('same-answer', `${named(each)} was told otherwise of ${name} than another`));
    }
    if (
      told.reward &&
      (told.leveledUp !== told.reward.leveledUp || !isDeepStrictEqual(told.newBadges, told.reward.newBadges))
    ) {
      problems.push(broken('same-answer', `${named(each)}: the answer says otherwise than its reward ${name}`));
    }
    const payer = told.reward && rowsById.get(told.reward.id)?.requestId;
    if (payer && told.replayed !== (payer !== requestId)) {
      problems.push(broken('same-answer', `${named(each)}: replayed is ${told.replayed}, and it was paid to ${payer}`));
    }
    if (told.session && told.session.id !== wanted.subjectId) {
      problems.push(broken('same-answer', `${named(each)} was told of session ${told.session.id}`));
    }
    return problems;
  });
}

/** P5: each request came to an outcome, and to no second one. */
function resolved({ tries, unresolved }: View): Violation[] {
  const open = unresolved.map(({ id }) => broken('resolved', `${id} was never told what became of it`));
  const outcomes = groupBy(
    tries.filter((each) => outcomeOf(each) !== null),
    ({ wanted }) => wanted.id,
  );
  const contradicted = [...outcomes].flatMap(([id, ofOne]) => {
    const different = new Set(ofOne.map(outcomeOf));
    return different.size < 2 ? [] : broken('resolved', `${id} was told ${[...different].join(' and ')}`);
  });
  return [...open, ...contradicted];
}

/** Each document was written for a try that asked for just that, and none for a request that had to be refused. */
function nothingUnasked({ tries, stored, byRequestId, rowsById }: View): Violation[] {
  const rows = stored.rewards.flatMap((row) => {
    const payer = byRequestId.get(row.requestId);
    const { wanted } = payer ?? {};
    const isAsked =
      wanted &&
      wanted.mustBe === undefined &&
      wanted.studentId === row.studentId.toHexString() &&
      wanted.studentId === row.actorId.toHexString() &&
      wanted.operation === row.operation &&
      wanted.subjectId === row.subject.id.toHexString() &&
      wanted.key === (row.requestKey ?? null);
    return isAsked ? [] : broken('nothing-unasked', `nobody asked for row ${row.sequence} of ${row.studentId}`);
  });
  const submissions = stored.submissions.flatMap(({ _id, rewardId, content }) => {
    const payer = byRequestId.get(rowsById.get(rewardId.toHexString())?.requestId ?? '');
    return payer?.wanted.content === content ? [] : broken('nothing-unasked', `nobody asked for submission ${_id}`);
  });
  const ends = tries.filter(({ wanted }) => wanted.operation === 'endPomodoro' && wanted.mustBe === undefined);
  const asked = new Set(ends.map(({ wanted }) => `${wanted.studentId} ${wanted.subjectId}`));
  const sessions = stored.sessions.flatMap(({ _id, studentId, status }) => {
    const isAsked = status === 'EXPIRED' || asked.has(`${studentId} ${_id}`);
    return isAsked ? [] : broken('nothing-unasked', `nobody asked for the end of session ${_id}`);
  });
  return [...rows, ...submissions, ...sessions];
}

/** Refusals and replays are those of the contract, judged by the row that was paid. */
function refusedRightly(view: View): Violation[] {
  const rowsOf = new Map(view.stored.rewards.map((row) => [`${row.studentId} ${row.subject.id}`, row] as const));
  const keys = new Map(
    view.stored.rewards.map((row) => [`${row.studentId} ${row.operation} ${row.requestKey}`, row] as const),
  );
  return view.tries.flatMap((each) => {
    const { wanted, told } = each;
    if (wanted.operation === 'startPomodoro' || !isDefinitive(told, wanted)) return [];
    const said = told.kind === 'refused' || told.kind === 'error' ? told.code : told.kind;
    const row = rowsOf.get(`${wanted.studentId} ${wanted.subjectId}`);
    const underKey =
      wanted.key === null ? undefined : keys.get(`${wanted.studentId} ${wanted.operation} ${wanted.key}`);
    const isRight = wanted.mustBe === undefined ? rightly(each, said, row, underKey, view) : said === wanted.mustBe;
    return isRight ? [] : broken('refused-rightly', `${named(each)} was told ${said}`);
  });
}

function rightly(
  { wanted, sentAt }: Try,
  said: string,
  row: RewardRecord | undefined,
  underKey: RewardRecord | undefined,
  view: View,
): boolean {
  const { byRequestId, sessionsById } = view;
  const contentOf = (paid: RewardRecord) => byRequestId.get(paid.requestId)?.wanted.content;
  switch (said) {
    case 'granted':
      return row ? contentOf(row) === wanted.content : sessionsById.has(wanted.subjectId ?? '');
    case 'ALREADY_SUBMITTED':
      return row !== undefined && contentOf(row) !== wanted.content;
    case 'IDEMPOTENCY_KEY_REUSED':
      return underKey !== undefined && (underKey !== row || contentOf(underKey) !== wanted.content);
    case 'NOT_FOUND':
      return wanted.subjectId === NO_SUBJECT && !(underKey && isToldBefore(underKey, sentAt, view));
    default:
      return false;
  }
}

/** Whether somebody had been told of a reward by then. */
const isToldBefore = (row: RewardRecord, at: number, { granted }: View): boolean =>
  granted.some(({ told, endedAt }) => endedAt < at && told.reward?.id === row._id.toHexString());

/** The student after each of its rewards, by what the rows say: position n is the state after row n. */
function statesOf(rows: readonly RewardRecord[]): ToldStateBySequence[] {
  const states: ToldStateBySequence[] = [START];
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

type ToldStateBySequence = Omit<ToldStudent, 'runningPomodoro'> & { readonly badges: readonly string[] };

const START: ToldStateBySequence = {
  ...{ level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 },
  ...{ submissionCount: 0, pomodoroCount: 0, totalPomodoroSeconds: 0, badges: [] },
};

/** After how many rewards the student stood as an answer shows it: each raises one of the two counters. */
const momentOf = ({ student }: Granted | Started): number => student.submissionCount + student.pomodoroCount;

/** All that was shown of a student fits one order: that of its rows, each of which begins where the last one ended. */
function historyLinear({ tries, stored, rowsByStudent }: View): Violation[] {
  const states = new Map<string, ToldStateBySequence[]>();
  const chains = stored.students.flatMap(({ _id }) => {
    const rows = rowsByStudent.get(_id.toHexString()) ?? [];
    const known = statesOf(rows);
    states.set(_id.toHexString(), known);
    return rows.flatMap((row, position) => {
      const { level, xp, lifetimeXp, auraPoints } = known[position]!;
      const isNext =
        row.sequence === position + 1 && isDeepStrictEqual(row.before, { level, xp, lifetimeXp, auraPoints });
      return isNext ? [] : broken('history-linear', `row ${row.sequence} of ${_id} does not go on from the one before`);
    });
  });
  const shown = tries.flatMap((each) => {
    const { told, wanted } = each;
    if (told.kind !== 'granted' && told.kind !== 'started') return [];
    const problem = shownWrongly(told, states.get(wanted.studentId)?.[momentOf(told)]);
    return problem === null ? [] : broken('history-linear', `${named(each)}: ${problem}`);
  });
  return [...chains, ...shown];
}

function shownWrongly(told: Granted | Started, state: ToldStateBySequence | undefined): string | null {
  if (!state) return `the student was never as it is shown, after ${momentOf(told)} rewards`;
  const { badges, ...progress } = state;
  const { runningPomodoro, ...shown } = told.student;
  if (!isDeepStrictEqual(shown, progress)) {
    return `the student is shown as ${JSON.stringify(shown)} and was ${JSON.stringify(progress)}`;
  }
  if (told.kind === 'started') return null;
  if (
    told.level !== shown.level ||
    !isDeepStrictEqual(
      told.badges.map(({ badge }) => badge.id),
      badges,
    )
  ) {
    return `the student had ${badges.join(', ')} on level ${shown.level} then, and not what is shown`;
  }
  if (told.reward && told.reward.sequence > momentOf(told)) return 'the student is shown without the reward';
  if (told.session && runningPomodoro?.id === told.session.id) return 'the session that has ended still runs';
  return null;
}

/** Who asks after an answer has come is shown nothing older than that answer. */
function realTimeOrder({ tries }: View): Violation[] {
  const shown = tries.filter((each) => each.told.kind === 'granted' || each.told.kind === 'started');
  return [...groupBy(shown, ({ wanted }) => wanted.studentId).values()].flatMap((ofOne) => {
    const ended = [...ofOne].sort((one, other) => one.endedAt - other.endedAt);
    let next = 0;
    let latest = 0;
    return [...ofOne]
      .sort((one, other) => one.sentAt - other.sentAt)
      .flatMap((each) => {
        for (; ended[next]!.endedAt < each.sentAt; next += 1) {
          latest = Math.max(latest, momentOf(ended[next]!.told as Granted | Started));
        }
        const moment = momentOf(each.told as Granted | Started);
        if (moment >= latest) return [];
        return broken('real-time-order', `${named(each)} was shown the student after ${moment} rewards, not ${latest}`);
      });
  });
}

/** The clock was read once, when the request arrived: before it was known to have, and after it was sent. */
function clockAtArrival({ stored, byRequestId }: View): Violation[] {
  return stored.rewards.flatMap((row) => {
    const payer = byRequestId.get(row.requestId);
    if (!payer) return [];
    const isWithin = [row.grantedAt, row.action.at].every(
      (at) => at.getTime() >= payer.arrivedAfter && at.getTime() <= payer.arrivedBefore,
    );
    if (isWithin) return [];
    const span = [payer.arrivedAfter, payer.arrivedBefore].map((at) => new Date(at).toISOString()).join(' to ');
    return broken('clock-at-arrival', `${named(payer)} arrived ${span} and was paid at ${row.grantedAt.toISOString()}`);
  });
}

/** Whatever the clocks did: nothing negative is paid, nothing beyond the rules, and no session ends before it began. */
function pointsInBounds({ rewards, sessions }: Stored): Violation[] {
  const overpaid = rewards.filter(({ xp, action }) => {
    const most = action.kind === 'PomodoroEnded' ? action.plannedMinutes : MOST_FOR_A_SUBMISSION;
    return !(xp >= 0 && xp <= most);
  });
  const distorted = sessions.filter(({ startedAt, endedAt, focusedSeconds, plannedMinutes }) => {
    const isFocusRight = focusedSeconds === null || (focusedSeconds >= 0 && focusedSeconds <= plannedMinutes * 60);
    return endedAt < startedAt || !isFocusRight;
  });
  return [
    ...overpaid.map(({ studentId, sequence, xp }) =>
      broken('points-in-bounds', `row ${sequence} of ${studentId} pays ${xp}`),
    ),
    ...distorted.map(({ _id, startedAt, endedAt, focusedSeconds }) =>
      broken('points-in-bounds', `session ${_id}: ${startedAt} to ${endedAt}, ${focusedSeconds} s focused`),
    ),
  ];
}

/** Of the rules; the kit does not ask them. */
const MOST_FOR_A_SUBMISSION = 100;

/** Whoever asks is answered in time and whole, and an error is one that says: try again. */
function answered({ tries }: View): Violation[] {
  return tries.flatMap((each) => {
    const { told, wanted, sentAt, endedAt } = each;
    const problems: Violation[] = [];
    const seconds = ((endedAt - sentAt) / 1_000).toFixed(1);
    if (endedAt - sentAt > LONGEST_TRY_MS)
      problems.push(broken('answered-in-time', `${named(each)} took ${seconds} s`));
    if (told.kind === 'cut') problems.push(broken('answers-whole', `${named(each)}: ${told.why}`));
    if (told.kind === 'error' && told.code !== wanted.mustBe) {
      if (told.code !== 'UNAVAILABLE') problems.push(broken('errors-honest', `${named(each)} was told ${told.code}`));
      else if (told.retryAfter === null || told.status !== 503) {
        problems.push(broken('errors-honest', `${named(each)}: ${told.status}, Retry-After ${told.retryAfter}`));
      }
    }
    return problems;
  });
}
