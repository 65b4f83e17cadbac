/** Requests that read in the same turn of the event loop share commands, and nothing else. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createLoaders } from '../../src/storage/loaders.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { documentsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenStudent } from '../support/given.js';

const database = useDatabase();

const MOST_SHARED = 32;
const MORE_THAN_SHARED = MOST_SHARED + 1;
const MOST_IN_A_COMMAND = 1_000;

/** Reads students in a request of its own. @returns their names */
async function namesOf(ids: readonly Types.ObjectId[], signal = new AbortController().signal) {
  const { student } = createLoaders(signal);
  const rows = await Promise.all(ids.map((id) => student.load(id.toHexString())));
  return rows.map((row) => row?.displayName);
}

const givenStudents = (names: readonly string[]) =>
  Promise.all(names.map((displayName) => givenStudent({ displayName })));

const rename = (_id: Types.ObjectId, displayName: string) =>
  StudentModel.collection.updateOne({ _id }, { $set: { displayName } });

/** @returns what `read` returns, and the filter of each command that it sends for students */
async function withFilters<Result>(read: () => Promise<Result>) {
  let result: Result | undefined;
  const commands = await documentsOf(async () => {
    result = await read();
  });
  return { result, filters: commands.filter(({ find }) => find === 'students').map(({ filter }) => filter) };
}

test('several requests need one command, which names each student once', async () => {
  const [ada, bob] = (await givenStudents(['Ada', 'Bob'])) as [Types.ObjectId, Types.ObjectId];
  const read = () => Promise.all([namesOf([ada]), namesOf([bob]), namesOf([bob, ada])]);
  expect(await withFilters(read)).toEqual({
    result: [['Ada'], ['Bob'], ['Bob', 'Ada']],
    filters: [{ _id: { $in: [ada, bob] } }],
  });
});

test('nothing is kept: a later request reads what was written meanwhile', async () => {
  const [ada] = (await givenStudents(['Ada'])) as [Types.ObjectId];
  const read = () => Promise.all([namesOf([ada]), namesOf([ada])]);
  const filters = [{ _id: ada }];
  expect(await withFilters(read)).toEqual({ result: [['Ada'], ['Ada']], filters });
  await rename(ada, 'Grace');
  expect(await withFilters(read)).toEqual({ result: [['Grace'], ['Grace']], filters });
});

test('a request that must stop reads nothing, and does not stop the others', async () => {
  const [ada, bob] = (await givenStudents(['Ada', 'Bob'])) as [Types.ObjectId, Types.ObjectId];
  const stopped = AbortSignal.abort(new Error('the client disconnected'));
  const read = () => Promise.allSettled([namesOf([ada], stopped), namesOf([bob])]);
  expect(await withFilters(read)).toMatchObject({
    result: [
      { status: 'rejected', reason: { message: 'the client disconnected' } },
      { status: 'fulfilled', value: ['Bob'] },
    ],
    filters: [{ _id: bob }],
  });
});

test('a command that fails, fails for all that share it; the next one is a new one', async () => {
  const [ada, bob] = (await givenStudents(['Ada', 'Bob'])) as [Types.ObjectId, Types.ObjectId];
  await database.failCommand({ failCommands: ['find'], errorCode: 50 });
  const reads = await Promise.allSettled([namesOf([ada]), namesOf([bob])]);
  expect(reads).toMatchObject([
    { status: 'rejected', reason: { code: 50 } },
    { status: 'rejected', reason: { code: 50 } },
  ]);
  expect(await Promise.all([namesOf([ada]), namesOf([bob])])).toEqual([['Ada'], ['Bob']]);
});

test('a request that reads much has a command of its own, so that others do not wait for it', async () => {
  const many = await givenStudents(Array.from({ length: MORE_THAN_SHARED }, (_, number) => `Student ${number}`));
  const [ada, bob] = (await givenStudents(['Ada', 'Bob'])) as [Types.ObjectId, Types.ObjectId];
  const read = () => Promise.all([namesOf([ada]), namesOf(many), namesOf([bob])]);
  const { result, filters } = await withFilters(read);
  expect(result?.map(({ length }) => length)).toEqual([1, MORE_THAN_SHARED, 1]);
  expect(filters.map(({ _id }) => _id.$in.length).sort()).toEqual([2, MORE_THAN_SHARED]);
});

/** Reads pages of two lengths, each in a request of its own: these need two commands. */
function readPages(): Promise<unknown>[] {
  const page = (first: number) => {
    const { rewardsOfStudent } = createLoaders(new AbortController().signal);
    return rewardsOfStudent.load({ parentId: new Types.ObjectId(), first, after: null });
  };
  return [page(5), page(100)];
}

test('a command that fails does not fail for a request that reads a page of another length', async () => {
  await database.failCommand({ failCommands: ['find'], errorCode: 50 });
  const outcomes = await Promise.allSettled(readPages());
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('nor does that request wait for a slow command', async () => {
  await database.failCommand({ failCommands: ['find'], blockConnection: true, blockTimeMS: 500 });
  let answered = 0;
  const reads = readPages().map(async (read) => {
    await read;
    answered += 1;
  });
  await Promise.race(reads);
  await nextTurn();
  expect(answered).toBe(1);
  await Promise.all(reads);
});

test('keys for which one command would be too long need a second one', async () => {
  const requests = Math.ceil((MOST_IN_A_COMMAND + 1) / MOST_SHARED);
  const idsOf = () => Array.from({ length: MOST_SHARED }, () => new Types.ObjectId());
  const { filters } = await withFilters(() => Promise.all(Array.from({ length: requests }, () => namesOf(idsOf()))));
  const rest = requests * MOST_SHARED - MOST_IN_A_COMMAND;
  expect(filters.map(({ _id }) => _id.$in.length)).toEqual([MOST_IN_A_COMMAND, rest]);
});
