/**
 * The fields that the verifier cannot derive, with the reason. It checks their type, and a bound if the text names one.
 * Every other stored value of a student is derived, or compared with its copy. `verify-ledger --help` prints this list.
 */
export const underivable: Readonly<Record<string, string>> = {
  revision: 'every write increments it, and most writes leave no other trace; rewards and sessions prove a minimum',
  displayName: 'chosen by the user',
  timeZone: 'chosen by the user',
  dayZone: 'the zone of the last active day; the first action of that day must fall on it in this zone',
  showOnLeaderboard: 'chosen by the user',
  courseIds: 'the courses that the user joined; they must exist',
  createdAt: 'stored only in the student',
  'auraWindow.asOfDay': 'the day of the last leaderboard query, if no points are left in the window',
  runningPomodoro: 'a session leaves no other trace until it has ended',
  'rewards[].requestKey': 'of a submission: stored only in the ledger row',
  'rewards[].requestId': 'the id of the request in the log',
  'rewards[].dayZone':
    'the day must have begun in this zone, and all rows of the day must name the same one; absent in rows of older servers',
  'rewards[].courseId': 'of a bonus for many students: chosen by the teacher; the course must exist',
  'rewards[].localDate':
    "of a row that does not begin a day: the student's zone is not stored, so any day that it was somewhere",
  'rewards[].action.dueDate': 'the due date of the assignment may have changed since; the reward must follow from it',
  'submissions[].late': 'if its reward was revoked when an extension made it on time',
  'submissions[].content': 'after a revision; the ledger has the fingerprint of the first text only',
  'submissions[].revisedAt': 'of a revised submission: no other field has the time',
  'former_texts[].content': 'after the first text; it must differ from the text that follows it',
  'former_texts[].writtenAt': 'after the first text; concurrent revisions may be written in either order',
  extensions: 'of two acts on one assignment within a minute: which came last',
  'manual_acts[]': 'the existence of an act without rows, unless it gave an extension that still holds',
  'manual_acts[].studentIds': 'of an act for many students: those who got no bonus',
  'manual_acts[].actorId': 'of an act without rows; it must be the account of a teacher or an admin',
  'manual_acts[].requestKey': 'stored only in the act',
  'manual_acts[].requestId': 'of an act without rows',
  'manual_acts[].at': 'of an act without rows, and of one for many students',
  'manual_acts[].note': 'of an act for many students that paid none',
  'manual_acts[].fingerprint': 'of an act for many students that paid none',
  'pomodoro_sessions[]': 'the existence of an unpaid session',
  'pomodoro_sessions[].startedAt':
    'the outcome limits it, but does not show how long the session exceeded its planned length',
  'pomodoro_sessions[].plannedMinutes': 'of an abandoned session: limited only by the outcome',
  'pomodoro_sessions[].endedAt': 'of an abandoned session: the fraction of a second',
  'pomodoro_sessions[].device': 'sent by the client',
  'pomodoro_sessions[].assignmentId': 'chosen by the user; it must exist',
  'pomodoro_sessions[].requestKey': 'of an unpaid session: stored only in the session',
};
