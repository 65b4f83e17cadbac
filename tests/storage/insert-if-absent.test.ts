import { beforeAll, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { insertIfAbsent } from '../../src/storage/insert-if-absent.js';
import { useDatabase } from '../support/database.js';

const database = useDatabase({ prepare: false });

interface Thing {
  readonly _id: number;
  readonly n: number | string;
}

const stored = { _id: 1, n: 1 };
const again = { _id: 1, n: 2 };
const fresh = { _id: 2, n: 2 };
/** The database accepts only numbers. */
const invalid = { _id: 3, n: 'three' };

beforeAll(async () => {
  await mongoose.connection.db!.createCollection('things', { validator: { n: { $type: 'number' } } });
});

/** Inserts into a collection that contains one document. @returns what is in it then */
async function insert(rows: readonly Thing[]): Promise<{ error: unknown; left: Thing[] }> {
  const collection = mongoose.connection.collection<Thing>('things');
  await collection.deleteMany({});
  await collection.insertOne({ ...stored });
  const error = await insertIfAbsent({ collection: collection as never }, rows).catch((reason: unknown) => reason);
  return { error, left: await collection.find().sort({ _id: 1 }).toArray() };
}

describe('insertIfAbsent', () => {
  test.each([
    ['nothing', [], [stored]],
    ['a new document', [fresh], [stored, fresh]],
    ['one that is stored', [again], [stored]],
    ['one that is stored, and a new one', [again, fresh], [stored, fresh]],
  ])('inserts what is new and skips the rest: %s', async (_, rows, left) => {
    expect(await insert(rows)).toEqual({ error: undefined, left });
  });

  test.each([
    ['alone', [invalid], [stored]],
    ['after one that is stored', [again, invalid], [stored]],
    ['before one that is stored, and a new one', [invalid, again, fresh], [stored, fresh]],
  ])('throws if the database refuses a document for another reason: %s', async (_, rows, left) => {
    expect(await insert(rows)).toEqual({ error: expect.any(mongoose.mongo.MongoBulkWriteError), left });
  });

  test('throws if a majority may not have the writes, although the only other error is a duplicate', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    // The first insert is that of the stored document.
    const failure = await database.failCommand({ failCommands: ['insert'], mode: { skip: 1 }, writeConcernError });
    const { error } = await insert([again, fresh]);
    expect(await failure.off()).toBeGreaterThan(0);
    expect((error as mongoose.mongo.MongoBulkWriteError).result.getWriteConcernError()).toMatchObject(
      writeConcernError,
    );
  });
});
