import { describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { connect, DatabaseError, disconnect } from '../../src/storage/connect.js';
import { useDatabase } from '../support/database.js';

const database = useDatabase({ prepare: false });
test('x', async () => {
  const c = mongoose.connection;
  await c.collection('a').insertOne({ n: 1 });
  console.log(database.uri, JSON.stringify(await database.snapshot()));
  const fp = await database.failCommand({ failCommands: ['insert'], errorCode: 11 });
  await c
    .collection('a')
    .insertOne({ n: 2 })
    .catch((e) => console.log(e.message));
  await c.collection('a').insertOne({ n: 3 });
  console.log(await fp.off());
  const fp2 = await database.failCommand({ failCommands: ['insert'], errorCode: 11, mode: 'alwaysOn' });
  for (let i = 0; i < 3; i++)
    await c
      .collection('a')
      .insertOne({ n: 2 })
      .catch((e) => console.log(e.message));
  console.log(await fp2.off());
});
