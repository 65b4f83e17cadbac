import type { ClientSession, Types } from 'mongoose';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';

/** Finds a session that has ended: by its id (null: an id that is none), or by the request key that ended it. */
export interface SessionLookup {
  readonly studentId: Types.ObjectId;
  readonly sessionId: Types.ObjectId | null;
  readonly requestKey: string | null;
}

/** The ended sessions that any of these look-ups finds, in one command. */
export async function loadEndedSessions(lookups: readonly SessionLookup[]): Promise<PomodoroSessionRecord[]> {
  const branches = lookups.flatMap(({ studentId, sessionId, requestKey }) => [
    ...(sessionId === null ? [] : [{ studentId, _id: sessionId }]),
    ...(requestKey === null ? [] : [{ studentId, requestKey }]),
  ]);
  if (branches.length === 0) return [];
  return PomodoroSessionModel.find({ $or: branches }).lean<PomodoroSessionRecord[]>();
}

/** Adds sessions that have ended, in one command. */
export async function appendEndedSessions(
  sessions: readonly PomodoroSessionRecord[],
  session: ClientSession,
): Promise<void> {
  await PomodoroSessionModel.collection.insertMany([...sessions], { session });
}
