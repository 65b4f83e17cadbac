/** The checker can fail: each promise that it judges, broken in what was told or in what is stored. */
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { endedSession } from '../../src/actions/decide-group.js';
import { newStudentDocument } from '../../src/actions/new-student.js';
import { type Claim, payReward, stateOf } from '../../src/actions/pay-reward.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import { hour, later, minute, noon, second, today } from '../rewards/given.js';
import { check, type Invariant, tally } from './checker.js';
import { type Granted, NO_SUBJECT, type Told, type ToldStudent, type Try, type Wanted } from './record.js';

/** What a run of a product that keeps every promise leaves behind, to be broken in one place. */
interface World {
  readonly tries: Record<string, Try>;
  readonly stored: {
    readonly students: StudentRecord[];
    readonly rewards: RewardRecord[];
    readonly submissions: SubmissionRecord[];
    readonly sessions: PomodoroSessionRecord[];
  };
}

const studentId = new Types.ObjectId();
const assignmentId = new Types.ObjectId();
const sessionId = new Types.ObjectId();
const runningId = new Types.ObjectId();
const essay: Omit<Wanted, 'id'> = {
  ...{ studentId: studentId.toHexString(), operation: 'submitAssignment', subjectId: assignmentId.toHexString() },
  ...{ key: 'a key', content: 'An essay' },
};
const end: Omit<Wanted, 'id'> = {
  ...{ studentId: studentId.toHexString(), operation: 'endPomodoro', subjectId: sessionId.toHexString() },
  ...{ key: null, content: null },
};
const start: Omit<Wanted, 'id'> = { ...end, operation: 'startPomodoro', subjectId: null };
const submittedAt = later(noon, second);
const endedAt = later(noon, 5 * second);

/** A submission that is paid, asked for again in every way, then a session that is paid, then another one started. */
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
  const told = { submission: { id: submission._id.toHexString(), content: 'An essay' } };
  const endedTold = { session: toldSession(rewarded) };
  const startedSession = { id: runningId.toHexString(), status: 'RUNNING', startedAt: '', endedAt: null };
  return {
    tries: {
      unanswered: aTry('essay', essay, 0, { kind: 'no answer', why: 'reset' }),
      paid: aTry('essay', essay, 1, grantedOf(first, false, told)),
      replay: aTry('copy', { ...essay, key: null }, 2, grantedOf(first, true, told)),
      otherText: aTry('other', { ...essay, key: null, content: 'Other' }, 3, refused('ALREADY_SUBMITTED')),
      keyReused: aTry('reused', { ...essay, subjectId: NO_SUBJECT }, 3, refused('IDEMPOTENCY_KEY_REUSED')),
      closed: aTry(
        'closed',
        { ...essay, key: null, subjectId: 'closed', mustBe: 'ASSIGNMENT_CLOSED' },
        4,
        refused('ASSIGNMENT_CLOSED'),
      ),
      ended: aTry('end', end, 5, grantedOf(second, false, endedTold)),
      endedAgain: aTry('again', end, 6, grantedOf(second, true, endedTold)),
      started: aTry('start', start, 7, {
        ...{ kind: 'started', joined: false, session: { ...startedSession, focusedSeconds: null } },
        student: toldStudent(second.student),
      }),
    },
    stored: {
      students: [{ ...second.student, runningPomodoro: { ...running, id: runningId } }],
      rewards: [first.reward, second.reward],
      submissions: [submission],
      sessions: [rewarded],
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

/** Sent in the second of this number, by the record's and the server's clock alike, and answered in it. */
function aTry(id: string, wanted: Omit<Wanted, 'id'>, at: number, told: Told): Try {
  return {
    ...{ wanted: { ...wanted, id }, requestId: `${id}.${id === 'essay' ? at : 0}`, server: 'here' },
    ...{ sentAt: at * second, endedAt: at * second + 500, hasArrived: false },
    // Over the wire: it shares nothing with what is stored.
    told: JSON.parse(JSON.stringify(told)),
    arrivedAfter: later(noon, at * second).getTime(),
    arrivedBefore: later(noon, at * second + 500).getTime(),
  };
}

const refused = (code: string): Told => ({ kind: 'refused', code });

function toldStudent({ runningPomodoro: _, ...student }: StudentRecord): ToldStudent {
  const { level, xp, lifetimeXp, auraPoints, submissionCount, pomodoroCount, totalPomodoroSeconds } = stateOf({
    ...student,
    runningPomodoro: null,
  });
  const counters = { submissionCount, pomodoroCount, totalPomodoroSeconds };
  return { level, xp, lifetimeXp, auraPoints, ...counters, runningPomodoro: null };
}

const toldSession = ({ _id, status, startedAt, endedAt, focusedSeconds }: PomodoroSessionRecord) => ({
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
    student: toldStudent(student),
    ...more,
  };
}

function broken(doctor: (world: World) => unknown): Invariant[] {
  const world = aWorld();
  doctor(world);
  return [...new Set(check(Object.values(world.tries), world.stored).map(({ invariant }) => invariant))];
}

const granted = ({ told }: Try) => told as Granted;
const set = Object.assign;

test('a run that kept every promise is found without fault', () => {
  expect(broken(() => {})).toEqual([]);
  const { tries, stored } = aWorld();
  expect(tally(Object.values(tries), stored)).toEqual({
    ...{ requests: 9, acknowledged: 2, lost: 0, doubled: 0, unresolved: 0 },
  });
});

type Case = readonly [what: string, invariant: Invariant, doctor: (world: World) => unknown];

const cases: readonly Case[] = [
  ['an acknowledged reward is gone', 'acknowledged-kept', ({ stored }) => stored.rewards.pop()],
  ['a reward pays other than it was told', 'acknowledged-kept', ({ stored }) => set(stored.rewards[0]!, { xp: 41 })],
  ['a reward gives other reasons', 'acknowledged-kept', ({ stored }) => void stored.rewards[0]!.lines.pop()],
  ['a submission is gone', 'acknowledged-kept', ({ stored }) => stored.submissions.pop()],
  ['a submission has another text', 'acknowledged-kept', ({ stored }) => set(stored.submissions[0]!, { content: '' })],
  ['a session is gone', 'acknowledged-kept', ({ stored }) => stored.sessions.pop()],
  ['a session ended otherwise', 'acknowledged-kept', ({ stored }) => set(stored.sessions[0]!, { focusedSeconds: 600 })],
  [
    'a started session is gone',
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
  ['a replay tells of other points', 'same-answer', ({ tries }) => set(granted(tries.replay!).reward!, { xp: 41 })],
  ['a replay says that it is none', 'same-answer', ({ tries }) => set(granted(tries.replay!), { replayed: false })],
  [
    'the first answer says that it is a replay',
    'same-answer',
    ({ tries }) => set(granted(tries.paid!), { replayed: true }),
  ],
  [
    'leveledUp is not that of the reward',
    'same-answer',
    ({ tries }) => set(granted(tries.replay!), { leveledUp: true }),
  ],
  [
    'newBadges are not those of the reward',
    'same-answer',
    ({ tries }) => set(granted(tries.replay!), { newBadges: [] }),
  ],
  [
    'another session is answered',
    'same-answer',
    ({ tries }) => set(granted(tries.ended!).session!, { id: NO_SUBJECT }),
  ],
  ['a request has no outcome', 'resolved', ({ tries }) => set(tries.closed!, { told: { kind: 'no answer', why: '' } })],
  [
    'a request has two outcomes',
    'resolved',
    ({ tries }) => set(tries.unanswered!, { told: refused('ALREADY_SUBMITTED') }),
  ],
  ['a row was asked for by nobody', 'nothing-unasked', ({ stored }) => set(stored.rewards[0]!, { requestId: 'other' })],
  ['a row has a key that nobody sent', 'nothing-unasked', ({ stored }) => set(stored.rewards[1]!, { requestKey: 'x' })],
  ['a row is for somebody else', 'nothing-unasked', ({ stored }) => set(stored.rewards[0]!, { actorId: runningId })],
  [
    'a submission has a text that nobody sent',
    'nothing-unasked',
    ({ stored }) => set(stored.submissions[0]!, { content: 'Other' }),
  ],
  [
    'a session was ended by nobody',
    'nothing-unasked',
    ({ stored: { sessions } }) => sessions.push({ ...sessions[0]!, _id: runningId }),
  ],
  [
    'what had to be refused was paid',
    'nothing-unasked',
    ({ tries }) => set(tries.paid!.wanted, { mustBe: 'ASSIGNMENT_CLOSED' }),
  ],
  ['other content is paid', 'refused-rightly', ({ tries }) => set(tries.otherText!, { told: tries.replay!.told })],
  ['a repeat is refused', 'refused-rightly', ({ tries }) => set(tries.replay!, { told: refused('ALREADY_SUBMITTED') })],
  ['an unused key is reused', 'refused-rightly', ({ tries }) => set(tries.keyReused!.wanted, { key: 'another' })],
  ['what is there is not found', 'refused-rightly', ({ tries }) => set(tries.replay!, { told: refused('NOT_FOUND') })],
  [
    'a key that is known to be used is not',
    'refused-rightly',
    ({ tries }) => set(tries.keyReused!, { told: refused('NOT_FOUND') }),
  ],
  ['a closed one is not found', 'refused-rightly', ({ tries }) => set(tries.closed!, { told: refused('NOT_FOUND') })],
  [
    'a row does not begin where the last ended',
    'history-linear',
    ({ stored }) => set(stored.rewards[1]!.before, { xp: 0 }),
  ],
  ['a sequence is left out', 'history-linear', ({ stored }) => set(stored.rewards[1]!, { sequence: 3 })],
  [
    'the student never had what is shown',
    'history-linear',
    ({ tries }) => set(granted(tries.replay!).student, { xp: 1 }),
  ],
  ['the level is another one', 'history-linear', ({ tries }) => set(granted(tries.replay!), { level: 7 })],
  ['a badge is not shown', 'history-linear', ({ tries }) => set(granted(tries.replay!), { badges: [] })],
  [
    'the student is shown without the reward',
    'history-linear',
    ({ tries }) => {
      const { student, level, badges } = granted(tries.replay!);
      set(tries.endedAgain!.told, { student, level, badges });
    },
  ],
  [
    'what has ended still runs',
    'history-linear',
    ({ tries }) => set(granted(tries.ended!).student, { runningPomodoro: { id: sessionId.toHexString() } }),
  ],
  [
    'a later request is shown an older student',
    'real-time-order',
    ({ tries }) => set(tries.started!.told, { student: granted(tries.paid!).student }),
  ],
  [
    'the clock was read too late',
    'clock-at-arrival',
    ({ tries }) => set(tries.paid!, { arrivedBefore: noon.getTime() }),
  ],
  [
    'the clock was read too early',
    'clock-at-arrival',
    ({ tries }) => set(tries.paid!, { arrivedAfter: noon.getTime() + second + 1 }),
  ],
  [
    'an action has another time than its row',
    'clock-at-arrival',
    ({ stored: { rewards } }) => set(rewards[0]!.action, { at: later(noon, minute) }),
  ],
  ['a session pays more than it was long', 'points-in-bounds', ({ stored }) => set(stored.rewards[1]!, { xp: 26 })],
  ['points are taken away', 'points-in-bounds', ({ stored }) => set(stored.rewards[0]!, { xp: -1 })],
  ['focus is negative', 'points-in-bounds', ({ stored }) => set(stored.sessions[0]!, { focusedSeconds: -1 })],
  [
    'it ends before it began',
    'points-in-bounds',
    ({ stored }) => set(stored.sessions[0]!, { endedAt: later(noon, -2 * hour) }),
  ],
  ['a try takes more than 30 s', 'answered-in-time', ({ tries }) => set(tries.unanswered!, { sentAt: -30 * second })],
  ['an answer is cut', 'answers-whole', ({ tries }) => set(tries.unanswered!, { told: { kind: 'cut', why: 'half' } })],
  [
    'an error is none that says: try again',
    'errors-honest',
    ({ tries }) => set(tries.unanswered!, { told: errorOf(200, 'INTERNAL_SERVER_ERROR', null) }),
  ],
  [
    'UNAVAILABLE does not say when to come again',
    'errors-honest',
    ({ tries }) => set(tries.unanswered!, { told: errorOf(503, 'UNAVAILABLE', null) }),
  ],
  [
    'UNAVAILABLE is told as a success',
    'errors-honest',
    ({ tries }) => set(tries.unanswered!, { told: errorOf(200, 'UNAVAILABLE', '1') }),
  ],
];

const errorOf = (status: number, code: string, retryAfter: string | null): Told => ({
  ...{ kind: 'error', status, code, retryAfter },
});

describe('a broken promise is named where', () => {
  test.each(cases)('%s: %s', (_, invariant, doctor) => {
    expect(broken(doctor)).toContain(invariant);
  });
});

test('UNAVAILABLE that says when to come again breaks no promise', () => {
  expect(broken(({ tries }) => set(tries.unanswered!, { told: errorOf(503, 'UNAVAILABLE', '1') }))).toEqual([]);
});

test('a key that may have been used later breaks no promise', () => {
  expect(broken(({ tries }) => set(tries.keyReused!, { sentAt: 0, told: refused('NOT_FOUND') }))).toEqual([]);
});

test('what nobody repeats may stay without an outcome', () => {
  const doctor = ({ tries: { closed } }: World) => {
    set(closed!, { told: { kind: 'no answer', why: 'reset' } });
    set(closed!.wanted, { isOnce: true });
  };
  expect(broken(doctor)).toEqual([]);
});

test('lost, doubled and unresolved are counted', () => {
  const { tries, stored } = aWorld();
  tries.closed!.told = { kind: 'no answer', why: 'reset' };
  const rewards = [stored.rewards[0]!, { ...stored.rewards[0]!, requestKey: 'another', _id: new Types.ObjectId() }];
  expect(tally(Object.values(tries), { ...stored, rewards })).toEqual({
    ...{ requests: 9, acknowledged: 2, lost: 1, doubled: 1, unresolved: 1 },
  });
});
