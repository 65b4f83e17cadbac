/** The bugs that the kit must detect. Each is a plausible mistake; the file <name>.patch plants it. */
/** A planted bug and how it shows. */
export interface Bug {
  readonly name:
    | 'no-unique-subject'
    | 'ledger-outside-session'
    | 'promise-all-in-callback'
    | 'duplicate-key-caught-inside'
    | 'clock-read-inside'
    | 'hydrated-document-reused'
    | 'failed-group-all-failed'
    | 'failed-group-none-failed'
    | 'badges-by-count-query'
    | 'correction-without-revision'
    | 'act-carried-out-again'
    | 'unclean-database-discarded'
    | 'answered-before-commit'
    | 'zone-offset-remembered'
    | 'hang-up-leaks'
    | 'closed-before-replay'
    | 'leaderboard-remembered'
    | 'live-after-catch-up'
    | 'event-on-insert'
    | 'failed-insert-ignored'
    | 'commit-not-durable'
    | 'lane-kept'
    | 'commit-without-majority'
    | 'disconnected-for-good';
  /** The defect in the copy. */
  readonly what: string;
  /** The workload and fault under which it shows, and the symptom. */
  readonly shows: string;
}

export const bugs: readonly Bug[] = [
  {
    name: 'no-unique-subject',
    what: 'The indexes on the subject of a reward and on the assignment of a submission are not unique.',
    shows:
      'A row written past the committer, which leaves the student unchanged. Only the index prevents a second ' +
      'payment for the same subject. The symptom is two rewards for one subject: P2. A race between servers does not ' +
      'show this bug: the revision of the student, which is read before its rewards, stops every such race.',
  },
  {
    name: 'ledger-outside-session',
    what: 'The ledger row is inserted without the session of its transaction.',
    shows:
      'Any fault that aborts a transaction after its writes: failCommand on commitTransaction with errorCode 251 and ' +
      'the label TransientTransactionError, a connection closed before the commit, or a killed primary. The row ' +
      'stays. The retry finds it as a duplicate, reads it as its own and responds "paid". The symptom is a reward ' +
      'without a submission, and a student whose sequence and balance are behind the ledger: P3.',
  },
  {
    name: 'promise-all-in-callback',
    what: 'The writes of a transaction are sent in parallel.',
    shows:
      'No fault, one server, no duplicates. Transactions abort although nothing conflicts (transactions().aborted of ' +
      'the replica set): mongod may receive the second command of a transaction before the one that starts it.',
  },
  {
    name: 'duplicate-key-caught-inside',
    what: 'The callback catches a duplicate key of the ledger and continues as if the row were paid.',
    shows:
      'A poisoned group: a row for the same subject or sequence that was written past the committer. The error has ' +
      'already aborted the transaction in mongod, so each commit fails with a transient error. The neighbours in the ' +
      'group receive UNAVAILABLE instead of their reward.',
  },
  {
    name: 'clock-read-inside',
    what: 'The time of a grant is read from the clock when it is decided, not when its request arrives.',
    shows:
      "A server (clock: true) whose clock is far from the machine's or moves while requests wait. The grantedAt of a " +
      'reward is not between the clock when the request was sent and the clock when the response arrived. It differs ' +
      'from the submittedAt of its submission.',
  },
  {
    name: 'hydrated-document-reused',
    what: 'Students are saved as mongoose documents that are created once and reused by every run of the callback.',
    shows:
      'Any fault that makes the driver run the callback again: failCommand on commitTransaction with errorCode 251 ' +
      'and the label TransientTransactionError, or on insert with 112 and the same label. The document considers ' +
      'itself saved, so the second run writes the reward but not the student: P3.',
  },
  {
    name: 'failed-group-all-failed',
    what: 'When one request makes a transaction fail, all requests of the group receive its failure.',
    shows:
      'A poisoned group whose poisoned request fails by itself: the database rejects its document, or a row written ' +
      'past the committer has its sequence. The neighbours receive INTERNAL_SERVER_ERROR instead of their reward.',
  },
  {
    name: 'failed-group-none-failed',
    what: 'A duplicate key is taken as a replay of the whole group: every request is answered as paid.',
    shows:
      'A poisoned group whose poisoned request is a duplicate: after the group was read, a row for its subject was ' +
      'written past the committer or by a rival server. The neighbours receive rewards that were never written: P1.',
  },
  {
    name: 'badges-by-count-query',
    what: 'The thresholds of the submission badges are compared with a count query from before the group is decided.',
    shows:
      'One student, many subjects at once. All requests of a group see the count from before the group, so the fifth ' +
      'submission does not unlock submissions-5. verify-ledger reports the missing badges; the responses do not.',
  },
  {
    name: 'correction-without-revision',
    what: 'What is put right by hand is written whatever the revision of its student is.',
    shows:
      'Two acts for one student at two servers, one of them between its read and its write while the other commits. ' +
      'If both write rows, the sequence of the second is taken, and it is decided again. Extensions without a row ' +
      'show it: the second writes its list of extensions over that of the first, which was acknowledged: P1 and P3.',
  },
  {
    name: 'act-carried-out-again',
    what: 'The key of an act by hand is not looked up, and its index is not unique.',
    shows: 'Answers that are dropped after the commit. The client sends the act again, and a bonus is added twice: P2.',
  },
  {
    name: 'unclean-database-discarded',
    what: 'A database whose mongod did not end properly is put aside, and the server starts with an empty one.',
    shows:
      'A kill of the server and its embedded database together. After the next start, all that was acknowledged is ' +
      'gone: P1. After a kill of the server alone, the watchdog ends mongod properly.',
  },
  {
    name: 'answered-before-commit',
    what: 'When the deadline of a request passes while its transaction is in flight, it is answered as decided.',
    shows:
      'A server that is stopped between its read and its writes, for longer than the deadline. It answers as paid what ' +
      'it had decided when it wakes up. But the other server has paid the student meanwhile: P1.',
  },
  {
    name: 'zone-offset-remembered',
    what: 'The offset of a time zone is computed once, and remembered as long as the server runs.',
    shows:
      'A server that runs when summer time begins. In the first hour after midnight, it still counts rewards for the ' +
      'day before. verify-ledger does not see it: it must believe the localDate of a row.',
  },
  {
    name: 'hang-up-leaks',
    what: 'A request whose client has hung up before it is executed to the end never releases what it reserved.',
    shows:
      'Clients that hang up while the server works on their requests. After 256 of them, the account may run no ' +
      'further request. Each repeat is answered with 503 and Retry-After, for ever: P5.',
  },
  {
    name: 'closed-before-replay',
    what: 'A submission is refused because the assignment is closed before it is looked up whether it was paid.',
    shows:
      'The answer is lost, and the student repeats the request after closesAt. It is refused although it was paid: ' +
      'two outcomes for one request, or ASSIGNMENT_CLOSED where the contract requires a replay.',
  },
  {
    name: 'leaderboard-remembered',
    what: 'A server shows an account the leaderboard that it has shown to it within the last minute.',
    shows:
      'Students read the board while they are paid. It lacks points that were acknowledged before the request was ' +
      'sent. Nothing that is stored is wrong, so only a check of the answers shows it.',
  },
  {
    name: 'live-after-catch-up',
    what: 'A subscription begins to listen when it has read what it missed, and trusts that the next row follows.',
    shows:
      'Sockets cut at random: a row that is committed after the read and before the subscription listens reaches ' +
      'nobody. The subscriber resumes after a later row, so it never gets this one.',
  },
  {
    name: 'event-on-insert',
    what: 'A row is delivered to the subscribers of its process when it is inserted, before the commit.',
    shows:
      'Commits fail until a request is answered UNAVAILABLE. Its client sends it again, and it is paid with another ' +
      'row. The subscribers have received the row of the first attempt, which is not in the ledger.',
  },
  {
    name: 'failed-insert-ignored',
    what: 'The insert of a ledger row ignores an error after which the driver usually runs the transaction again.',
    shows:
      'An insert that fails before mongod has executed it. The driver runs a transaction again only if its callback ' +
      'throws. So the rest of the transaction is committed, and the reward is answered without a row: P1 and P3.',
  },
  {
    name: 'commit-not-durable',
    what: 'A commit is acknowledged when the primary has executed it in memory.',
    shows:
      'A disk that stalls, and a mongod that is killed meanwhile: it loses what was acknowledged during the stall: P1.',
  },
  {
    name: 'lane-kept',
    what: 'A group that fails when all its requests have been given up keeps its lane and its students.',
    shows:
      'An outage that is longer than the deadline of a grant, such as a lost majority. The groups in flight keep all ' +
      'lanes, so nobody is paid after the outage: P5.',
  },
  {
    name: 'commit-without-majority',
    what: 'A commit is acknowledged when it is on the disk of the primary, whatever the other nodes have.',
    shows: 'A primary that is cut off from the others: it undoes what it acknowledged meanwhile: P1.',
  },
  {
    name: 'disconnected-for-good',
    what: 'A server that loses its database disconnects from it, and never connects again.',
    shows: 'A database that is gone until there is room on its disk. Nobody is paid after its restart: P5.',
  },
];
