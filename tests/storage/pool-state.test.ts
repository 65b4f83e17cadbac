import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { poolState, watchPool } from '../../src/storage/pool-state.js';
import { useDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const database = useDatabase({ prepare: false });

test('a command waits while another has the only connection; one that gives up does not wait any longer', async () => {
  const options = { appName: database.name, maxPoolSize: 1, waitQueueTimeoutMS: 1_000 };
  const client = new mongoose.mongo.MongoClient(database.uri, options);
  watchPool(client);
  const ping = () => client.db().command({ ping: 1 });
  try {
    await ping();
    expect(poolState()).toEqual({ open: 1, inUse: 0, waiting: 0 });
    await database.failCommand({ failCommands: ['ping'], blockConnection: true, blockTimeMS: 3_000 });
    const first = ping();
    await until(() => poolState().inUse === 1, 'the first command being under way');
    const second = expect(ping()).rejects.toMatchObject({ name: 'MongoWaitQueueTimeoutError' });
    await until(() => poolState().waiting === 1, 'the second command waiting');
    await second;
    expect(poolState()).toEqual({ open: 1, inUse: 1, waiting: 0 });
    await first;
    expect(poolState()).toEqual({ open: 1, inUse: 0, waiting: 0 });
  } finally {
    await client.close();
  }
  expect(poolState()).toEqual({ open: 0, inUse: 0, waiting: 0 });
});
