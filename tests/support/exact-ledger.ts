import { expect } from '@jest/globals';
import type { Types } from 'mongoose';
import { driftsOf } from '../../src/audit/drifts-of.js';
import { readBooks } from '../../src/audit/read-books.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';

/**
 * Asserts that a student's ledger is exact, by the rules of `npm run verify-ledger`. A failure lists each wrong value.
 * @returns the rows, in order, for further assertions
 */
export async function expectExactLedger(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  const books = await readBooks(studentId);
  if (!books) throw new Error(`there is no student ${studentId}`);
  expect(driftsOf(books)).toEqual([]);
  return [...books.rewards];
}
