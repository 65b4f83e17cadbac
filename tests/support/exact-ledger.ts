import { expect } from '@jest/globals';
import type { Types } from 'mongoose';
import { driftsOf } from '../../src/audit/drifts-of.js';
import { readSnapshot } from '../../src/audit/read-snapshots.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';

/**
 * Fails, and names each value that is wrong, unless the ledger of a student is exact, as `npm run verify-ledger` sees it.
 * @returns the rows, in order, for whatever else a test has to say of them
 */
export async function expectExactLedger(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  const snapshot = await readSnapshot(studentId);
  if (!snapshot) throw new Error(`there is no student ${studentId}`);
  expect(driftsOf(snapshot)).toEqual([]);
  return [...snapshot.rewards];
}
