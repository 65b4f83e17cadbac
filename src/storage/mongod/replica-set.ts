import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { ADDRESS, type MongodProcess, REPLICA_SET } from './mongod-process.js';

/** mongod asks whoever has its former port whether that is itself, for 30 s where somebody mute has it. Milliseconds. */
const PRIMARY_WITHIN_MS = 60_000;
/** When a start takes longer than this, a person is told what it waits for. Milliseconds. */
const PATIENCE_MS = 2_000;
/** The server's code for a set that has been initiated before. */
const ALREADY_INITIALIZED = 23;

/**
 * Makes a mongod the primary of a set of its own, under whatever address the set was known before.
 * @throws Error where it ends, or is not primary within a minute
 */
export async function becomePrimary(mongod: MongodProcess, onDelay: () => void): Promise<void> {
  const host = `${ADDRESS}:${mongod.port}`;
  const client = new mongoose.mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: PRIMARY_WITHIN_MS,
    appName: 'auraledger-start',
  });
  const gone = mongod.ended.then((how) => {
    throw new Error(`it ended with ${how}`);
  });
  const patience = setTimeout(onDelay, PATIENCE_MS);
  try {
    await Promise.race([gone, untilPrimary(client, host)]);
  } finally {
    clearTimeout(patience);
    await client.close();
  }
}

async function untilPrimary(client: mongoose.mongo.MongoClient, host: string): Promise<void> {
  const deadline = performance.now() + PRIMARY_WITHIN_MS;
  const admin = client.db('admin');
  let configured = false;
  let failure: unknown = 'no error';
  while (performance.now() < deadline) {
    try {
      const hello = await admin.command({ hello: 1 });
      if (hello.isWritablePrimary === true && hello.me === host) return;
      if (!configured) await configure(admin, host);
      configured = true;
    } catch (error) {
      // It may not have read its own configuration yet, or closes all connections because that has changed.
      failure = error;
    }
    await sleep(10);
  }
  throw new Error(`it did not become primary within ${PRIMARY_WITHIN_MS / 1000} s (${failure})`);
}

async function configure(admin: mongoose.mongo.Db, host: string): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_INITIALIZED) throw error;
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members[0].host === host) return;
    const members = [{ ...config.members[0], host }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
}
