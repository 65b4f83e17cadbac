import { beforeEach, expect, test } from '@jest/globals';
import type { Drift } from '../../src/audit/drift.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import { randomNumbers, type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import { ManualActModel, type ManualActRecord } from '../../src/storage/models/manual-act.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { useDatabase } from '../support/database.js';

const database = useDatabase();
beforeEach(() => database.empty());

const now = new Date('2026-05-20T12:00:00Z');

const seed = (number: number, size = { students: 12, rows: 200, rowsOfFirst: 90 }): Promise<ScaleSchool> =>
  seedScaleSchool({ ...size, seed: number, now, report: () => {} });

async function drifts(): Promise<Drift[]> {
  const found: Drift[] = [];
  await verifyDatabase((drift) => found.push(drift));
  return found;
}

/** The XP of all rewards in a fixed order. */
async function paid(): Promise<number[]> {
  const rows = await RewardModel.find().sort({ grantedAt: 1, xp: 1 }).lean<RewardRecord[]>();
  return rows.map(({ xp }) => xp);
}

test('a school of any size has exact ledgers with the requested number of rows', async () => {
  const { studentIds } = await seed(1);

  expect(await drifts()).toEqual([]);
  expect(studentIds).toHaveLength(12);
  expect(await RewardModel.countDocuments()).toBe(200);
  expect(await RewardModel.countDocuments({ studentId: studentIds[0] })).toBe(90);
});

test('a school has every act by hand, about one row in a hundred, and its ledgers are exact', async () => {
  const rows = 10_000;
  await seed(1, { students: 100, rows, rowsOfFirst: 500 });

  expect(await drifts()).toEqual([]);
  expect(await RewardModel.countDocuments()).toBe(rows);
  const byHand = await RewardModel.countDocuments({ operation: { $nin: ['submitAssignment', 'endPomodoro'] } });
  expect(byHand).toBeGreaterThan(rows / 200);
  expect(byHand).toBeLessThan(rows / 50);
  expect(await RewardModel.distinct('action.kind')).toHaveLength(8);
  expect(await RewardModel.distinct('subject.kind')).toHaveLength(8);
  expect(await ManualActModel.distinct('operation')).toHaveLength(7);
  const found = {
    'a bonus for many': await RewardModel.exists({ operation: 'grantBonuses' }),
    'a grade with a feedback': await SubmissionModel.exists({ grade: { $exists: true }, feedback: { $exists: true } }),
    'a grade without one': await SubmissionModel.exists({ grade: { $exists: true }, feedback: { $exists: false } }),
    'a grade that counts again': await RewardModel.exists({ 'action.kind': 'SubmissionRegraded', xp: { $gt: 0 } }),
    'a session that counts no more': await RewardModel.exists({ 'action.focusedSeconds': { $lt: 0 } }),
    'a discarded submission': await SubmissionModel.exists({ discardedAt: { $exists: true } }),
    'one that replaces it': await SubmissionModel.exists({ replaces: { $exists: true } }),
    'an extension': await StudentModel.exists({ 'extensions.0': { $exists: true } }),
    'a resubmission': await StudentModel.exists({ 'resubmissions.0': { $exists: true } }),
    'a lost badge': await RewardModel.exists({ 'lostBadges.0': { $exists: true } }),
    'an extension of a revoked reward': await RewardModel.exists({ 'action.kind': 'DeadlineExtended', xp: 0 }),
    'an extension that pays nothing': await ManualActModel.exists({ operation: 'extendDeadline', rewardIds: [] }),
    'one that was taken back': await ManualActModel.exists({ operation: 'extendDeadline', extension: null }),
    'a discard of a graded submission': await ManualActModel.exists({ 'rewardIds.1': { $exists: true } }),
  };
  expect(Object.entries(found).filter(([, one]) => one === null)).toEqual([]);
});

test('the same seed creates the same history, and another seed a different one', async () => {
  const size = { students: 12, rows: 2_000, rowsOfFirst: 90 };
  const acts = async () =>
    (await ManualActModel.find().sort({ at: 1, operation: 1, rewardIds: 1 }).lean<ManualActRecord[]>()).map(
      ({ operation, at, rewardIds }) => [operation, at, rewardIds.length],
    );
  await seed(1, size);
  const first = [await paid(), await acts()];
  await database.empty();
  await seed(1, size);
  expect([await paid(), await acts()]).toEqual(first);
  await database.empty();
  await seed(2, size);
  const [others, otherActs] = [await paid(), await acts()];
  expect(others).not.toEqual(first[0]);
  expect(otherActs).not.toEqual(first[1]);
});

test('the numbers of a seed are those of mulberry32, so every version makes the same choices', () => {
  const random = randomNumbers(1);
  expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
});
