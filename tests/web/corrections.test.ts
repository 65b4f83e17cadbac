/** What a teacher puts right, as requests of the outbox, and what undoes each. */
import { describe, expect, test } from '@jest/globals';
import {
  bonus,
  discard,
  extend,
  grade,
  type Part,
  restore,
  revoke,
  type Undo,
  undoing,
} from '../../web/app/teacher/correction';
import { entryOf } from './stored-entries';

const named = ({ query, variables }: Part) => [/mutation (\w+)/.exec(query)?.[1], variables('key')];

/** An entry that the server has accepted with this answer. */
const accepted = (result: object) =>
  entryOf('teacher', 'an act', {
    outcome: { kind: 'accepted', at: 1, result: { __typename: 'Payload', ...result } },
  });
const row = (id: string, corrects: string | null = null) => ({
  id,
  corrects: corrects === null ? null : { id: corrects },
});
const undone = (undo: Undo | null, ...answers: object[]) => undoing(undo, answers.map(accepted)).map(named);

const terms = { courseId: 'c', points: 5, note: 'A good week.' };

describe('a bonus', () => {
  test('for one is one request, and for a class it is portions with a subject each', () => {
    expect(bonus('act', ['ada'], terms).map(named)).toEqual([
      ['GrantBonus', { input: { studentId: 'ada', ...terms, idempotencyKey: 'key' } }],
    ]);
    const ids = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const portions = bonus('act', ids, terms);
    expect(portions.map(({ students }) => students)).toEqual([25, 25, 10]);
    expect(new Set(portions.map(({ subject }) => subject)).size).toBe(3);
    expect(
      portions.flatMap(({ variables }) => (variables('k') as { input: { studentIds: string[] } }).input.studentIds),
    ).toEqual(ids);
    // The same dialog sends the same subjects, so a double click finds what waits; another dialog has others.
    expect(bonus('act', ids, terms).map(({ subject }) => subject)).toEqual(portions.map(({ subject }) => subject));
    expect(bonus('other', ids, terms)[0]!.subject).not.toBe(portions[0]!.subject);
  });

  test('is undone for each student who got it', () => {
    const entries = [
      { studentId: 'ada', result: { __typename: 'GrantBonusPayload', reward: row('r1') } },
      { studentId: 'bob', result: { __typename: 'Refusal', message: 'Not in the course.' } },
    ];
    const input = { note: expect.any(String), idempotencyKey: 'key' };
    expect(undone({ kind: 'revoke' }, { entries }, { reward: row('r2') })).toEqual([
      ['RevokeReward', { input: { rewardId: 'r1', ...input } }],
      ['RevokeReward', { input: { rewardId: 'r2', ...input } }],
    ]);
  });
});

describe('undoing', () => {
  const input = { note: expect.any(String), idempotencyKey: 'key' };

  test('a revocation restores the row that it corrects, and the undoing of a restoration revokes it', () => {
    const answer = { reward: row('r2', 'r1') };
    expect(undone({ kind: 'restore' }, answer)).toEqual([['RestoreReward', { input: { rewardId: 'r1', ...input } }]]);
    expect(undone({ kind: 'revoke' }, answer)).toEqual([['RevokeReward', { input: { rewardId: 'r1', ...input } }]]);
  });

  test('a discard restores the submission first and then its grade, in one request with two keys', () => {
    const rewards = [row('r3', 'paid'), row('r4', 'graded')];
    expect(undone({ kind: 'restore' }, { rewards })).toEqual([
      [
        'RestoreSubmissionAndGrade',
        {
          input: { rewardId: 'paid', ...input },
          grade: { rewardId: 'graded', ...input, idempotencyKey: 'key grade' },
        },
      ],
    ]);
    expect(undone({ kind: 'restore' }, { rewards: rewards.slice(0, 1) })[0]![0]).toBe('RestoreReward');
  });

  test('a regrade brings the former grade back, with fields that the server knows', () => {
    const undo = { kind: 'regrade', submissionId: 's', grade: 70, feedback: null } as const;
    expect(undone(undo, { reward: row('r2', 'r1') })).toEqual([
      ['GradeSubmission', { input: { submissionId: 's', grade: 70, feedback: null, idempotencyKey: 'key' } }],
    ]);
  });

  test('an extension brings the former dates back, or those of everybody', () => {
    const ids = { assignmentId: 'a', studentId: 's' };
    const former = { dueDate: '2035-01-01T00:00Z', closesAt: null, note: 'Ill.' };
    expect(undone({ kind: 'extend', ...ids, ...former }, { reward: null })).toEqual([
      ['ExtendDeadline', { input: { ...ids, ...former, idempotencyKey: 'key' } }],
    ]);
    const none = { dueDate: null, closesAt: null };
    expect(undone({ kind: 'extend', ...ids, ...none, note: null }, { reward: null })).toEqual([
      ['ExtendDeadline', { input: { ...ids, ...none, ...input } }],
    ]);
  });

  test('an undoing is not offered again', () => {
    expect(undone(null, { reward: row('r2', 'r1') })).toEqual([]);
  });
});

test('one request about each thing waits at a time', () => {
  const subjects = [
    revoke('1', 'n'),
    grade('1', { grade: 1, feedback: null }),
    discard({ submissionId: '1', note: 'n' }),
    extend({ assignmentId: '1', studentId: '1' }, { dueDate: null, closesAt: null }, 'n'),
  ].map(({ subject }) => subject);
  expect(new Set(subjects).size).toBe(4);
  expect(restore('1', 'n').subject).toBe(revoke('1', 'n').subject);
});
