/** Proves that the checker of deliveries can fail: breaks each invariant in what a subscriber received. */
import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { Invariant } from './checker.js';
import { checkDelivery } from './delivery-checker.js';
import type { DeliveredReward } from './record.js';

const [ada, ben] = [new Types.ObjectId(), new Types.ObjectId()];

const aRow = (studentId: Types.ObjectId, sequence: number): RewardRecord =>
  ({
    ...{ _id: new Types.ObjectId(), studentId, sequence, reason: 'POMODORO_ENDED', xp: 20 + sequence, auraPoints: 20 },
    grantedAt: new Date(sequence * 1_000),
  }) as RewardRecord;

const event = ({ _id, sequence, reason, xp, auraPoints, grantedAt }: RewardRecord): DeliveredReward => ({
  ...{ id: _id.toHexString(), sequence, reason, xp, auraPoints },
  grantedAt: grantedAt.toISOString(),
});

const adasRows = [aRow(ada, 1), aRow(ada, 2), aRow(ada, 3)];
const bensRows = [aRow(ben, 1), aRow(ben, 2)];
const ledger = [...adasRows, ...bensRows];
const [a1, a2, a3] = adasRows.map(event) as [DeliveredReward, DeliveredReward, DeliveredReward];
const [b1, b2] = bensRows.map(event) as [DeliveredReward, DeliveredReward];

function broken(studentId: Types.ObjectId | null, delivered: DeliveredReward[], gaveUp: string | null = null) {
  const subscriber = { name: 'subscriber', studentId: studentId?.toHexString() ?? null, delivered, gaveUp };
  return checkDelivery([subscriber], ledger).map(({ invariant }) => invariant);
}

describe('no invariant is broken when', () => {
  test.each<[string, Types.ObjectId | null, DeliveredReward[]]>([
    ['a student receives every row in order', ada, [a1, a2, a3]],
    ['a teacher receives the rows of two students in any order of the students', null, [a1, b1, b2, a2, a3]],
    ['a teacher begins to listen with the second row of a student', null, [a2, b1, a3, b2]],
  ])('%s', (_, studentId, delivered) => {
    expect(broken(studentId, delivered)).toEqual([]);
  });
});

describe('the checker names the broken invariant when', () => {
  test.each<[string, Invariant, Types.ObjectId | null, DeliveredReward[]]>([
    ['a student misses the first row', 'delivered-all', ada, [a2, a3]],
    ['a student misses a row in the middle', 'delivered-all', ada, [a1, a3]],
    ['a student misses the last row', 'delivered-all', ada, [a1, a2]],
    ['a teacher misses the first row of another student', 'delivered-all', null, [a1, a2, a3, b2]],
    ['a teacher misses a row of the student who was paid first', 'delivered-all', null, [a1, a3, b1, b2]],
    ['a row arrives twice in a row', 'delivered-once', ada, [a1, a2, a2, a3]],
    ['a row arrives twice, the second time after a later one', 'delivered-once', ada, [a1, a2, a3, a1]],
    ['two rows arrive in the wrong order', 'delivered-in-order', ada, [a2, a1, a3]],
    ['a teacher receives two rows of a student in the wrong order', 'delivered-in-order', null, [a1, b2, a2, b1, a3]],
    [
      'a row arrives that is not in the ledger',
      'delivered-committed',
      ada,
      [a1, a2, a3, { ...a3, id: String(ada), sequence: 4 }],
    ],
    ['a row arrives with other points', 'delivered-committed', ada, [a1, { ...a2, xp: 1 }, a3]],
    ['a row arrives with another sequence', 'delivered-committed', ada, [a1, { ...a2, sequence: 4 }, a3]],
    ['a student receives a row of another student', 'delivered-committed', ada, [a1, a2, a3, b1]],
  ])('%s: %s', (_, invariant, studentId, delivered) => {
    expect(broken(studentId, delivered)).toEqual([invariant]);
  });
});

test('nothing arrived although there are rows', () => {
  expect(broken(ada, [])).toEqual(['delivered-all', 'delivered-all', 'delivered-all']);
  expect(broken(null, [])).toHaveLength(ledger.length);
});

test('a subscriber that the server made give up is a violation, even if it has everything', () => {
  expect(broken(ada, [a1, a2, a3], 'close code 4401')).toEqual(['delivered-all']);
});
