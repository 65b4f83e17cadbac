import type { ClientSession, Types } from 'mongoose';
import { fewAtATime } from './few-at-a-time.js';
import { insertAll } from './grant-commands.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';

/** Looks up an ended session: by its id (null if the id is invalid), or by the key of the request that ended it. */
export interface SessionLookup {
  readonly studentId: Types.ObjectId;
  readonly sessionId: Types.ObjectId | null;
  readonly requestKey: string | null;
}

/**
 * Returns filters that together match these look-ups; none for no look-ups. They may also match other sessions of the
 * same students, and two of them may match the same session.
 */
export function sessionFilters(lookups: readonly SessionLookup[]): object[] {
  const named = lookups.filter(({ sessionId }) => sessionId !== null);
  const keyed = lookups.filter(({ requestKey }) => requestKey !== null);
  return [
    // mongod finds them by their ids alone, so these are no pairs.
    ...(named.length > 0 ? [{ ...ofTheirStudents(named), _id: { $in: named.map(({ sessionId }) => sessionId) } }] : []),
    ...fewAtATime(keyed).map((few) => ({
      ...ofTheirStudents(few),
      requestKey: { $in: few.map(({ requestKey }) => requestKey) },
    })),
  ];
}

/** Returns whether one of these look-ups is for this session. */
export const isLookedUp = (session: PomodoroSessionRecord, lookups: readonly SessionLookup[]): boolean =>
  lookups.some(
    ({ studentId, sessionId, requestKey }) =>
      studentId.equals(session.studentId) &&
      (sessionId?.equals(session._id) || (requestKey !== null && requestKey === session.requestKey)),
  );

const ofTheirStudents = (lookups: readonly SessionLookup[]) => ({
  studentId: { $in: lookups.map(({ studentId }) => studentId) },
});

/** Inserts ended sessions, in one command. */
export async function appendEndedSessions(
  sessions: readonly PomodoroSessionRecord[],
  clientSession: ClientSession,
): Promise<void> {
  await insertAll(PomodoroSessionModel, sessions, clientSession);
}
