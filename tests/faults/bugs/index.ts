/** The bugs that the kit must find, each as it would be written by somebody who means well: <name>.patch. */

/** What was planted, and how it comes to light. */
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
    | 'badges-by-count-query';
  /** What is wrong in the copy. */
  readonly what: string;
  /** Under which workload and fault it shows, and as what. */
  readonly shows: string;
}

export const bugs: readonly Bug[] = [
  {
    name: 'no-unique-subject',
    what: 'The indexes on the subject of a reward and on the assignment of a submission are not unique.',
    shows:
      'A row that somebody wrote past the committer, so that the student knows nothing of it: nothing but the index ' +
      'keeps a request for the same subject from being paid again. Two rewards of one subject: P2. Between servers the ' +
      'revision of the student, which is read before its rewards, stops every such race by itself.',
  },
  {
    name: 'ledger-outside-session',
    what: 'The ledger row is inserted without the session of its transaction.',
    shows:
      'Whatever ends a transaction after its writes: failCommand on commitTransaction with errorCode 251 and the ' +
      'label TransientTransactionError, a connection closed before the commit, a primary killed. The row stays, the ' +
      'next try meets it as a duplicate, reads it as its own and answers "paid": a reward without submission, and a ' +
      'student whose sequence and balance are behind the ledger: P3.',
  },
  {
    name: 'promise-all-in-callback',
    what: 'The writes of a transaction are sent side by side.',
    shows:
      'Without any fault and any rival transactions are aborted (transactions().aborted of the replica set): the ' +
      'server may see the second command of a transaction before the one that starts it. One server, no duplicates.',
  },
  {
    name: 'duplicate-key-caught-inside',
    what: 'A duplicate key of the ledger is caught in the callback, which goes on as if the row were paid.',
    shows:
      'A poisoned group: a row for the same subject or sequence that somebody wrote past the committer. The error has ' +
      'ended the transaction on the server, so its commit fails as passing, again and again, and the neighbours in ' +
      'the group are told UNAVAILABLE instead of being paid.',
  },
  {
    name: 'clock-read-inside',
    what: 'The moment of a grant is read from the clock while it is decided, not when its request arrives.',
    shows:
      "A server with a clock (clock: true) that is far from the machine's, or is moved while requests wait: the " +
      'grantedAt of a reward is not between the clock at sending and the clock at the answer, and differs from the ' +
      'submittedAt of its submission.',
  },
  {
    name: 'hydrated-document-reused',
    what: 'Students are saved as mongoose documents that are made once and used by every run of the callback.',
    shows:
      'Whatever lets the driver run the callback again: failCommand on commitTransaction with errorCode 251 and the ' +
      'label TransientTransactionError, or on insert with 112 and the same label. The document believes that it is ' +
      'saved, the second run writes the reward and leaves the student as it was: P3.',
  },
  {
    name: 'failed-group-all-failed',
    what: 'When a transaction fails over one of its requests, all requests of the group get that failure.',
    shows:
      'A poisoned group whose bad one is a failure of its own: a document that the database refuses, or a sequence ' +
      'that is taken by a row past the committer. The neighbours get INTERNAL_SERVER_ERROR instead of their reward.',
  },
  {
    name: 'failed-group-none-failed',
    what: 'A duplicate key is taken for a replay of all that the group wants: every request is answered as paid.',
    shows:
      'A poisoned group whose bad one is a duplicate (a row for its subject written past the committer after the ' +
      'group was read, or a rival server): its neighbours are told of rewards that nobody has written: P1.',
  },
  {
    name: 'badges-by-count-query',
    what: 'The thresholds of the submission badges are compared with a count query, made before the group is decided.',
    shows:
      'One student, many subjects at once: the requests of a group all see the count from before it, so that the fifth ' +
      'submission does not unlock submissions-5. verify-ledger names the badges; answers name none.',
  },
];
