import type { ClientSession, Types } from 'mongoose';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';

/** Finds a session that has ended: by its id (null: an id that is none), or by the request key that ended it. */
export interface SessionLookup {
  readonly studentId: Types.ObjectId;
  readonly sessionId: Types.ObjectId | null;
  readonly requestKey: string | null;
}

/** The ended sessions that any of these look-ups finds, in one command; others of the same students may be among them. */
export async function loadEndedSessions(lookups: readonly SessionLookup[]): Promise<PomodoroSessionRecord[]> {
  const named = lookups.filter(({ sessionId }) => sessionId !== null);
  const keyed = lookups.filter(({ requestKey }) => requestKey !== null);
  const branches = [
    ...(named.length > 0 ? [{ ...ofThem(named), _id: { $in: named.map(({ sessionId }) => sessionId) } }] : []),
    ...(keyed.length > 0 ? [{ ...ofThem(keyed), requestKey: { $in: keyed.map(({ requestKey }) => requestKey) } }] : []),
  ];
  if (branches.length === 0) return [];
  return PomodoroSessionModel.collection.find<PomodoroSessionRecord>({ $or: branches as object[] }).toArray();
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
