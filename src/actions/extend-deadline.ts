import { Types } from 'mongoose';
import { taughtAssignment } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import { extensionOf } from '../granting/assignment-for-student.js';
import type { Committer } from '../granting/committer.js';
import { correctReward, raisesWorth } from '../granting/correct-reward.js';
import type { LookupResults, RequestWrites } from '../granting/decide-group.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, carryOut, type ManualRequest, type PlannedAct } from '../granting/manual-acts.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { isLate } from '../rewards/index.js';
import type { ExtensionRecord, StudentRecord } from '../storage/models/student.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';
import { loadCoursesOfStudents } from '../storage/student-store.js';
import { enrolmentRefusal } from './grant-bonus.js';
import { ledgerRowOf } from './revoke-reward.js';
import { NO_SUCH_ASSIGNMENT } from './update-assignment.js';

export interface ExtendDeadline {
  readonly teacher: Teacher;
  readonly assignmentId: string;
  readonly studentId: string;
  /** null takes the extension back: the assignment's own dates hold from now on. */
  readonly dates: { readonly dueDate: Date; readonly closesAt: Date | null } | null;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

/**
 * Gives one student other dates for an assignment. If the student has submitted it already, the reward becomes what it
 * would have been with them, never less.
 * @throws Unavailable
 */
export async function extendDeadline(committer: Committer, input: ExtendDeadline): Promise<ActDone | Refused> {
  const { teacher, dates, note, idempotencyKey, facts } = input;
  const assignmentId = toObjectId(input.assignmentId);
  const studentId = toObjectId(input.studentId);
  const request: ManualRequest = {
    operation: 'extendDeadline',
    requestKey: idempotencyKey,
    fingerprint: fingerprintOf(
      canonicalId(input.assignmentId),
      canonicalId(input.studentId),
      JSON.stringify(dates),
      note,
    ),
    facts,
  };
  const rewardId = new Types.ObjectId();
  return carryOut(committer, request, async () => {
    const assignment = await taughtAssignment(teacher, assignmentId);
    if (!assignment) return refuse('NOT_FOUND', NO_SUCH_ASSIGNMENT);
    const [student] = studentId ? await loadCoursesOfStudents([studentId]) : [];
    const refusal = await enrolmentRefusal(teacher, student, assignment.courseId);
    if (refusal) return refusal;
    const extension = dates && { assignmentId: assignment._id, ...dates, note };
    return {
      studentId: student!._id,
      lookups: { submission: { assignmentId: assignment._id }, ledger: true },
      decide: (before, found) => {
        const outcome = extension
          ? decideExtension({ extension, request, rewardId }, before, found)
          : takeExtensionBack(before, assignment._id);
        if (outcome.kind === 'refused') return outcome;
        return { ...outcome, details: { note, assignmentId: assignment._id, extension: dates } };
      },
    };
  });
}

const NO_EXTENSION = 'This student has no extension for this assignment, so its own dates hold already.';
const SAME_EXTENSION = 'This student has this extension already. Send other dates or another note.';

interface PreparedExtension {
  readonly extension: ExtensionRecord;
  readonly request: ManualRequest;
  readonly rewardId: Types.ObjectId;
}

export function decideExtension(
  { extension, request, rewardId }: PreparedExtension,
  before: StudentRecord,
  found: LookupResults,
): PlannedAct | Refused {
  const { assignmentId, dueDate, note } = extension;
  const former = extensionOf(before, assignmentId);
  if (former && isSameExtension(former, extension)) return refuse('NOTHING_TO_CHANGE', SAME_EXTENSION);
  const student = { ...before, extensions: [...withoutExtension(before, assignmentId), extension] };
  const submission = found.submissions.find((each) => each.assignmentId.equals(assignmentId) && !each.discardedAt);
  if (!submission) return { kind: 'planned', writes: { student } };
  const isOnTimeNow = submission.late && !isLate(dueDate, submission.submittedAt);
  const change = { id: submission._id, change: { late: false } };
  const row = ledgerRowOf(found.ledger, { _id: submission.rewardId });
  const cause = { kind: 'DeadlineExtended', dueDate, note } as const;
  const corrected = correctReward(student, found.ledger, row, cause, { ...request, rewardId });
  const worthMore: RequestWrites = raisesWorth(found.ledger, corrected.reward)
    ? { student: corrected.student, rewards: [corrected.reward] }
    : { student };
  return { kind: 'planned', writes: { ...worthMore, ...(isOnTimeNow && { submissionChange: change }) } };
}

export function takeExtensionBack(student: StudentRecord, assignmentId: Types.ObjectId): PlannedAct | Refused {
  if (!extensionOf(student, assignmentId)) return refuse('NOTHING_TO_CHANGE', NO_EXTENSION);
  return {
    kind: 'planned',
    writes: { student: { ...student, extensions: withoutExtension(student, assignmentId) } },
  };
}

const withoutExtension = ({ extensions = [] }: StudentRecord, assignmentId: Types.ObjectId): ExtensionRecord[] =>
  extensions.filter((extension) => !extension.assignmentId.equals(assignmentId));

const isSameExtension = (one: ExtensionRecord, other: ExtensionRecord): boolean =>
  one.dueDate.getTime() === other.dueDate.getTime() &&
  one.closesAt?.getTime() === other.closesAt?.getTime() &&
  one.note === other.note;
