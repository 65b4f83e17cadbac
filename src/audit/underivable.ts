/**
 * What the verifier cannot prove, by the field that a drift would have, and why: of these it compares the type, and where
 * a bound is told here, the bound. Everything else that is stored of a student is derived, or compared with its copy.
 */
export const underivable: Readonly<Record<string, string>> = {
  revision: 'every write raises it, and most leave no other trace; it is at least what rewards and sessions prove',
  displayName: 'as somebody chose it',
  timeZone: 'as somebody chose it',
  dayZone: 'the zone of the last active day; it must be one in which that day began as the ledger says',
  showOnLeaderboard: 'as somebody chose it',
  courseIds: 'which courses somebody joined; they must exist',
  createdAt: 'of the student alone',
  'auraWindow.asOfDay': 'the day on which a leaderboard was looked at, once no points are left in the window',
  runningPomodoro: 'a session leaves no other trace until it has ended',
  'rewards[].requestKey': 'of a submission: the row alone keeps it',
  'rewards[].requestId': 'how the log names the request',
  'rewards[].action.dueDate': 'the assignment may have another one since; what the row pays must follow from it',
  'submissions[].content': 'after a revision; the text as it was first handed in has its fingerprint in the ledger',
  'submissions[].revisedAt': 'of a text that is revised: it alone says when',
  'former_texts[].content': 'after the first; it must be another text than the one that follows it',
  'former_texts[].writtenAt': 'after the first; two revisions at once may be written in the other order',
  'pomodoro_sessions[]': 'that it is there, where it ended unpaid',
  'pomodoro_sessions[].startedAt': 'beyond what the outcome tells: not how long it went on past its planned length',
  'pomodoro_sessions[].plannedMinutes': 'of an abandoned one, beyond what the outcome tells',
  'pomodoro_sessions[].endedAt': 'of an abandoned one, the part of a second',
  'pomodoro_sessions[].device': 'as the client named it',
  'pomodoro_sessions[].assignmentId': 'as somebody chose it; it must exist',
  'pomodoro_sessions[].requestKey': 'of one that ended unpaid: the session alone keeps it',
};
