import type { ClientSession, Types } from 'mongoose';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';

/** Finds a session that has ended: by its id (null: an id that is none), or by the request key that ended it. */
export interface SessionLookup {
  readonly studentId: Types.ObjectId;
  readonly sessionId: Types.ObjectId | null;
  readonly requestKey: string | null;
}

/** Selects the ended sessions that any of these look-ups finds, and maybe others of the same students; null: none. */
export function sessionsFound(lookups: readonly SessionLookup[]): object | null {
  const named = lookups.filter(({ sessionId }) => sessionId !== null);
  const keyed = lookups.filter(({ requestKey }) => requestKey !== null);
  const branches = [
    ...(named.length > 0 ? [{ ...ofThem(named), _id: { $in: named.map(({ sessionId }) => sessionId) } }] : []),
    ...(keyed.length > 0 ? [{ ...ofThem(keyed), requestKey: { $in: keyed.map(({ requestKey }) => requestKey) } }] : []),
  ];
  return branches.length === 0 ? null : { $or: branches };
}

const ofThem = (lookups: readonly SessionLookup[]) => ({
  studentId: { $in: lookups.map(({ studentId }) => studentId) },
});

/** Adds sessions that have ended, in one command. */
export async function appendEndedSessions(
  sessions: readonly PomodoroSessionRecord[],
  session: ClientSession,
): Promise<void> {
  await PomodoroSessionModel.collection.insertMany([...sessions], { session });
}
