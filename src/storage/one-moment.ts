import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type ClientSession } from 'mongoose';
import { READ_WITHIN_MS } from './read-time.js';

/** SnapshotTooOld and SnapshotUnavailable: a node that has just become primary, or a collection that was just made. */
const MOMENT_IS_GONE = [239, 246];
const ATTEMPTS = 5;
/** Doubled with each attempt: 300 ms in all, in which a new primary has a snapshot again. Milliseconds. */
const FIRST_PAUSE_MS = 20;

/**
 * Lets `read` see what a majority had at one moment, in however many commands it sends: not the halves of what somebody
 * commits in between. `read` may run several times. Its commands go one after another, since the first one tells the
 * moment, and name the session and `ofOneMoment`.
 */
export async function atOneMoment<Result>(read: (session: ClientSession) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mongoose.connection.getClient().withSession({ snapshot: true }, read);
    } catch (error) {
      if (attempt === ATTEMPTS || !isMomentGone(error)) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** The read concern replaces the connection's own, which the driver would send with the moment. */
export const ofOneMoment = { readConcern: { level: 'snapshot' }, maxTimeMS: READ_WITHIN_MS } as const;

function isMomentGone(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && MOMENT_IS_GONE.includes(Number(error.code));
}
