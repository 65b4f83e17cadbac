import { Types } from 'mongoose';
import { isEnrolled } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import type { Known, Step } from '../granting/decide-group.js';
import {
  formerSubmissionFingerprint,
  priorOf,
  type RequestIdentity,
  submissionFingerprint,
} from '../granting/find-replay.js';
import { dayOf, payReward, stateOf } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { decideReward, isClosed, isLate, type StudentAction } from '../rewards/index.js';
import type { AssignmentTerms } from '../storage/models/assignment.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { toObjectId } from '../storage/object-id.js';

export interface SubmitAssignment {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: string;
  readonly content: string;
  readonly idempotencyKey: string | null;
  readonly facts: RequestFacts;
}

export interface AssignmentSubmitted {
  readonly kind: 'submitted';
  readonly student: StudentRecord;
  readonly reward: RewardRecord;
  /** null in a replay: the submission may have been revised since, and is read where it is asked for. */
  readonly submission: SubmissionRecord | null;
  readonly replayed: boolean;
}

interface Submitting extends SubmitAssignment {
  readonly identity: RequestIdentity;
  readonly assignmentKey: string | null;
  readonly rewardId: Types.ObjectId;
  readonly submissionId: Types.ObjectId;
}

/**
 * Hands in an assignment and pays it, once for ever per student and assignment.
 * @throws Unavailable
 */
export async function submitAssignment(
  committer: Committer,
  input: SubmitAssignment,
): Promise<AssignmentSubmitted | Refused> {
  const assignmentId = toObjectId(input.assignmentId);
  const assignmentName = assignmentId?.toHexString() ?? input.assignmentId;
  const identity: RequestIdentity = {
    operation: 'submitAssignment',
    subject: assignmentId && { kind: 'assignment', id: assignmentId },
    requestKey: input.idempotencyKey,
    fingerprint: submissionFingerprint(assignmentName, input.content),
    formerFingerprint: formerSubmissionFingerprint(assignmentName, input.content),
  };
  const submitting: Submitting = {
    ...input,
    identity,
    assignmentKey: assignmentId?.toHexString() ?? null,
    rewardId: new Types.ObjectId(),
    submissionId: new Types.ObjectId(),
  };
  return committer.submit<AssignmentSubmitted | Refused>({
    studentId: input.studentId,
    facts: input.facts,
    needs: { reward: identity, ...(assignmentId && { assignmentId }) },
    decide: (student, known) => decide(submitting, student, known),
  });
}

/** Replays are looked for before anything is refused; after the last guard it must succeed. */
function decide(request: Submitting, student: StudentRecord, known: Known): Step<AssignmentSubmitted | Refused> {
  const prior = priorOf(request.identity, known.rewards);
  switch (prior.kind) {
    case 'key reused':
      return refusal('IDEMPOTENCY_KEY_REUSED', KEY_REUSED);
    case 'other input':
      return refusal('ALREADY_SUBMITTED', ALREADY_SUBMITTED);
    case 'replay':
      return { answer: (now) => replay(prior.reward, now, request) };
    case 'none': {
      const assignment = known.assignments.get(request.assignmentKey ?? '');
      if (!assignment || !isEnrolled(student, assignment)) return refusal('NOT_FOUND', NO_SUCH_ASSIGNMENT);
      if (isClosed(assignment.closesAt, request.facts.receivedAt)) return refusal('ASSIGNMENT_CLOSED', CLOSED);
      return pay(request, student, assignment);
    }
  }
}

const KEY_REUSED =
  'This key was sent with another assignment or another text before. Use a new key for a new submission.';
const ALREADY_SUBMITTED =
  'You have handed this in with another text, and it is paid. To change the text, use reviseSubmission.';
const NO_SUCH_ASSIGNMENT =
  'There is no such assignment in your courses. If your teacher gave you a join code, join the course first.';
const CLOSED = 'This assignment is closed and accepts nothing any more. Ask your teacher if it should open again.';

const refusal = (...refused: Parameters<typeof refuse>): Step<Refused> => ({ answer: () => refuse(...refused) });

/** A reward with the id that this very request made is its own: the answer of its commit was lost, not its payment. */
const replay = (reward: RewardRecord, student: StudentRecord, { rewardId }: Submitting): AssignmentSubmitted => ({
  kind: 'submitted',
  student,
  reward,
  submission: null,
  replayed: !reward._id.equals(rewardId),
});

function pay(request: Submitting, student: StudentRecord, assignment: AssignmentTerms): Step<AssignmentSubmitted> {
  const { identity, rewardId, submissionId, facts, content } = request;
  const at = facts.receivedAt;
  const { student: paid, reward } = payReward(student, actionOf(student, assignment, at), {
    ...identity,
    rewardId,
    facts,
    reason: 'ASSIGNMENT_SUBMITTED',
    subject: { kind: 'assignment', id: assignment._id },
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
  };
  return {
    writes: { student: paid, submission, reward },
    answer: (now) => ({ kind: 'submitted', student: now, reward, submission, replayed: false }),
  };
}

/** What handing in now would pay a student who has not yet; null where it would be refused. */
export function pointsNow(student: StudentRecord, assignment: AssignmentTerms, at: Date): number | null {
  if (!isEnrolled(student, assignment) || isClosed(assignment.closesAt, at)) return null;
  return decideReward(stateOf(student), actionOf(student, assignment, at)).xp;
}

const actionOf = (student: StudentRecord, { dueDate }: AssignmentTerms, at: Date): StudentAction => ({
  kind: 'AssignmentSubmitted',
  at,
  localDate: dayOf(student, at),
  dueDate,
});
