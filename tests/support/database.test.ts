import { describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { useDatabase } from './database.js';

const database = useDatabase();
const rows = () => mongoose.connection.collection<{ n: number }>('rows');

describe('a snapshot', () => {
  test('differs after every change, and is equal if nothing was written', async () => {
    await database.empty();
    await rows().insertMany([{ n: 1 }, { n: 2 }]);
    const before = await database.snapshot();
    expect(before.rows).toEqual([
      { _id: { $oid: expect.any(String) }, n: { $numberInt: '1' } },
      { _id: { $oid: expect.any(String) }, n: { $numberInt: '2' } },
    ]);
    await rows().updateOne({ n: 2 }, { $set: { n: 2 } });
    expect(await database.snapshot()).toEqual(before);
    await rows().updateOne({ n: 2 }, [{ $set: { n: { $toLong: 2 } } }]);
    expect(await database.snapshot()).not.toEqual(before);
  });

  test('has the collections of the product; after empty(), they keep their indexes', async () => {
    expect(Object.keys(await database.snapshot())).toEqual(expect.arrayContaining(['rewards', 'students']));
    await database.empty();
    expect((await database.snapshot()).rows).toEqual([]);
    expect((await mongoose.connection.collection('rewards').indexes()).length).toBeGreaterThan(1);
  });
});

describe('failCommand', () => {
  test('makes the next command fail once, and reports how often it did', async () => {
    const fault = await database.failCommand({ failCommands: ['insert'], errorCode: 112 });
    await expect(rows().insertOne({ n: 3 })).rejects.toMatchObject({ code: 112 });
    await rows().insertOne({ n: 3 });
    expect(await fault.off()).toBe(1);
    expect(await fault.off()).toBe(1);
  });

  test('affects this connection only, and not the snapshots', async () => {
    await database.failCommand({ failCommands: ['find', 'insert'], errorCode: 112, mode: 'alwaysOn' });
    await database.snapshot();
    const other = await mongoose.mongo.MongoClient.connect(database.uri);
    await other.db().collection('rows').insertOne({ n: 4 });
    await other.close();
    await expect(rows().findOne()).rejects.toMatchObject({ code: 112 });
  });

  test('is off in the next test', async () => {
    await rows().findOne();
    const fault = await database.failCommand({ failCommands: ['find'], errorCode: 112 });
    expect(await fault.off()).toBe(0);
  });
});
