/** Proves that the checker can fail: breaks each invariant in the record or in the stored documents. */
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { endedSession } from '../../src/granting/decide-group.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { type Claim, payReward, stateOf } from '../../src/granting/pay-reward.js';
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import { hour, later, minute, noon, second, today } from '../rewards/given.js';
import { check, type Invariant, tally } from './checker.js';
import {
  type Attempt,
  type AttemptResult,
  type Granted,
  type LogicalRequest,
  NO_SUBJECT,
  type ReportedStudent,
} from './record.js';

/** The record and the documents of a run that kept every promise. Each test breaks them in one place. */
interface World {
  readonly attempts: Record<string, Attempt>;
  readonly stored: {
    readonly students: StudentRecord[];
    readonly rewards: RewardRecord[];
    readonly submissions: SubmissionRecord[];
    readonly sessions: PomodoroSessionRecord[];
    readonly acts: ManualActRecord[];
  };
}

const studentId = new Types.ObjectId();
const assignmentId = new Types.ObjectId();
const sessionId = new Types.ObjectId();
const runningId = new Types.ObjectId();
const essay: Omit<LogicalRequest, 'id'> = {
  ...{ studentId: studentId.toHexString(), operation: 'submitAssignment', subjectId: assignmentId.toHexString() },
  ...{ idempotencyKey: 'a key', content: 'An essay' },
};
const end: Omit<LogicalRequest, 'id'> = {
  ...{ studentId: studentId.toHexString(), operation: 'endPomodoro', subjectId: sessionId.toHexString() },
  ...{ idempotencyKey: null, content: null },
};
const start: Omit<LogicalRequest, 'id'> = { ...end, operation: 'startPomodoro', subjectId: null };
const submittedAt = later(noon, second);
const endedAt = later(noon, 5 * second);

/** A submission is paid and requested again in every way; then a session is ended and paid; then another one starts. */
function aWorld(): World {
  const newcomer = newStudentDocument({ _id: studentId, displayName: 'Ada', timeZone: 'UTC', createdAt: noon });
  const running = {
    id: sessionId,
    startedAt: later(noon, -hour),
    plannedMinutes: 25,
    device: null,
    assignmentId: null,
  };
  const session = endedSession(newcomer, running, endedAt);
  const first = payReward(
    newcomer,
    { kind: 'AssignmentSubmitted', at: submittedAt, localDate: today, dueDate: noon },
    claimOf('essay.1', 'submitAssignment', { kind: 'assignment', id: assignmentId }, submittedAt, 'a key'),
  );
  const second = payReward(
    first.student,
    { ...focus(session), at: endedAt, localDate: today },
    claimOf('end.0', 'endPomodoro', { kind: 'pomodoro', id: sessionId }, endedAt, null),
  );
  const submission: SubmissionRecord = {
    ...{ _id: new Types.ObjectId(), studentId, assignmentId, rewardId: first.reward._id, content: 'An essay' },
    ...{ submittedAt, late: true, revision: 0, revisedAt: null },
  };
  const rewarded = { ...session, rewardId: second.reward._id };
  const result = { submission: { id: submission._id.toHexString(), content: 'An essay' } };
  const endedResult = { session: reportedSession(rewarded) };
  const startedSession = { id: runningId.toHexString(), status: 'RUNNING', startedAt: '', endedAt: null };
  return {
    attempts: {
      unanswered: anAttempt('essay', essay, 0, { kind: 'no response', cause: 'reset' }),
      paid: anAttempt('essay', essay, 1, grantedOf(first, false, result)),
      replay: anAttempt('copy', { ...essay, idempotencyKey: null }, 2, grantedOf(first, true, result)),
      otherText: anAttempt(
        'other',
        { ...essay, idempotencyKey: null, content: 'Other' },
        3,
        refused('ALREADY_SUBMITTED'),
      ),
      keyReused: anAttempt('reused', { ...essay, subjectId: NO_SUBJECT }, 3, refused('IDEMPOTENCY_KEY_REUSED')),
      closed: anAttempt(
        'closed',
        { ...essay, idempotencyKey: null, subjectId: 'closed', expectedCode: 'ASSIGNMENT_CLOSED' },
        4,
        refused('ASSIGNMENT_CLOSED'),
      ),
      ended: anAttempt('end', end, 5, grantedOf(second, false, endedResult)),
      endedAgain: anAttempt('again', end, 6, grantedOf(second, true, endedResult)),
      started: anAttempt('start', start, 7, {
        ...{ kind: 'started', joined: false, session: { ...startedSession, focusedSeconds: null } },
        student: reportedStudent(second.student),
      }),
    },
    stored: {
      students: [{ ...second.student, runningPomodoro: { ...running, id: runningId } }],
      rewards: [first.reward, second.reward],
      submissions: [submission],
      sessions: [rewarded],
      acts: [],
    },
  };
}

const focus = ({ plannedMinutes, focusedSeconds }: PomodoroSessionRecord) => ({
  ...{ kind: 'PomodoroEnded' as const, plannedMinutes, focusedSeconds: focusedSeconds! },
});

function claimOf(
  requestId: string,
  operation: Claim['operation'],
  subject: Claim['subject'],
  receivedAt: Date,
  requestKey: string | null,
): Claim {
  return {
    ...{ rewardId: new Types.ObjectId(), operation, subject, requestKey, fingerprint: 'of the input' },
    reason: operation === 'submitAssignment' ? 'ASSIGNMENT_SUBMITTED' : 'POMODORO_ENDED',
    facts: { requestId, receivedAt, actorId: studentId },
  };
}

/** An attempt that is sent in second `at`, by both the client's and the server's clock, and ends within that second. */
function anAttempt(id: string, request: Omit<LogicalRequest, 'id'>, at: number, result: AttemptResult): Attempt {
  return {
    ...{ request: { ...request, id }, requestId: `${id}.${id === 'essay' ? at : 0}`, server: 'here' },
    ...{ sentAt: at * second, endedAt: at * second + 500, hasArrived: false, mayBeBehind: false },
    // A copy, as if it came over the wire: it shares no object with the stored documents.
    result: JSON.parse(JSON.stringify(result)),
    arrivedAfter: later(noon, at * second).getTime(),
    arrivedBefore: later(noon, at * second + 500).getTime(),
  };
}

const refused = (code: string): AttemptResult => ({ kind: 'refused', code });

function reportedStudent({ runningPomodoro: _, ...student }: StudentRecord): ReportedStudent {
  const { level, xp, lifetimeXp, auraPoints, submissionCount, pomodoroCount, totalPomodoroSeconds } = stateOf({
    ...student,
    runningPomodoro: null,
  });
  const counters = { submissionCount, pomodoroCount, totalPomodoroSeconds };
  return { level, xp, lifetimeXp, auraPoints, ...counters, runningPomodoro: null };
}

const reportedSession = ({ _id, status, startedAt, endedAt, focusedSeconds }: PomodoroSessionRecord) => ({
  ...{ id: _id.toHexString(), status, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() },
  focusedSeconds,
});

function grantedOf(
  { student, reward }: { student: StudentRecord; reward: RewardRecord },
  replayed: boolean,
  more: Partial<Granted>,
): Granted {
  const { _id, sequence, reason, xp, auraPoints, before, after, lines, leveledUp, surplusDiscarded } = reward;
  const newBadges = reward.badges.map((id) => ({ id }));
  const pay = { sequence, reason, xp, auraPoints, before, after, lines, leveledUp, surplusDiscarded, newBadges };
  return {
    ...{ kind: 'granted', replayed, leveledUp, level: student.level, newBadges },
    badges: student.badges.map(({ badgeId }) => ({ badge: { id: badgeId } })),
    reward: { id: _id.toHexString(), ...pay, rulesVersion: 1, grantedAt: reward.grantedAt.toISOString() },
    student: reportedStudent(student),
    ...more,
  };
}

function violationsAfter(tamper: (world: World) => unknown): Invariant[] {
  const world = aWorld();
  tamper(world);
  return [...new Set(check(Object.values(world.attempts), world.stored).map(({ invariant }) => invariant))];
}

const granted = ({ result }: Attempt) => result as Granted;
const set = Object.assign;

test('given a run that kept every promise, the checker finds no violation', () => {
  expect(violationsAfter(() => {})).toEqual([]);
  const { attempts, stored } = aWorld();
  expect(tally(Object.values(attempts), stored)).toEqual({
    ...{ requests: 9, acknowledged: 2, lost: 0, doubled: 0, unresolved: 0 },
  });
});

type Case = readonly [what: string, invariant: Invariant, tamper: (world: World) => unknown];

const cases: readonly Case[] = [
  ['an acknowledged reward is missing', 'acknowledged-kept', ({ stored }) => stored.rewards.pop()],
  [
    'a reward pays other points than reported',
    'acknowledged-kept',
    ({ stored }) => set(stored.rewards[0]!, { xp: 41 }),
  ],
  ['a reward has other lines than reported', 'acknowledged-kept', ({ stored }) => void stored.rewards[0]!.lines.pop()],
  ['a submission is missing', 'acknowledged-kept', ({ stored }) => stored.submissions.pop()],
  ['a submission has another text', 'acknowledged-kept', ({ stored }) => set(stored.submissions[0]!, { content: '' })],
  ['a session is missing', 'acknowledged-kept', ({ stored }) => stored.sessions.pop()],
  [
    'a session ended differently than reported',
    'acknowledged-kept',
    ({ stored }) => set(stored.sessions[0]!, { focusedSeconds: 600 }),
  ],
  [
    'a started session is missing',
    'acknowledged-kept',
    ({ stored }) => set(stored.students[0]!, { runningPomodoro: null }),
  ],
  [
    'a subject is paid twice',
    'paid-once',
    ({ stored: { rewards } }) => rewards.push({ ...rewards[0]!, _id: new Types.ObjectId(), sequence: 3 }),
  ],
  [
    'a key is paid twice',
    'paid-once',
    ({ stored: { rewards } }) =>
      rewards.push({ ...rewards[0]!, subject: { kind: 'assignment', id: new Types.ObjectId() } }),
  ],
  [
    'a replay reports other points',
    'same-answer',
    ({ attempts }) => set(granted(attempts.replay!).reward!, { xp: 41 }),
  ],
  [
    'a replay is not marked as a replay',
    'same-answer',
    ({ attempts }) => set(granted(attempts.replay!), { replayed: false }),
  ],
  [
    'the first response is marked as a replay',
    'same-answer',
    ({ attempts }) => set(granted(attempts.paid!), { replayed: true }),
  ],
  [
    'leveledUp differs from the reward',
    'same-answer',
    ({ attempts }) => set(granted(attempts.replay!), { leveledUp: true }),
  ],
  [
    'newBadges differ from the reward',
    'same-answer',
    ({ attempts }) => set(granted(attempts.replay!), { newBadges: [] }),
  ],
  [
    'a response contains another session',
    'same-answer',
    ({ attempts }) => set(granted(attempts.ended!).session!, { id: NO_SUBJECT }),
  ],
  [
    'a request has no outcome',
    'resolved',
    ({ attempts }) => set(attempts.closed!, { result: { kind: 'no response', cause: '' } }),
  ],
  [
    'a request has two outcomes',
    'resolved',
    ({ attempts }) => set(attempts.unanswered!, { result: refused('ALREADY_SUBMITTED') }),
  ],
  ['no request matches a row', 'nothing-unasked', ({ stored }) => set(stored.rewards[0]!, { requestId: 'other' })],
  ['no request sent the key of a row', 'nothing-unasked', ({ stored }) => set(stored.rewards[1]!, { requestKey: 'x' })],
  ['a row has another actor', 'nothing-unasked', ({ stored }) => set(stored.rewards[0]!, { actorId: runningId })],
  [
    'no request sent the text of a submission',
    'nothing-unasked',
    ({ stored }) => set(stored.submissions[0]!, { content: 'Other' }),
  ],
  [
    'no request ended a session',
    'nothing-unasked',
    ({ stored: { sessions } }) => sessions.push({ ...sessions[0]!, _id: runningId }),
  ],
  [
    'a request that must be refused was paid',
    'nothing-unasked',
    ({ attempts }) => set(attempts.paid!.request, { expectedCode: 'ASSIGNMENT_CLOSED' }),
  ],
  [
    'a request with other content is answered as paid',
    'refused-rightly',
    ({ attempts }) => set(attempts.otherText!, { result: attempts.replay!.result }),
  ],
  [
    'a retry is refused',
    'refused-rightly',
    ({ attempts }) => set(attempts.replay!, { result: refused('ALREADY_SUBMITTED') }),
  ],
  [
    'an unused key is reported as reused',
    'refused-rightly',
    ({ attempts }) => set(attempts.keyReused!.request, { idempotencyKey: 'another' }),
  ],
  [
    'an existing subject is reported as not found',
    'refused-rightly',
    ({ attempts }) => set(attempts.replay!, { result: refused('NOT_FOUND') }),
  ],
  [
    'a key that is known to be used is not reported as reused',
    'refused-rightly',
    ({ attempts }) => set(attempts.keyReused!, { result: refused('NOT_FOUND') }),
  ],
  [
    'a closed assignment is reported as not found',
    'refused-rightly',
    ({ attempts }) => set(attempts.closed!, { result: refused('NOT_FOUND') }),
  ],
  [
    'a row does not begin where the one before ended',
    'history-linear',
    ({ stored }) => set(stored.rewards[1]!.before, { xp: 0 }),
  ],
  ['a sequence number is skipped', 'history-linear', ({ stored }) => set(stored.rewards[1]!, { sequence: 3 })],
  [
    'the student is shown in a state that never existed',
    'history-linear',
    ({ attempts }) => set(granted(attempts.replay!).student, { xp: 1 }),
  ],
  [
    'the level differs from the student',
    'history-linear',
    ({ attempts }) => set(granted(attempts.replay!), { level: 7 }),
  ],
  [
    'a badge is missing from a response',
    'history-linear',
    ({ attempts }) => set(granted(attempts.replay!), { badges: [] }),
  ],
  [
    'the student is shown without the reward',
    'history-linear',
    ({ attempts }) => {
      const { student, level, badges } = granted(attempts.replay!);
      set(attempts.endedAgain!.result, { student, level, badges });
    },
  ],
  [
    'an ended session is shown as running',
    'history-linear',
    ({ attempts }) => set(granted(attempts.ended!).student, { runningPomodoro: { id: sessionId.toHexString() } }),
  ],
  [
    'a later request is shown an older student',
    'real-time-order',
    ({ attempts }) => set(attempts.started!.result, { student: granted(attempts.paid!).student }),
  ],
  [
    'the clock was read too late',
    'clock-at-arrival',
    ({ attempts }) => set(attempts.paid!, { arrivedBefore: noon.getTime() }),
  ],
  [
    'the clock was read too early',
    'clock-at-arrival',
    ({ attempts }) => set(attempts.paid!, { arrivedAfter: noon.getTime() + second + 1 }),
  ],
  [
    'an action has another time than its row',
    'clock-at-arrival',
    ({ stored: { rewards } }) => set(rewards[0]!.action, { at: later(noon, minute) }),
  ],
  [
    'a session pays more than its planned minutes',
    'points-in-bounds',
    ({ stored }) => set(stored.rewards[1]!, { xp: 26 }),
  ],
  ['a reward has negative points', 'points-in-bounds', ({ stored }) => set(stored.rewards[0]!, { xp: -1 })],
  ['focused time is negative', 'points-in-bounds', ({ stored }) => set(stored.sessions[0]!, { focusedSeconds: -1 })],
  [
    'a session ends before it began',
    'points-in-bounds',
    ({ stored }) => set(stored.sessions[0]!, { endedAt: later(noon, -2 * hour) }),
  ],
  [
    'an attempt takes more than 30 s',
    'answered-in-time',
    ({ attempts }) => set(attempts.unanswered!, { sentAt: -30 * second }),
  ],
  [
    'a response is truncated',
    'answers-whole',
    ({ attempts }) => set(attempts.unanswered!, { result: { kind: 'truncated', cause: 'half' } }),
  ],
  [
    'an error does not ask the client to retry',
    'errors-honest',
    ({ attempts }) => set(attempts.unanswered!, { result: errorOf(200, 'INTERNAL_SERVER_ERROR', null) }),
  ],
  [
    'UNAVAILABLE has no Retry-After',
    'errors-honest',
    ({ attempts }) => set(attempts.unanswered!, { result: errorOf(503, 'UNAVAILABLE', null) }),
  ],
  [
    'UNAVAILABLE has status 200',
    'errors-honest',
    ({ attempts }) => set(attempts.unanswered!, { result: errorOf(200, 'UNAVAILABLE', '1') }),
  ],
];

const errorOf = (status: number, code: string, retryAfter: string | null): AttemptResult => ({
  ...{ kind: 'error', status, code, retryAfter },
});

describe('the checker names the broken invariant when', () => {
  test.each(cases)('%s: %s', (_, invariant, tamper) => {
    expect(violationsAfter(tamper)).toContain(invariant);
  });
});

test('UNAVAILABLE with Retry-After is not a violation', () => {
  expect(
    violationsAfter(({ attempts }) => set(attempts.unanswered!, { result: errorOf(503, 'UNAVAILABLE', '1') })),
  ).toEqual([]);
});

test('NOT_FOUND for a key that may have been used only later is not a violation', () => {
  expect(
    violationsAfter(({ attempts }) => set(attempts.keyReused!, { sentAt: 0, result: refused('NOT_FOUND') })),
  ).toEqual([]);
});

test('NOT_FOUND for a used key is not a violation at a server whose database may not know the row yet', () => {
  expect(
    violationsAfter(({ attempts }) => set(attempts.keyReused!, { mayBeBehind: true, result: refused('NOT_FOUND') })),
  ).toEqual([]);
});

test('a request that is never retried may stay without an outcome', () => {
  const tamper = ({ attempts: { closed } }: World) => {
    set(closed!, { result: { kind: 'no response', cause: 'reset' } });
    set(closed!.request, { isNeverRetried: true });
  };
  expect(violationsAfter(tamper)).toEqual([]);
});

test('tally counts lost, doubled and unresolved', () => {
  const { attempts, stored } = aWorld();
  attempts.closed!.result = { kind: 'no response', cause: 'reset' };
  const rewards = [stored.rewards[0]!, { ...stored.rewards[0]!, requestKey: 'another', _id: new Types.ObjectId() }];
  expect(tally(Object.values(attempts), { ...stored, rewards })).toEqual({
    ...{ requests: 9, acknowledged: 2, lost: 1, doubled: 1, unresolved: 1 },
  });
});
