import type { Types } from 'mongoose';
import { hasExpired, pomodoroOutcome } from '../rewards/index.js';
import type { GrantReads } from '../storage/grant-reads.js';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { GrantingOperation, RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { RunningPomodoroRecord, StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { StaleRevision, type StudentChange } from '../storage/student-store.js';
import type { RequestFacts } from './request-facts.js';

/** What a request needs to know before it can be decided, beside the student itself. */
export interface Needs {
  /** The reward that may already have been paid for the same thing or under the same key. */
  readonly reward?: { subject: SubjectRecord | null; operation: GrantingOperation; requestKey: string | null };
  /** The session that may already have ended, by its id or under the same key. */
  readonly session?: { sessionId: Types.ObjectId | null; requestKey: string | null };
  readonly assignmentId?: Types.ObjectId;
}

/** What there is to know about one student, requests decided earlier in the same group included. */
export interface Known {
  readonly rewards: readonly RewardRecord[];
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
  /** The student's session that was left running too long and is not recorded yet: whatever is written records it. */
  readonly expired: PomodoroSessionRecord | null;
}

/** What one request writes, all of it or nothing. */
export interface Writes {
  readonly student: StudentRecord;
  readonly submission?: SubmissionRecord;
  readonly session?: PomodoroSessionRecord;
  readonly reward?: RewardRecord;
}

/** What becomes of a request: what it writes, if anything, and its answer once that is committed. */
export interface Step<Answer> {
  readonly writes?: Writes;
  /** @param student as it stands after the commit of the whole group */
  readonly answer: (student: StudentRecord) => Answer;
}

/** A request that reads or writes a student. `decide` may run several times, each on a fresh read, and has no effect. */
export interface StudentRequest<Answer> {
  readonly studentId: Types.ObjectId;
  readonly facts: RequestFacts;
  readonly needs: Needs;
  readonly decide: (student: StudentRecord, known: Known) => Step<Answer>;
}

/** All that a group writes: one command for each collection that has anything. */
export interface GroupWrites {
  readonly students: StudentChange[];
  readonly submissions: SubmissionRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly rewards: RewardRecord[];
}

export interface DecidedGroup {
  readonly writes: GroupWrites;
  /** The answer of each request, in the order of the requests. */
  readonly answers: (() => unknown)[];
}

/** A request is for a student who does not exist: whoever sent it is nobody that we know. */
export class NoSuchStudent extends Error {
  constructor(studentKey: string) {
    super(`there is no student ${studentKey}`);
  }
}

interface Folded {
  readonly before: StudentRecord;
  student: StudentRecord;
  readonly rewards: RewardRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly assignments: Known['assignments'];
}

/**
 * Folds the requests of a group in their order, each on what the ones before it left: a second request for the
 * same thing finds the reward of the first and becomes its replay. Pure.
 * @param reads of all that the group names
 * @throws StaleRevision where somebody else wrote to a student between the reads
 * @throws NoSuchStudent
 */
export function decideGroup(requests: readonly StudentRequest<unknown>[], reads: GrantReads): DecidedGroup {
  const folds = new Map<string, Folded>();
  const writes: GroupWrites = { students: [], submissions: [], sessions: [], rewards: [] };
  const answers = requests.map((request) => {
    const fold = foldOf(request.studentId, folds, reads);
    const step = decideOne(request, fold);
    if (step.writes) record(step.writes, fold, writes);
    return () => step.answer(fold.student);
  });
  for (const fold of folds.values()) {
    const { before, student } = fold;
    if (student === before) continue;
    fold.student = { ...student, revision: before.revision + 1 };
    writes.students.push({ before, after: fold.student });
  }
  return { writes, answers };
}

function foldOf(studentId: Types.ObjectId, folds: Map<string, Folded>, reads: GrantReads): Folded {
  const key = studentId.toHexString();
  const begun = folds.get(key);
  if (begun) return begun;
  const before = reads.students.get(key);
  if (!before) throw new NoSuchStudent(key);
  const own = <Row extends { studentId: Types.ObjectId }>(rows: readonly Row[]) =>
    rows.filter((row) => row.studentId.equals(studentId));
  const fold = {
    before,
    student: before,
    rewards: own(reads.rewards),
    sessions: own(reads.sessions),
    assignments: reads.assignments,
  };
  assertOneMoment(fold);
  folds.set(key, fold);
  return fold;
}

/**
 * What is read one after another may be of different moments. What somebody else committed in between is missing in the
 * student and there in what was read later; a replay, which no revision guards, would be answered with halves of two
 * truths.
 * @throws StaleRevision
 */
function assertOneMoment({ student, rewards, sessions }: Folded): void {
  const isOlder = rewards.some(({ sequence }) => sequence > student.sequence);
  const isTorn = sessions.some(
    ({ _id, rewardId }) =>
      student.runningPomodoro?.id.equals(_id) || (rewardId && !rewards.some((reward) => reward._id.equals(rewardId))),
  );
  if (isOlder || isTorn) throw new StaleRevision();
}

/** A session that was left running too long has ended, recorded or not; whoever writes to its student records it. */
function decideOne(request: StudentRequest<unknown>, { student, ...known }: Folded): Step<unknown> {
  const running = student.runningPomodoro;
  if (running === null || !hasExpired(running, request.facts.receivedAt)) {
    return request.decide(student, { ...known, expired: null });
  }
  const expired = endedSession(student, running, request.facts.receivedAt);
  const step = request.decide({ ...student, runningPomodoro: null }, { ...known, expired });
  return step.writes ? { ...step, writes: { session: expired, ...step.writes } } : step;
}

function record(step: Writes, fold: Folded, writes: GroupWrites): void {
  fold.student = step.student;
  if (step.submission) writes.submissions.push(step.submission);
  if (step.session) {
    writes.sessions.push(step.session);
    fold.sessions.push(step.session);
  }
  if (step.reward) {
    writes.rewards.push(step.reward);
    fold.rewards.push(step.reward);
  }
}

/** The record of a session that ends at this moment, as yet without reward or request key. */
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
