import type { Types } from 'mongoose';
import { hasExpired, pomodoroOutcome } from '../rewards/index.js';
import type { ActLookup, GrantReads, SubmissionLookup } from '../storage/grant-reads.js';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { LedgerRow, RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { RunningPomodoroRecord, StudentRecord } from '../storage/models/student.js';
import type { SubmissionChange, SubmissionHead, SubmissionRecord } from '../storage/models/submission.js';
import { StaleRevision, type StudentChange } from '../storage/student-store.js';
import type { RequestFacts } from './request-facts.js';

/** What a request needs to read, besides its student, before it can be decided. */
export interface RequestLookups {
  /** Finds the reward that may already have been paid for the same subject or under the same key. */
  readonly reward?: { subject: SubjectRecord | null; operation: RewardRecord['operation']; requestKey: string | null };
  /** Finds the session that may already have ended, by its id or by the key that ended it. */
  readonly session?: { sessionId: Types.ObjectId | null; requestKey: string | null };
  readonly assignmentId?: Types.ObjectId;
  /** Finds a submission of the student: with this id, or the one that counts for an assignment. */
  readonly submission?: SubmissionLookup;
  /** Finds what was already done by hand under the same key, for any student. */
  readonly act?: ActLookup;
  /** Reads the student's whole ledger. Such a request shares its transaction with requests of the same student only. */
  readonly ledger?: true;
}

/** The results of the lookups for one student, plus what earlier requests of the same group add to them. */
export interface LookupResults {
  readonly rewards: readonly RewardRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
  /** Their texts may be absent. */
  readonly submissions: readonly SubmissionHead[];
  readonly acts: readonly ManualActRecord[];
  /** In order. Empty if no request of the group asked for it. */
  readonly ledger: readonly LedgerRow[];
  /**
   * A session of the student that ran too long and has expired, but is not recorded as ended yet. The next request that
   * writes to the student records it.
   */
  readonly expired: PomodoroSessionRecord | null;
}

/** What one request writes: all of it or nothing. */
export interface RequestWrites {
  readonly student: StudentRecord;
  readonly submission?: SubmissionRecord;
  readonly submissionChange?: ChangedSubmission;
  readonly session?: PomodoroSessionRecord;
  readonly rewards?: readonly RewardRecord[];
  readonly act?: ManualActRecord;
}

/** A submission of the student, and what a request changes in it. */
export interface ChangedSubmission {
  readonly id: Types.ObjectId;
  readonly change: SubmissionChange;
}

/** The outcome of a request: its writes, if any, and the answer to give once they are committed. */
export interface Decision<Answer> {
  readonly writes?: RequestWrites;
  /**
   * Builds the answer. Pure: it runs before the commit.
   * @param student the student after the whole group
   */
  readonly answer: (student: StudentRecord) => Answer;
}

/**
 * A request that reads or writes a student. `decide` runs again, on a fresh read, with each retry, so it must not have
 * effects outside of its request.
 */
export interface StudentRequest<Answer> {
  readonly studentId: Types.ObjectId;
  readonly facts: RequestFacts;
  readonly lookups: RequestLookups;
  readonly decide: (student: StudentRecord, found: LookupResults) => Decision<Answer>;
}

/** Everything that a group writes: one command per collection that has documents. */
export interface GroupWrites {
  readonly students: StudentChange[];
  readonly submissions: SubmissionRecord[];
  readonly submissionChanges: (ChangedSubmission & { readonly studentId: Types.ObjectId })[];
  readonly sessions: PomodoroSessionRecord[];
  readonly rewards: RewardRecord[];
  readonly acts: ManualActRecord[];
}

export interface DecidedGroup {
  readonly writes: GroupWrites;
  /** The answer of each request, in the order of the requests. */
  readonly answers: readonly unknown[];
}

/** The student of a request does not exist. */
export class NoSuchStudent extends Error {
  constructor(studentKey: string) {
    super(`there is no student ${studentKey}`);
  }
}

/** The state of one student while the requests of a group are applied to it. */
interface StudentFold {
  /** As it was read. */
  readonly before: StudentRecord;
  /** After the requests decided so far. */
  student: StudentRecord;
  readonly rewards: RewardRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly assignments: LookupResults['assignments'];
  readonly submissions: SubmissionHead[];
  readonly ledger: LedgerRow[];
  /** Shared by all students of the group. */
  readonly acts: ManualActRecord[];
}

/**
 * Decides the requests of a group in order, each on the result of the ones before it. Example: if two requests submit
 * the same assignment, the second one finds the reward of the first and is its replay. Pure.
 * @param reads the results of all lookups of the group
 * @throws StaleRevision if another client wrote to a student between the reads
 * @throws NoSuchStudent
 */
export function decideGroup(requests: readonly StudentRequest<unknown>[], reads: GrantReads): DecidedGroup {
  const folds = new Map<string, StudentFold>();
  const writes: GroupWrites = {
    students: [],
    submissions: [],
    submissionChanges: [],
    sessions: [],
    rewards: [],
    acts: [],
  };
  const acts = [...reads.acts];
  const decisions = requests.map((request) => {
    const fold = foldFor(request.studentId, folds, reads, acts);
    const decision = decideRequest(request, fold);
    if (decision.writes) applyWrites(decision.writes, fold, writes);
    return { decision, fold };
  });
  for (const fold of folds.values()) {
    const { before, student } = fold;
    if (student === before) continue;
    fold.student = { ...student, revision: before.revision + 1 };
    writes.students.push({ before, after: fold.student });
  }
  return { writes, answers: decisions.map(({ decision, fold }) => decision.answer(fold.student)) };
}

function foldFor(
  studentId: Types.ObjectId,
  folds: Map<string, StudentFold>,
  reads: GrantReads,
  acts: ManualActRecord[],
): StudentFold {
  const key = studentId.toHexString();
  const existing = folds.get(key);
  if (existing) return existing;
  const before = reads.students.get(key);
  if (!before) throw new NoSuchStudent(key);
  const ownRows = <Row extends { studentId: Types.ObjectId }>(rows: readonly Row[]) =>
    rows.filter((row) => row.studentId.equals(studentId));
  const fold = {
    before,
    student: before,
    rewards: ownRows(reads.rewards),
    sessions: ownRows(reads.sessions),
    assignments: reads.assignments,
    submissions: ownRows(reads.submissions),
    ledger: ownRows(reads.ledger),
    acts,
  };
  assertConsistentReads(fold);
  folds.set(key, fold);
  return fold;
}

/**
 * Checks that the reads of a student do not contradict each other. The student is read first, so a commit of another
 * client between the reads is missing in the student and visible in the rewards and sessions. The revision protects
 * only writes: without this check a replay would be answered with a student and a reward of different moments.
 * @throws StaleRevision if they contradict each other
 */
function assertConsistentReads({ student, rewards, sessions, ledger }: StudentFold): void {
  const isStudentOlder = [...rewards, ...ledger.slice(-1)].some(({ sequence }) => sequence > student.sequence);
  const isSessionContradicted = sessions.some(
    ({ _id, rewardId }) =>
      student.runningPomodoro?.id.equals(_id) || (rewardId && !rewards.some((reward) => reward._id.equals(rewardId))),
  );
  if (isStudentOlder || isSessionContradicted) throw new StaleRevision();
}

/**
 * Decides one request. If the student's running session has expired, the request sees it as ended, and records that
 * if it writes anything.
 */
function decideRequest(
  request: StudentRequest<unknown>,
  { before: _, student, ...found }: StudentFold,
): Decision<unknown> {
  const running = student.runningPomodoro;
  if (running === null || !hasExpired(running, request.facts.receivedAt)) {
    return request.decide(student, { ...found, expired: null });
  }
  const expired = endedSession(student, running, request.facts.receivedAt);
  const decision = request.decide({ ...student, runningPomodoro: null }, { ...found, expired });
  return decision.writes ? { ...decision, writes: { session: expired, ...decision.writes } } : decision;
}

/** Adds the writes of one request to those of the group, and to what the student's next request sees. */
function applyWrites(requestWrites: RequestWrites, fold: StudentFold, groupWrites: GroupWrites): void {
  const { student, submission, submissionChange, session, rewards = [], act } = requestWrites;
  fold.student = student;
  if (submission) {
    groupWrites.submissions.push(submission);
    fold.submissions.push(submission);
  }
  if (submissionChange) applyChange(submissionChange, fold, groupWrites);
  if (session) {
    groupWrites.sessions.push(session);
    fold.sessions.push(session);
  }
  groupWrites.rewards.push(...rewards);
  fold.rewards.push(...rewards);
  fold.ledger.push(...rewards);
  if (act) {
    groupWrites.acts.push(act);
    fold.acts.push(act);
  }
}

/** Changes the submission in what later requests of the student see. */
function applyChange(changed: ChangedSubmission, { before, submissions }: StudentFold, groupWrites: GroupWrites): void {
  groupWrites.submissionChanges.push({ ...changed, studentId: before._id });
  for (const [position, submission] of submissions.entries()) {
    if (submission._id.equals(changed.id)) submissions[position] = withChange(submission, changed.change);
  }
}

/** Returns a submission that was looked up by its id. Requests of the same group may have looked up others. */
export function submissionOf({ submissions }: LookupResults, id: Types.ObjectId): SubmissionHead {
  const submission = submissions.find(({ _id }) => _id.equals(id));
  if (!submission) throw new Error(`the submission ${id} was not read`);
  return submission;
}

/** The submission after a change. undefined removes the field. */
export function withChange<Submission extends SubmissionHead>(
  submission: Submission,
  change: SubmissionChange,
): Submission {
  return Object.fromEntries(
    Object.entries({ ...submission, ...change }).filter(([, value]) => value !== undefined),
  ) as Submission;
}

/** The record of a session that ends at this moment, without a reward or request key yet. */
export function endedSession(
  student: Pick<StudentRecord, '_id'>,
  { id, startedAt, plannedMinutes, device, assignmentId }: RunningPomodoroRecord,
  at: Date,
): PomodoroSessionRecord {
  const outcome = pomodoroOutcome({ startedAt, plannedMinutes }, at);
  return {
    _id: id,
    studentId: student._id,
    startedAt,
    plannedMinutes,
    device,
    assignmentId,
    rewardId: null,
    ...outcome,
  };
}
