import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type ClientSession } from 'mongoose';
import { READ_TIMEOUT_MS } from './read-timeout.js';

/** SnapshotTooOld and SnapshotUnavailable. They occur after an election and after the creation of a collection. */
const SNAPSHOT_UNAVAILABLE = [239, 246];
const ATTEMPTS = 5;
/** Doubles with each attempt. The pauses add up to 300 ms, in which a new primary gets a snapshot. Milliseconds. */
const FIRST_PAUSE_MS = 20;

/**
 * Runs `read` in a snapshot session: all its commands read the same majority-committed snapshot, so none of them sees a
 * commit that happens in between. `read` must send its commands one after another, because the first one chooses the
 * snapshot, and must pass the session and `snapshotRead` with each. `read` may run several times.
 */
export async function withSnapshot<Result>(read: (session: ClientSession) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mongoose.connection.getClient().withSession({ snapshot: true }, read);
    } catch (error) {
      if (attempt === ATTEMPTS || !isSnapshotUnavailable(error)) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Options of each command in a snapshot. Without them, the driver sends the connection's own read concern. */
export const snapshotRead = { readConcern: { level: 'snapshot' }, maxTimeMS: READ_TIMEOUT_MS } as const;

function isSnapshotUnavailable(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && SNAPSHOT_UNAVAILABLE.includes(Number(error.code));
}
