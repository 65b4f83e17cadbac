/** Proves that the checker can fail for what is done by hand: breaks it in the record or in the stored documents. */
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { correctReward } from '../../src/granting/correct-reward.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { type Claim, payReward, stateOf } from '../../src/granting/pay-reward.js';
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import { later, noon, second, today } from '../rewards/given.js';
import { check, type Invariant, tally } from './checker.js';
import type { Attempt, AttemptResult, Granted, GrantedEntry, GrantedMany, LogicalRequest } from './record.js';

const studentId = new Types.ObjectId();
const assignmentId = new Types.ObjectId();
const teacherId = new Types.ObjectId();
const dueDate = later(noon, 86_400 * second).toISOString();

/** A bonus of two requests, a revocation that is repeated, one that came too late, and an extension without a row. */
function aWorld() {
  const newcomer = newStudentDocument({ _id: studentId, displayName: 'Ada', timeZone: 'UTC', createdAt: noon });
  const bonusesAct = anAct('grantBonuses', 'bonuses.1', []);
  const first = payReward(newcomer, bonus(1), claimOf('bonuses.1', 'grantBonuses', bonusesAct._id, 1));
  const bonusAct = anAct('grantBonus', 'bonus.2', []);
  const paid = payReward(first.student, bonus(2), claimOf('bonus.2', 'grantBonus', bonusAct._id, 2));
  const ledger = [first.reward, paid.reward];
  const claim = { ...claimOf('revoke.3', 'revokeReward', bonusAct._id, 3) };
  const revoked = correctReward(paid.student, ledger, paid.reward, { kind: 'RewardRevoked', note: 'Copied' }, claim);
  const extension = { assignmentId, dueDate: new Date(dueDate), closesAt: null, note: 'Ill' };
  const target = paid.reward._id.toHexString();
  const revocation = requestOf('revoke', 'revokeReward', target);
  const entry = grantedOf(first, false);
  return {
    attempts: {
      bonusesLost: attempt(many, 0, { kind: 'no response', cause: 'killed' }),
      bonuses: attempt(many, 1, {
        kind: 'granted many',
        entries: [{ studentId: studentId.toHexString(), result: entry as GrantedEntry }],
      }),
      bonus: attempt(requestOf('bonus', 'grantBonus', null), 2, grantedOf(paid, false)),
      revoked: attempt(revocation, 3, grantedOf(revoked, false)),
      repeated: attempt(revocation, 4, grantedOf(revoked, true)),
      tooLate: attempt(requestOf('late', 'revokeReward', target), 5, { kind: 'refused', code: 'NOTHING_TO_CHANGE' }),
      extended: attempt(requestOf('extend', 'extendDeadline', assignmentId.toHexString(), { dueDate }), 6, {
        ...grantedOf(revoked, false),
        reward: null,
      }),
    } as Record<string, Attempt>,
    stored: {
      students: [{ ...revoked.student, extensions: [extension] }] as StudentRecord[],
      rewards: [...ledger, revoked.reward],
      submissions: [],
      sessions: [],
      acts: [
        bonusesAct,
        { ...bonusAct, rewardIds: [paid.reward._id] },
        anAct('revokeReward', 'revoke.3', [revoked.reward._id]),
        { ...anAct('extendDeadline', 'extend.6', []), assignmentId },
      ] as ManualActRecord[],
    },
  };
}

type World = ReturnType<typeof aWorld>;

const bonus = (at: number) =>
  ({
    kind: 'BonusGranted',
    at: later(noon, at * second),
    localDate: today,
    points: 20 * at,
    note: 'Well done',
  }) as const;

function claimOf(requestId: string, operation: Claim['operation'], id: Types.ObjectId, at: number): Claim {
  return {
    ...{ rewardId: new Types.ObjectId(), reason: 'BONUS', subject: { kind: 'bonus', id }, operation },
    ...{ requestKey: null, fingerprint: 'of the input' },
    facts: { requestId, receivedAt: later(noon, at * second), actorId: teacherId },
  };
}

function anAct(
  operation: ManualActRecord['operation'],
  requestId: string,
  rewardIds: Types.ObjectId[],
): ManualActRecord {
  return {
    ...{ _id: new Types.ObjectId(), actorId: teacherId, operation, requestKey: `key of ${requestId.split('.')[0]}` },
    ...{ fingerprint: 'of the input', studentIds: [studentId], rewardIds, at: noon, requestId },
  };
}

const requestOf = (
  id: string,
  operation: LogicalRequest['operation'],
  subjectId: string | null,
  input: object = {},
): LogicalRequest => ({
  ...{ id, studentId: studentId.toHexString(), operation, subjectId, idempotencyKey: `key of ${id}`, content: null },
  act: { actorId: teacherId.toHexString(), role: 'TEACHER', input },
});

const all = requestOf('bonuses', 'grantBonuses', null);
const many: LogicalRequest = { ...all, studentId: '', act: { ...all.act!, studentIds: [studentId.toHexString()] } };

const attempt = (request: LogicalRequest, at: number, result: AttemptResult): Attempt => ({
  ...{ request: { ...request }, requestId: `${request.id}.${at}`, server: 'here', hasArrived: false },
  ...{ sentAt: at * second, endedAt: at * second + 500, mayBeBehind: false },
  result: JSON.parse(JSON.stringify(result)),
  arrivedAfter: later(noon, at * second).getTime(),
  arrivedBefore: later(noon, at * second + 500).getTime(),
});

function grantedOf({ student, reward }: { student: StudentRecord; reward: RewardRecord }, replayed: boolean): Granted {
  const { _id, sequence, reason, xp, auraPoints, before, after, lines, leveledUp, surplusDiscarded } = reward;
  const newBadges = reward.badges.map((id) => ({ id }));
  const { level, lifetimeXp, submissionCount, pomodoroCount, totalPomodoroSeconds } = stateOf(student);
  return {
    ...{ kind: 'granted', replayed, leveledUp, level: student.level, newBadges },
    badges: student.badges.map(({ badgeId }) => ({ badge: { id: badgeId } })),
    reward: {
      ...{ id: _id.toHexString(), sequence, reason, xp, auraPoints, before, after, lines, leveledUp },
      ...{ surplusDiscarded, newBadges, rulesVersion: reward.rulesVersion, grantedAt: reward.grantedAt.toISOString() },
    },
    student: {
      ...{ level, xp: student.xp, lifetimeXp, auraPoints: student.auraPoints },
      ...{ submissionCount, pomodoroCount, totalPomodoroSeconds, runningPomodoro: null },
    },
  };
}

function violationsAfter(tamper: (world: World) => unknown): Invariant[] {
  const world = aWorld();
  tamper(world);
  return [...new Set(check(Object.values(world.attempts), world.stored).map(({ invariant }) => invariant))];
}

const set = Object.assign;
const granted = ({ result }: Attempt) => result as Granted;

test('given acts that kept every promise, the checker finds no violation', () => {
  expect(violationsAfter(() => {})).toEqual([]);
  const { attempts, stored } = aWorld();
  expect(tally(Object.values(attempts), stored)).toEqual({
    ...{ requests: 7, acknowledged: 3, lost: 0, doubled: 0, unresolved: 0 },
  });
});

const cases: readonly (readonly [what: string, invariant: Invariant, tamper: (world: World) => unknown])[] = [
  ['an acknowledged act is missing', 'acknowledged-kept', ({ stored }) => void stored.acts.splice(2, 1)],
  ['a correcting row is missing', 'acknowledged-kept', ({ stored }) => void stored.rewards.pop()],
  ['an act wrote another row', 'acknowledged-kept', ({ stored }) => set(stored.acts[2]!, { rewardIds: [studentId] })],
  ['an extension is missing', 'acknowledged-kept', ({ stored }) => set(stored.students[0]!, { extensions: [] })],
  [
    'the reward of a student among many is missing',
    'acknowledged-kept',
    ({ stored }) => void stored.rewards.splice(0, 1),
  ],
  [
    'a repeat wrote another row',
    'paid-once',
    ({ attempts, stored: { rewards } }) => {
      set(attempts.repeated!, { requestId: 'revoke.4' });
      rewards.push({ ...rewards[2]!, _id: new Types.ObjectId(), sequence: 4, requestId: 'revoke.4' });
    },
  ],
  [
    'a repeat pays a student among many again',
    'paid-once',
    ({ stored: { rewards } }) =>
      rewards.push({
        ...{ ...rewards[0]!, _id: new Types.ObjectId(), sequence: 4, requestId: 'bonuses.0' },
        subject: { kind: 'bonus', id: new Types.ObjectId() },
      }),
  ],
  [
    'there are two acts under a key',
    'paid-once',
    ({ stored: { acts } }) => acts.push({ ...acts[3]!, _id: new Types.ObjectId() }),
  ],
  [
    'a repeat is not marked as a replay',
    'same-answer',
    ({ attempts }) => set(granted(attempts.repeated!), { replayed: false }),
  ],
  [
    'an act without a row is marked as a replay',
    'same-answer',
    ({ attempts }) => set(granted(attempts.extended!), { replayed: true }),
  ],
  [
    'a student is missing in the answer for many',
    'resolved',
    ({ attempts }) => set(attempts.bonuses!.result as GrantedMany, { entries: [] }),
  ],
  [
    'an act is refused after it was carried out',
    'resolved',
    ({ attempts }) => set(attempts.repeated!, { result: { kind: 'refused', code: 'NOTHING_TO_CHANGE' } }),
  ],
  ['no request matches an act', 'nothing-unasked', ({ stored }) => set(stored.acts[3]!, { requestKey: 'another' })],
  [
    'a row was asked for by another',
    'nothing-unasked',
    ({ stored }) => set(stored.rewards[2]!, { actorId: studentId }),
  ],
  [
    'a row corrects another reward',
    'nothing-unasked',
    ({ stored }) => set(stored.rewards[2]!, { corrects: studentId }),
  ],
  [
    'an act is refused although nobody else did the same',
    'refused-rightly',
    ({ attempts }) => set(attempts.tooLate!.request, { subjectId: assignmentId.toHexString() }),
  ],
  [
    'the student is shown as before the revocation',
    'history-linear',
    ({ attempts }) => set(granted(attempts.revoked!), { student: granted(attempts.bonus!).student }),
  ],
  [
    'a later act is shown an older student',
    'real-time-order',
    ({ attempts }) => set(granted(attempts.extended!), { student: granted(attempts.bonus!).student }),
  ],
  ['a bonus is too large', 'points-in-bounds', ({ stored }) => set(stored.rewards[0]!, { xp: 1_001 })],
  ['a worth is negative', 'points-in-bounds', ({ stored }) => set(stored.rewards[2]!, { worth: -1 })],
];

describe('the checker names the broken invariant when', () => {
  test.each(cases)('%s: %s', (_, invariant, tamper) => {
    expect(violationsAfter(tamper)).toContain(invariant);
  });
});
