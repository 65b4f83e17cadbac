import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createLoaders } from '../../src/storage/loaders.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { useDatabase } from '../support/database.js';
import { givenClass, submit } from '../support/given.js';

useDatabase();

test('a ledger row is read without the fields that no answer shows, by its id and as part of a page', async () => {
  const { student, assignment } = await givenClass();
  await submit(student, assignment, { key: 'a key' });
  const stored = (await RewardModel.findOne({ studentId: student }).lean<RewardRecord>())!;
  const { operation, requestKey, fingerprint, streak, localDate, dayZone, action, requestId, ...others } = stored;
  expect([operation, requestKey, fingerprint, streak, localDate, dayZone, requestId]).not.toContain(undefined);
  expect(action).toMatchObject({ at: expect.any(Date), dueDate: expect.any(Date), localDate });
  const shown = { ...others, action: { kind: action.kind } };

  const loaders = createLoaders(new AbortController().signal);
  expect(await loaders.reward.load(stored._id.toHexString())).toEqual(shown);
  const page = { first: 1, after: null };
  expect((await loaders.rewardsOfStudent.load({ parentId: student, ...page })).rows).toEqual([shown]);
  const ofTwo = [student, new Types.ObjectId()].map((parentId) =>
    loaders.rewardsOfStudent.load({ parentId, first: 2, after: null }),
  );
  expect((await Promise.all(ofTwo)).map(({ rows }) => rows)).toEqual([[shown], []]);
});
