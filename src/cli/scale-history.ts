/** The history of one student of a scale school, row by row, as the committer would have written it. */
import { Types } from 'mongoose';
import { replacedBy, submissionSubject, termsFor } from '../granting/assignment-for-student.js';
import { endedSession, type RequestWrites } from '../granting/decide-group.js';
import { fingerprintOf, submissionFingerprint } from '../granting/find-replay.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { isLate, type StudentAction } from '../rewards/index.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';

/** Everything stored about one student so far. */
export interface StudentHistory {
  student: StudentRecord;
  readonly ledger: RewardRecord[];
  readonly submissions: SubmissionRecord[];
  readonly sessions: PomodoroSessionRecord[];
  readonly acts: ManualActRecord[];
}

export const newHistory = (student: StudentRecord): StudentHistory => ({
  student,
  ledger: [],
  submissions: [],
  sessions: [],
  acts: [],
});

/** Adds the writes of one commit. */
export function addWrites(history: StudentHistory, writes: RequestWrites): void {
  const { student, submission, submissionChange, session, rewards = [], act } = writes;
  history.student = { ...student, revision: history.student.revision + 1 };
  history.ledger.push(...rewards);
  if (submission) history.submissions.push(submission);
  if (submissionChange) changeSubmission(history.submissions, submissionChange);
  if (session) history.sessions.push(session);
  if (act) history.acts.push(act);
}

function changeSubmission(
  submissions: SubmissionRecord[],
  { id, change }: NonNullable<RequestWrites['submissionChange']>,
): void {
  const position = submissions.findIndex(({ _id }) => _id.equals(id));
  const changed = Object.entries({ ...submissions[position]!, ...change }).filter(([, value]) => value !== undefined);
  submissions[position] = Object.fromEntries(changed) as unknown as SubmissionRecord;
}

const CONTENT = 'From the history of a scale school.';

/** The student hands in: for the first time, or again after its submission was discarded. */
export function submit(history: StudentHistory, assignment: AssignmentRecord, at: Date): void {
  const { student } = history;
  const [rewardId, submissionId] = [new Types.ObjectId(), new Types.ObjectId()];
  const { dueDate } = termsFor(student, assignment);
  const replaces = replacedBy(student, assignment._id);
  const action: StudentAction = { kind: 'AssignmentSubmitted', at, localDate: dayOf(student, at), dueDate };
  const paid = payReward(student, action, {
    rewardId,
    reason: 'ASSIGNMENT_SUBMITTED',
    operation: 'submitAssignment',
    subject: submissionSubject(student, assignment._id),
    ...rewardClaim(student, at, submissionFingerprint(assignment._id.toHexString(), CONTENT)),
    ...(replaces && { submissionId }),
  });
  const submission = {
    _id: submissionId,
    studentId: student._id,
    assignmentId: assignment._id,
    rewardId,
    content: CONTENT,
    submittedAt: at,
    late: isLate(dueDate, at),
    revision: 0,
    revisedAt: null,
    ...(replaces && { replaces }),
  };
  addWrites(history, { student: paid.student, rewards: [paid.reward], submission });
}

export function focus(history: StudentHistory, plannedMinutes: number, startedAt: Date): void {
  const { student } = history;
  const rewardId = new Types.ObjectId();
  const at = new Date(startedAt.getTime() + plannedMinutes * MINUTE_MS);
  const running = { id: new Types.ObjectId(), startedAt, plannedMinutes, device: null, assignmentId: null };
  const session = { ...endedSession(student, running, at), rewardId };
  const action: StudentAction = {
    kind: 'PomodoroEnded',
    at,
    localDate: dayOf(student, at),
    plannedMinutes,
    focusedSeconds: session.focusedSeconds ?? 0,
  };
  const paid = payReward(student, action, {
    rewardId,
    reason: 'POMODORO_ENDED',
    operation: 'endPomodoro',
    subject: { kind: 'pomodoro', id: running.id },
    ...rewardClaim(student, at, fingerprintOf(running.id.toHexString())),
  });
  addWrites(history, { student: paid.student, rewards: [paid.reward], session });
}

const MINUTE_MS = 60_000;

const rewardClaim = (student: StudentRecord, receivedAt: Date, fingerprint: string) => ({
  requestKey: null,
  fingerprint,
  facts: { requestId: 'scale', receivedAt, actorId: student._id },
});
