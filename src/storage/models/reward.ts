import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import type { LedgerAction } from '../../rewards/index.js';
import { inCollection, subdocument } from './model-options.js';
import { StreakRecord } from './student.js';

export type RewardReason =
  | 'ASSIGNMENT_SUBMITTED'
  | 'POMODORO_ENDED'
  | 'BONUS'
  | 'SUBMISSION_GRADED'
  | 'REVOCATION'
  | 'RESTORATION'
  | 'EXTENSION';

/** The mutations of students that write ledger rows. */
export type GrantingOperation = 'submitAssignment' | 'endPomodoro';

/** The mutations of teachers and admins that write ledger rows. */
export type ManualOperation =
  | 'grantBonus'
  | 'grantBonuses'
  | 'gradeSubmission'
  | 'revokeReward'
  | 'restoreReward'
  | 'discardSubmission'
  | 'extendDeadline';

/**
 * What the id of a subject names:
 * - assignment: the assignment, for its first submission
 * - resubmission: the discarded submission that this one replaces
 * - pomodoro: the session
 * - bonus: the manual act that gave it
 * - grade: the submission
 * - the others: the row that this correction follows, which is the corrected row or its latest correction. So two
 *   corrections of one kind never follow the same row. (The student's revision keeps all others apart.) The first two
 *   kinds say that the day of the corrected row has one submission less or more: daily totals are read from an index
 *   alone.
 */
export type SubjectKind =
  | 'assignment'
  | 'resubmission'
  | 'pomodoro'
  | 'bonus'
  | 'grade'
  | 'submission-revocation'
  | 'submission-restoration'
  | 'correction';

/** What a reward was paid for. A student never has two rows for the same subject. */
@modelOptions(subdocument)
export class SubjectRecord {
  @prop({ type: () => String, required: true }) kind!: SubjectKind;
  @prop({ type: () => Types.ObjectId, required: true }) id!: Types.ObjectId;
}

@modelOptions(subdocument)
export class ProgressRecord {
  @prop({ type: () => Number, required: true }) level!: number;
  @prop({ type: () => Number, required: true }) xp!: number;
  @prop({ type: () => Number, required: true }) lifetimeXp!: number;
  @prop({ type: () => Number, required: true }) auraPoints!: number;
}

@modelOptions(subdocument)
export class RewardLineRecord {
  @prop({ type: () => String, required: true }) rule!: string;
  @prop({ type: () => String, required: true }) text!: string;
  @prop({ type: () => Number, required: true }) points!: number;
}

/**
 * One row of the ledger. It also records the request key. It is inserted once and never changed.
 * Every unique index starts with studentId, so the collection can be sharded by studentId.
 */
@modelOptions({ ...inCollection('rewards'), options: { allowMixed: 0 } })
@index({ studentId: 1, sequence: 1 }, { unique: true })
@index({ studentId: 1, 'subject.kind': 1, 'subject.id': 1 }, { unique: true })
@index(
  { studentId: 1, operation: 1, requestKey: 1 },
  { unique: true, partialFilterExpression: { requestKey: { $exists: true } } },
)
@index({ studentId: 1, corrects: 1, sequence: 1 }, { partialFilterExpression: { corrects: { $exists: true } } })
@index({ studentId: 1, localDate: 1, xp: 1, auraPoints: 1, 'action.focusedSeconds': 1, 'subject.kind': 1 })
export class RewardRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Number, required: true }) sequence!: number;
  @prop({ type: () => String, required: true }) reason!: RewardReason;
  @prop({ type: () => SubjectRecord, required: true }) subject!: SubjectRecord;
  @prop({ type: () => String, required: true }) operation!: GrantingOperation | ManualOperation;
  /** Absent if the request had none, and in manual rows: their keys are in manual_acts. Null would be in the index. */
  @prop({ type: () => String }) requestKey?: string;
  /** Hash of the first input. It distinguishes a retry from another request with the same key. */
  @prop({ type: () => String, required: true }) fingerprint!: string;
  @prop({ type: () => Number, required: true }) xp!: number;
  @prop({ type: () => Number, required: true }) auraPoints!: number;
  @prop({ type: () => ProgressRecord, required: true }) before!: ProgressRecord;
  @prop({ type: () => ProgressRecord, required: true }) after!: ProgressRecord;
  @prop({ type: () => [RewardLineRecord], required: true }) lines!: RewardLineRecord[];
  @prop({ type: () => Boolean, required: true }) leveledUp!: boolean;
  @prop({ type: () => Number, required: true }) surplusDiscarded!: number;
  /** Ids of the badges that this row unlocked. */
  @prop({ type: () => [String], required: true }) badges!: string[];
  /** The streak after this reward. */
  @prop({ type: () => StreakRecord, required: true }) streak!: StreakRecord;
  /** The student's calendar day, determined when the row was written. */
  @prop({ type: () => String, required: true }) localDate!: string;
  /** What the student did, with everything needed to re-derive the student's progress from the ledger alone. */
  @prop({ type: () => Object, required: true }) action!: LedgerAction;
  /** The zone in which that day began. Absent in manual rows, and in rows of older servers. */
  @prop({ type: () => String }) dayZone?: string;
  @prop({ type: () => Number, required: true }) rulesVersion!: number;
  @prop({ type: () => Date, required: true }) grantedAt!: Date;
  @prop({ type: () => String, required: true }) requestId!: string;
  /** The student; in a manual row, the teacher or admin. */
  @prop({ type: () => Types.ObjectId, required: true }) actorId!: Types.ObjectId;

  /** The course in which a bonus was given. Only in bonuses. */
  @prop({ type: () => Types.ObjectId }) courseId?: Types.ObjectId;
  /** Only in resubmissions, in grades, and in corrections of a row about a submission. */
  @prop({ type: () => Types.ObjectId }) submissionId?: Types.ObjectId;
  /** The corrected row. Only in corrections, like the next two fields. */
  @prop({ type: () => Types.ObjectId }) corrects?: Types.ObjectId;
  /** What the corrected row counts for from now on. */
  @prop({ type: () => Number }) worth?: number;
  /** Ids of the badges that the student no longer holds. */
  @prop({ type: () => [String], default: undefined }) lostBadges?: string[];
}

/** The part of a ledger row that is needed to fold the ledger again. */
export type LedgerRow = Pick<
  RewardRecord,
  | '_id'
  | 'studentId'
  | 'sequence'
  | 'subject'
  | 'xp'
  | 'localDate'
  | 'action'
  | 'dayZone'
  | 'rulesVersion'
  | 'grantedAt'
  | 'submissionId'
  | 'corrects'
>;

export const RewardModel = getModelForClass(RewardRecord);
