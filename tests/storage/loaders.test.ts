import { expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { createLoaders } from '../../src/storage/loaders.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { loadGradeRows } from '../../src/storage/reward-ledger.js';
import { findSubmissionsOfRewards } from '../../src/storage/submission-store.js';
import { useDatabase } from '../support/database.js';
import { givenStudent } from '../support/given.js';

useDatabase();

test('a single id is looked up by equality, for which mongod has a short way, and several in one list', async () => {
  const ids = [await givenStudent(), await givenStudent()];
  const [one, other] = ids.map((id) => id.toHexString()) as [string, string];
  const filters: unknown[] = [];
  const note = ({ command }: mongoose.mongo.CommandStartedEvent) => void filters.push(command.filter);
  mongoose.connection.getClient().on('commandStarted', note);
  const load = (...keys: string[]) => createLoaders(new AbortController().signal).student.loadMany(keys);
  const found = [await load(one), await load(one, other), await load('no id')];
  mongoose.connection.getClient().off('commandStarted', note);
  expect(found.map((students) => students.map((student) => student && `${(student as { _id: unknown })._id}`))).toEqual(
    [[one], [one, other], [null]],
  );
  expect(filters).toEqual([{ _id: ids[0] }, { _id: { $in: ids } }, { _id: { $in: [] } }]);
});

test('rewards of which none is for a submission have none, without a command', async () => {
  const [_id, studentId, id] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
  const sent: string[] = [];
  const note = ({ commandName }: mongoose.mongo.CommandStartedEvent) => void sent.push(commandName);
  mongoose.connection.getClient().on('commandStarted', note);
  const found = await findSubmissionsOfRewards([{ _id, studentId, subject: { kind: 'pomodoro', id } }]);
  mongoose.connection.getClient().off('commandStarted', note);
  expect({ found, sent }).toEqual({ found: [null], sent: [] });
});

test('of the rows about a submission, the one of its first grade is found', async () => {
  const [studentId, _id] = [new Types.ObjectId(), new Types.ObjectId()];
  const kinds = ['submission-revocation', 'grade', 'submission-restoration'];
  await RewardModel.collection.insertMany(
    kinds.map((kind, position) => ({ studentId, sequence: position + 1, subject: { kind, id: _id } })),
  );
  const found = await loadGradeRows([
    { _id, studentId },
    { _id: new Types.ObjectId(), studentId },
  ]);
  expect(found).toMatchObject([{ sequence: 2 }, null]);
});
