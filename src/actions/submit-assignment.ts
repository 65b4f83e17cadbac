import { Types } from 'mongoose';
import { isEnrolled } from '../auth/course-access.js';
import { replacedBy, submissionSubject, termsFor } from '../granting/assignment-for-student.js';
import type { Committer } from '../granting/committer.js';
import type { Decision, LookupResults } from '../granting/decide-group.js';
import {
  findReplay,
  formerSubmissionFingerprint,
  type RequestIdentity,
  submissionFingerprint,
} from '../granting/find-replay.js';
import { dayOf, payReward, stateOf } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { decideReward, isClosed, isLate, type StudentAction } from '../rewards/index.js';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';

export interface SubmitAssignment {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: string;
  readonly content: string;
  readonly idempotencyKey: string | null;
  readonly facts: RequestFacts;
}

export interface SubmitAssignmentOutcome {
  readonly kind: 'submitted';
  readonly student: StudentRecord;
  readonly reward: RewardRecord;
  /** null in a replay: the submission may have been revised since, so it is read only if the client asks for it. */
  readonly submission: SubmissionRecord | null;
  readonly replayed: boolean;
}

/** The reward was looked up for another subject than the student's next submission of this assignment has. */
interface OtherSubject {
  readonly kind: 'other subject';
  readonly subject: SubjectRecord;
}

/** The request with everything that is computed once, before the first attempt. */
interface PreparedRequest extends Omit<SubmitAssignment, 'assignmentId'> {
  /** null: not a valid id. */
  readonly assignmentId: Types.ObjectId | null;
  readonly identity: RequestIdentity;
  readonly rewardId: Types.ObjectId;
  readonly submissionId: Types.ObjectId;
}

/**
 * Submits an assignment and pays its reward. Each student is paid once per assignment, for ever.
 * @throws Unavailable
 */
export async function submitAssignment(
  committer: Committer,
  input: SubmitAssignment,
): Promise<SubmitAssignmentOutcome | Refused> {
  const assignmentId = toObjectId(input.assignmentId);
  const normalizedId = canonicalId(input.assignmentId);
  const identity: RequestIdentity = {
    operation: 'submitAssignment',
    subject: assignmentId && { kind: 'assignment', id: assignmentId },
    requestKey: input.idempotencyKey,
    fingerprint: submissionFingerprint(normalizedId, input.content),
    formerFingerprint: () => formerSubmissionFingerprint(normalizedId, input.content),
  };
  const prepared: PreparedRequest = {
    ...input,
    assignmentId,
    identity,
    rewardId: new Types.ObjectId(),
    submissionId: new Types.ObjectId(),
  };
  // Nearly always a first submission. Only the student itself says whether an earlier one was discarded.
  for (let subject = identity.subject; ; ) {
    const request = { ...prepared, identity: { ...identity, subject } };
    const outcome = await committer.submit<SubmitAssignmentOutcome | Refused | OtherSubject>({
      studentId: input.studentId,
      facts: input.facts,
      lookups: { reward: request.identity, ...(assignmentId && { assignmentId }) },
      decide: (student, found) => decide(request, student, found),
    });
    if (outcome.kind !== 'other subject') return outcome;
    subject = outcome.subject;
  }
}

/** Checks for a replay before it refuses anything: docs/adr/0002-replay-rules.md. */
function decide(
  request: PreparedRequest,
  student: StudentRecord,
  found: LookupResults,
): Decision<SubmitAssignmentOutcome | Refused | OtherSubject> {
  const { identity, assignmentId, facts } = request;
  const subject = assignmentId && submissionSubject(student, assignmentId);
  const isLookedUp = !subject || (subject.kind === identity.subject?.kind && subject.id.equals(identity.subject.id));
  const check = findReplay(isLookedUp ? identity : { ...identity, subject: null }, found.rewards);
  if (!isLookedUp && check.kind === 'no replay') return { answer: () => ({ kind: 'other subject', subject }) };
  switch (check.kind) {
    case 'key reused':
      return refusal('IDEMPOTENCY_KEY_REUSED', KEY_REUSED);
    case 'other input':
      return refusal('ALREADY_SUBMITTED', ALREADY_SUBMITTED);
    case 'replay':
      return { answer: (now) => replay(check.reward, now, request) };
    case 'no replay': {
      const assignment = assignmentId && found.assignments.get(assignmentId.toHexString());
      if (!assignment || !isEnrolled(student, assignment.courseId)) return refusal('NOT_FOUND', NO_SUCH_ASSIGNMENT);
      const terms = termsFor(student, assignment);
      if (isClosed(terms.closesAt, facts.receivedAt)) return refusal('ASSIGNMENT_CLOSED', CLOSED);
      return pay(request, student, terms);
    }
  }
}

const KEY_REUSED =
  'This key was already used with another assignment or another text. Use a new key for a new submission.';
const ALREADY_SUBMITTED =
  'You have already submitted another text, and it is paid. To change the text, use reviseSubmission.';
const NO_SUCH_ASSIGNMENT =
  'There is no such assignment in your courses. If your teacher gave you a join code, join the course first.';
const CLOSED =
  'This assignment is closed and accepts no more submissions. Ask your teacher whether it can be reopened.';

const refusal = (...refused: Parameters<typeof refuse>): Decision<Refused> => ({ answer: () => refuse(...refused) });

/** If the reward has this request's own id, this request was paid and only the reply of its commit was lost. */
const replay = (
  reward: RewardRecord,
  student: StudentRecord,
  { rewardId }: PreparedRequest,
): SubmitAssignmentOutcome => ({
  kind: 'submitted',
  student,
  reward,
  submission: null,
  replayed: !reward._id.equals(rewardId),
});

function pay(
  request: PreparedRequest,
  student: StudentRecord,
  assignment: AssignmentTerms,
): Decision<SubmitAssignmentOutcome> {
  const { identity, rewardId, submissionId, facts, content } = request;
  const at = facts.receivedAt;
  const replaces = replacedBy(student, assignment._id);
  const { student: paid, reward } = payReward(student, actionOf(student, assignment, at), {
    ...identity,
    rewardId,
    facts,
    reason: 'ASSIGNMENT_SUBMITTED',
    subject: submissionSubject(student, assignment._id),
    ...(replaces && { submissionId }),
  });
  const submission: SubmissionRecord = {
    _id: submissionId,
    studentId: student._id,
    assignmentId: assignment._id,
    rewardId,
    content,
    submittedAt: at,
    late: isLate(assignment.dueDate, at),
    revision: 0,
    revisedAt: null,
    ...(replaces && { replaces }),
  };
  return {
    writes: { student: paid, submission, rewards: [reward] },
    answer: (now) => ({ kind: 'submitted', student: now, reward, submission, replayed: false }),
  };
}

/** The XP that a first submission at this moment would pay. null if it would be refused. */
export function pointsNow(student: StudentRecord, assignment: AssignmentTerms, at: Date): number | null {
  const terms = termsFor(student, assignment);
  if (!isEnrolled(student, assignment.courseId) || isClosed(terms.closesAt, at)) return null;
  return decideReward(stateOf(student), actionOf(student, terms, at)).xp;
}

const actionOf = (student: StudentRecord, { dueDate }: AssignmentTerms, at: Date): StudentAction => ({
  kind: 'AssignmentSubmitted',
  at,
  localDate: dayOf(student, at),
  dueDate,
});
