/** Proves that the checks of changes and reads can fail. */
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { Invariant } from './checker.js';
import { leaderboardReadOf, ledgerReadOf, revisionsOf, signUpOf, zoneChangesOf } from './everyday.js';
import { checkEveryday, type StoredSchool } from './everyday-checks.js';
import type { Attempt, AttemptResult, LogicalRequest } from './record.js';
import type { School } from './school.js';

const ada = new Types.ObjectId();
const submissionId = new Types.ObjectId();
const assignmentId = new Types.ObjectId();
const school = { courseId: 'course', teacherId: 'teacher' } as School;
const paid = {
  studentId: String(ada),
  submissionId: String(submissionId),
  assignmentId: String(assignmentId),
  rewardId: '',
};
const [firstText, secondText] = revisionsOf(paid, 2) as [LogicalRequest, LogicalRequest];
const [zone] = zoneChangesOf(String(ada), 1) as [LogicalRequest];
const email = 'newcomer-1@faults.example';

const progress = (points: number) => ({ level: 0, xp: points, lifetimeXp: points, auraPoints: points });
const rowOf = (sequence: number) => ({
  ...{ _id: new Types.ObjectId(), studentId: ada, sequence, reason: 'ASSIGNMENT_SUBMITTED', xp: 10, auraPoints: 10 },
  ...{ before: progress(10 * sequence - 10), after: progress(10 * sequence), grantedAt: new Date(sequence) },
  ...{ requestId: `pay-${sequence}.0`, subject: { id: assignmentId } },
  action: { kind: 'AssignmentSubmitted', dueDate: new Date(0) },
});

/** Ada is paid in seconds 1 and 3; then she revises twice, changes her zone and reads; somebody signs up. */
function aWorld() {
  const rows = [rowOf(1), rowOf(2)];
  const stored = {
    students: [
      { _id: ada, displayName: 'Ada', timeZone: zone.everyday!.change!.value, courseIds: [new Types.ObjectId()] },
    ],
    rewards: rows,
    submissions: [{ _id: submissionId, content: secondText.everyday!.change!.value }],
    sessions: [],
    acts: [],
    assignments: [{ _id: assignmentId, dueDate: new Date(0) }],
    accounts: [{ _id: ada, email }],
  };
  const granted = (sequence: number) => ({ kind: 'granted', reward: { sequence } }) as AttemptResult;
  const pay = (sequence: number) =>
    ({ id: `pay-${sequence}`, studentId: String(ada), operation: 'submitAssignment' }) as LogicalRequest;
  const entry = { rank: 1, displayName: 'Ada', auraPoints: 20, level: 0, isMe: true };
  const board = { leaderboard: { edges: [{ node: entry }], me: { ...entry } } };
  const ledger = {
    ...{ ...progress(20), submissionCount: 2, pomodoroCount: 0, totalPomodoroSeconds: 0 },
    timeZone: zone.everyday!.change!.value,
    rewards: { edges: [...rows].reverse().map((row) => ({ node: shown(row) })) },
    submissions: { edges: [{ node: { id: String(submissionId), content: secondText.everyday!.change!.value } }] },
  };
  const attempts = {
    first: anAttempt(pay(1), 1, granted(1)),
    second: anAttempt(pay(2), 3, granted(2)),
    firstText: anAttempt(firstText, 4, answered({ content: firstText.everyday!.change!.value })),
    secondText: anAttempt(secondText, 5, answered({ content: secondText.everyday!.change!.value })),
    zone: anAttempt(zone, 6, answered({ timeZone: zone.everyday!.change!.value })),
    signUp: anAttempt(signUpOf(1), 6, answered({ user: { id: String(ada) } })),
    board: anAttempt(leaderboardReadOf(String(ada), school, 0), 7, answered(board)),
    ledger: anAttempt(ledgerReadOf(String(ada), school, 0), 8, answered(ledger)),
  };
  return { stored, attempts, board, ledger, entry };
}

const shown = ({ _id, sequence, reason, xp, auraPoints, before, after, grantedAt }: ReturnType<typeof rowOf>) => ({
  ...{ id: String(_id), sequence, reason, xp, auraPoints, before, after, grantedAt: grantedAt.toISOString() },
});
const answered = (data: unknown): AttemptResult => ({ kind: 'answered', data });

const anAttempt = (request: LogicalRequest, at: number, result: AttemptResult): Attempt => ({
  ...{ request, requestId: `${request.id}.0`, server: 'here', sentAt: at * 1_000, endedAt: at * 1_000 + 500 },
  ...{ arrivedAfter: 0, arrivedBefore: 0, hasArrived: true, mayBeBehind: false, result },
});

type World = ReturnType<typeof aWorld>;

function invariantsAfter(tamper: (world: World) => unknown): Invariant[] {
  const world = aWorld();
  tamper(world);
  const violations = checkEveryday(Object.values(world.attempts), world.stored as unknown as StoredSchool);
  return violations.map(({ invariant }) => invariant);
}

const set = Object.assign;

test('given a run that kept every promise, there is no violation', () => {
  expect(invariantsAfter(() => {})).toEqual([]);
});

describe('the broken invariant is named when', () => {
  test.each<[string, Invariant, (world: World) => unknown]>([
    [
      'the last text is lost',
      'acknowledged-kept',
      ({ stored }) => set(stored.submissions[0]!, { content: 'An essay' }),
    ],
    ['a zone is lost', 'acknowledged-kept', ({ stored }) => set(stored.students[0]!, { timeZone: 'UTC' })],
    [
      'an answer shows another text',
      'acknowledged-kept',
      ({ attempts }) => set(attempts.firstText, { result: answered({ content: '' }) }),
    ],
    ['an account is missing', 'acknowledged-kept', ({ stored }) => stored.accounts.pop()],
    [
      'an address has two accounts',
      'acknowledged-kept',
      ({ stored }) => stored.accounts.push({ _id: new Types.ObjectId(), email }),
    ],
    [
      'a board lacks an acknowledged row',
      'reads-current',
      ({ entry, board }) => [set(entry, { auraPoints: 10 }), set(board.leaderboard.me, { auraPoints: 10 })],
    ],
    ['a board lacks a student', 'reads-current', ({ board }) => set(board.leaderboard, { edges: [], me: null })],
    [
      'a board shows points that nobody had',
      'reads-consistent',
      ({ entry, board }) => [set(entry, { auraPoints: 15 }), set(board.leaderboard.me, { auraPoints: 15 })],
    ],
    [
      'a rank is wrong',
      'reads-consistent',
      ({ entry, board }) => [set(entry, { rank: 2 }), set(board.leaderboard.me, { rank: 2 })],
    ],
    ['the row of the viewer differs', 'reads-consistent', ({ board }) => set(board.leaderboard.me, { level: 1 })],
    [
      'a board shows a row of later',
      'reads-consistent',
      ({ attempts }) => set(attempts.second, { sentAt: 9_000, endedAt: 9_500 }),
    ],
    [
      'a ledger lacks an acknowledged row',
      'reads-current',
      ({ ledger }) => [ledger.rewards.edges.shift(), set(ledger, progress(10), { submissionCount: 1 })],
    ],
    ['a ledger has a gap', 'reads-consistent', ({ ledger }) => ledger.rewards.edges.pop()],
    [
      'a row is shown with other points',
      'reads-consistent',
      ({ ledger }) => set(ledger.rewards.edges[0]!.node, { xp: 11 }),
    ],
    ['the student beside a ledger is older', 'reads-consistent', ({ ledger }) => set(ledger, progress(10))],
    [
      'a former text is shown',
      'reads-current',
      ({ ledger }) => set(ledger.submissions.edges[0]!.node, { content: firstText.everyday!.change!.value }),
    ],
    ['a former zone is shown', 'reads-current', ({ ledger }) => set(ledger, { timeZone: 'UTC' })],
  ])('%s: %s', (_, invariant, tamper) => {
    expect(invariantsAfter(tamper)).toContain(invariant);
  });
});
