/** What the staff of a scale school does by hand: every act that there is, decided by the product's own functions. */
import { Types } from 'mongoose';
import { decideDiscard } from '../actions/discard-submission.js';
import { decideExtension, takeExtensionBack } from '../actions/extend-deadline.js';
import { decideGrade } from '../actions/grade-submission.js';
import { payBonus } from '../actions/grant-bonus.js';
import { ledgerRowOf } from '../actions/revoke-reward.js';
import { withRestored } from '../granting/assignment-for-student.js';
import { correctReward } from '../granting/correct-reward.js';
import type { LookupResults } from '../granting/decide-group.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ManualRequest, newAct, type PlannedAct, withAct } from '../granting/manual-acts.js';
import type { Refused } from '../granting/refusal.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { ManualOperation, RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { addWrites, type StudentHistory } from './scale-history.js';

export interface Staff {
  readonly courseId: Types.ObjectId;
  readonly teacherId: Types.ObjectId;
  /** Only an admin corrects the reward of a session. */
  readonly adminId: Types.ObjectId;
}

/** An act on one student, at a time. */
export type Step = (history: StudentHistory, at: Date) => void;

const NOTE = 'By hand, in the history of a scale school.';

export const bonusOf =
  ({ courseId, teacherId }: Staff, points: number): Step =>
  (history, at) => {
    const { student } = history;
    const fingerprint = fingerprintOf(`${student._id}`, `${courseId}`, `${points}`, NOTE);
    const request = requestOf('grantBonus', fingerprint, teacherId, at);
    const actId = new Types.ObjectId();
    const bonus = { points, note: NOTE, courseId, actId, rewardId: new Types.ObjectId() };
    const paid = payBonus(student, bonus, request);
    const writes = { student: paid.student, rewards: [paid.reward] };
    carryOut(history, request, { kind: 'planned', writes, details: { note: NOTE } }, actId);
  };

/** A bonus for many students at once. The act was stored before it paid anybody. */
export function classBonus(
  { courseId, teacherId }: Staff,
  studentIds: readonly Types.ObjectId[],
  at: Date,
): ManualActRecord {
  const students = JSON.stringify(studentIds.map(String).toSorted());
  const fingerprint = fingerprintOf(`${courseId}`, `${CLASS_BONUS_POINTS}`, NOTE, students);
  return {
    ...newAct(requestOf('grantBonuses', fingerprint, teacherId, at), new Types.ObjectId(), studentIds),
    note: NOTE,
  };
}

const CLASS_BONUS_POINTS = 10;

/** Pays a student its part of the bonus of a class. */
export function payClassBonus(history: StudentHistory, { courseId }: Staff, act: ManualActRecord, at: Date): void {
  const request = { ...requestOf('grantBonuses', act.fingerprint, act.actorId, at), requestKey: act.requestKey };
  const { _id: actId } = act;
  const bonus = { points: CLASS_BONUS_POINTS, note: NOTE, courseId, actId, rewardId: new Types.ObjectId() };
  const { student, reward } = payBonus(history.student, bonus, request);
  addWrites(history, { student, rewards: [reward] });
}

/** @param feedback undefined keeps the former one */
export const gradeOf =
  ({ teacherId }: Staff, { _id: id }: SubmissionRecord, grade: number, feedback: string | null | undefined): Step =>
  (history, at) => {
    const fingerprint = fingerprintOf(`${id}`, `${grade}`, JSON.stringify(feedback) ?? '');
    const request = requestOf('gradeSubmission', fingerprint, teacherId, at);
    const input = { ...request, grade, feedback, submissionId: `${id}`, idempotencyKey: request.requestKey };
    const teacher = { accountId: teacherId, role: 'TEACHER' } as const;
    const prepared = { ...input, teacher, id, request, rewardId: new Types.ObjectId() };
    carryOut(history, request, decideGrade(prepared, history.student, foundIn(history)));
  };

/** @param rowOf finds the row when the act is carried out */
export const revocationOf =
  (actorId: Types.ObjectId, rowOf: (history: StudentHistory) => RewardRecord): Step =>
  (history, at) => {
    const row = rowOf(history);
    const request = requestOf('revokeReward', fingerprintOf(`${row._id}`, NOTE), actorId, at);
    const { student, reward } = correct(history, row, 'RewardRevoked', request);
    carryOut(history, request, { kind: 'planned', writes: { student, rewards: [reward] }, details: { note: NOTE } });
  };

/** If the row is that of a discarded submission, the submission counts again. */
export const restorationOf =
  (actorId: Types.ObjectId, row: RewardRecord): Step =>
  (history, at) => {
    const request = requestOf('restoreReward', fingerprintOf(`${row._id}`, NOTE), actorId, at);
    const discarded = history.submissions.find((each) => each.discardedAt && each.rewardId.equals(row._id));
    if (discarded) history.student = withRestored(history.student, discarded);
    const { student, reward } = correct(history, row, 'RewardRestored', request);
    const change = discarded && { submissionChange: { id: discarded._id, change: { discardedAt: undefined } } };
    const writes = { student, rewards: [reward], ...change };
    carryOut(history, request, { kind: 'planned', writes, details: { note: NOTE } });
  };

export const discardOf =
  ({ teacherId }: Staff, { _id: id }: SubmissionRecord): Step =>
  (history, at) => {
    const request = requestOf('discardSubmission', fingerprintOf(`${id}`, NOTE), teacherId, at);
    const rewardIds = [new Types.ObjectId(), new Types.ObjectId()];
    const prepared = { id, note: NOTE, request, rewardIds };
    carryOut(history, request, decideDiscard(prepared, history.student, foundIn(history)));
  };

/** @param dueDate null takes the extension back */
export const extensionOf =
  ({ teacherId }: Staff, { _id: assignmentId }: Pick<AssignmentRecord, '_id'>, dueDate: Date | null): Step =>
  (history, at) => {
    const { student } = history;
    const dates = dueDate && { dueDate, closesAt: null };
    const fingerprint = fingerprintOf(`${assignmentId}`, `${student._id}`, JSON.stringify(dates), NOTE);
    const request = requestOf('extendDeadline', fingerprint, teacherId, at);
    const extension = dates && { assignmentId, ...dates, note: NOTE };
    const rewardId = new Types.ObjectId();
    const planned = extension
      ? decideExtension({ extension, request, rewardId }, student, foundIn(history))
      : takeExtensionBack(student, assignmentId);
    const details = { note: NOTE, assignmentId, extension: dates };
    carryOut(history, request, { ...planned, details } as PlannedAct);
  };

const requestOf = (
  operation: ManualOperation,
  fingerprint: string,
  actorId: Types.ObjectId,
  receivedAt: Date,
): ManualRequest => ({
  operation,
  requestKey: new Types.ObjectId().toHexString(),
  fingerprint,
  facts: { requestId: 'scale', receivedAt, actorId },
});

const foundIn = ({ ledger, submissions }: StudentHistory): LookupResults => ({
  ledger,
  submissions,
  rewards: [],
  sessions: [],
  assignments: new Map(),
  acts: [],
  expired: null,
});

const correct = (
  { student, ledger }: StudentHistory,
  row: RewardRecord,
  kind: 'RewardRevoked' | 'RewardRestored',
  request: ManualRequest,
) =>
  correctReward(
    student,
    ledger,
    ledgerRowOf(ledger, row),
    { kind, note: NOTE },
    {
      ...request,
      rewardId: new Types.ObjectId(),
    },
  );

/** @throws Error with the message of a refusal */
function carryOut(
  history: StudentHistory,
  request: ManualRequest,
  planned: PlannedAct | Refused,
  actId = new Types.ObjectId(),
): void {
  if (planned.kind === 'refused') throw new Error(`${request.operation}: ${planned.message}`);
  addWrites(history, withAct(planned, request, actId, history.student).writes!);
}
