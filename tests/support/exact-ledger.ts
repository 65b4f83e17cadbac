import { expect } from '@jest/globals';
import type { Types } from 'mongoose';
import { driftsOf } from '../../src/audit/drifts-of.js';
import { readSnapshot } from '../../src/audit/read-snapshots.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';

/**
 * Asserts that a student's ledger is exact, by the rules of `npm run verify-ledger`. A failure lists each wrong value.
 * @returns the rows, in order, for further assertions
 */
export async function expectExactLedger(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  const snapshot = await readSnapshot(studentId);
  if (!snapshot) throw new Error(`there is no student ${studentId}`);
  expect(driftsOf(snapshot)).toEqual([]);
  return [...snapshot.rewards];
}
