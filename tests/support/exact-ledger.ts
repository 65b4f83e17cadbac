import { expect } from '@jest/globals';
import type { Types } from 'mongoose';
import { driftsOf } from '../../src/audit/drifts-of.js';
import { readBooks } from '../../src/audit/read-books.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';

/**
 * Fails, and names each value that is wrong, unless the ledger of a student is exact, as `npm run verify-ledger` sees it.
 * @returns the rows, in order, for whatever else a test has to say of them
 */
export async function expectExactLedger(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  const books = await readBooks(studentId);
  if (!books) throw new Error(`there is no student ${studentId}`);
  expect(driftsOf(books)).toEqual([]);
  return [...books.rewards];
}
