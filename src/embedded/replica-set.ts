import { setTimeout as sleep } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { ADDRESS, type MongodProcess, REPLICA_SET } from './mongod-process.js';

/**
 * After a change of port, mongod asks the process on its former port whether it is the same member. If that process
 * never answers, this takes 30 s. Milliseconds.
 */
export const PRIMARY_WITHIN_MS = 60_000;
/** If this takes longer, the user sees what the start is waiting for. Milliseconds. */
const REPORT_WAIT_AFTER_MS = 2_000;
/** MongoDB's error code for a replica set that is already initiated. */
const ALREADY_INITIALIZED = 23;

/**
 * Makes a mongod the primary of a single-node replica set. If the set was configured with another address, it is
 * reconfigured.
 * @param onDelay called once if this takes longer than 2 s
 * @param signal cancels the wait
 * @throws Error if mongod ends, or does not become primary within 60 s
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
  const reportTimer = setTimeout(onDelay, REPORT_WAIT_AFTER_MS);
  try {
    await Promise.race([gone, untilPrimary(client.db('admin'), host, () => isOver || signal?.aborted === true)]);
  } finally {
    isOver = true;
    clearTimeout(reportTimer);
  }
}

async function untilPrimary(admin: mongoose.mongo.Db, host: string, isOver: () => boolean): Promise<void> {
  const deadline = performance.now() + PRIMARY_WITHIN_MS;
  let configured = false;
  let failure: unknown = 'no error';
  while (performance.now() < deadline && !isOver()) {
    try {
      const hello = await admin.command({ hello: 1 });
      if (hello.isWritablePrimary === true) return;
      if (!configured) await configure(admin, host);
      configured = true;
    } catch (error) {
      // mongod may not have loaded its configuration yet, or it closed all connections after a change of it.
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
