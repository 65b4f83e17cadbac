import { beforeEach, expect, test } from '@jest/globals';
import { seedScaleSchool } from '../../src/cli/scale-school.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';

const database = useDatabase();
beforeEach(() => database.empty());

const now = new Date('2026-05-20T12:00:00Z');

const seed = (number: number) =>
  seedScaleSchool({ students: 12, rows: 200, rowsOfFirst: 90, seed: number, now, report: () => {} });

/** The XP of all rewards in a fixed order. */
async function paid(): Promise<number[]> {
  const rows = await RewardModel.find().sort({ grantedAt: 1, xp: 1 }).lean<RewardRecord[]>();
  return rows.map(({ xp }) => xp);
}

test('a school of any size has exact ledgers with the requested number of rows', async () => {
  const { studentIds } = await seed(1);

  let rows = 0;
  for (const studentId of studentIds) rows += (await expectExactLedger(studentId)).length;
  expect(rows).toBe(200);
  expect(await RewardModel.countDocuments({ studentId: studentIds[0] })).toBe(90);
});

test('the same seed creates the same history, and another seed a different one', async () => {
  await seed(1);
  const first = await paid();
  await database.empty();
  await seed(1);
  expect(await paid()).toEqual(first);
  await database.empty();
  await seed(2);
  expect(await paid()).not.toEqual(first);
});
