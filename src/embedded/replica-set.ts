import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { ADDRESS, type MongodProcess, REPLICA_SET } from './mongod-process.js';

/** mongod asks whoever has its former port whether that is itself, for 30 s where somebody mute has it. Milliseconds. */
export const PRIMARY_WITHIN_MS = 60_000;
/** When a start takes longer than this, a person is told what it waits for. Milliseconds. */
const PATIENCE_MS = 2_000;
/** The server's code for a set that has been initiated before. */
const ALREADY_INITIALIZED = 23;

/**
 * Makes a mongod the primary of a set of its own, under whatever address the set was known before.
 * @param signal gives up
 * @throws Error where it ends, or is not primary within a minute
 */
export async function becomePrimary(
  mongod: MongodProcess,
  client: mongoose.mongo.MongoClient,
  onDelay: () => void,
  signal?: AbortSignal,
): Promise<void> {
  const host = `${ADDRESS}:${mongod.port}`;
  let isOver = false;
  const gone = mongod.ended.then((how) => {
    throw new Error(`it ended with ${how}`);
  });
  const patience = setTimeout(onDelay, PATIENCE_MS);
  try {
    await Promise.race([gone, untilPrimary(client.db('admin'), host, () => isOver || signal?.aborted === true)]);
  } finally {
    isOver = true;
    clearTimeout(patience);
  }
}

async function untilPrimary(admin: mongoose.mongo.Db, host: string, isOver: () => boolean): Promise<void> {
  const deadline = performance.now() + PRIMARY_WITHIN_MS;
  let configured = false;
  let failure: unknown = 'no error';
  while (performance.now() < deadline && !isOver()) {
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
