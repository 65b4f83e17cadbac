import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import type { StudentAction } from '../../rewards/index.js';
import { embedded, storedIn } from './model-options.js';
import { StreakRecord } from './student.js';

export type RewardReason = 'ASSIGNMENT_SUBMITTED' | 'POMODORO_ENDED';
export type GrantingOperation = 'submitAssignment' | 'endPomodoro';

/** What a reward was paid for: at most one row for each, for ever. */
@modelOptions(embedded)
export class SubjectRecord {
  @prop({ type: () => String, required: true }) kind!: 'assignment' | 'pomodoro';
  @prop({ type: () => Types.ObjectId, required: true }) id!: Types.ObjectId;
}

@modelOptions(embedded)
export class ProgressRecord {
  @prop({ type: () => Number, required: true }) level!: number;
  @prop({ type: () => Number, required: true }) xp!: number;
  @prop({ type: () => Number, required: true }) lifetimeXp!: number;
  @prop({ type: () => Number, required: true }) auraPoints!: number;
}

@modelOptions(embedded)
export class RewardLineRecord {
  @prop({ type: () => String, required: true }) rule!: string;
  @prop({ type: () => String, required: true }) text!: string;
  @prop({ type: () => Number, required: true }) points!: number;
}

/**
 * One row of the ledger, and with it the record of request keys. It is inserted once and never changes.
 * Every unique index starts with studentId, so that all can be sharded by it.
 */
@modelOptions({ ...storedIn('rewards'), options: { allowMixed: 0 } })
@index({ studentId: 1, sequence: 1 }, { unique: true })
@index({ studentId: 1, 'subject.kind': 1, 'subject.id': 1 }, { unique: true })
@index(
  { studentId: 1, operation: 1, requestKey: 1 },
  { unique: true, partialFilterExpression: { requestKey: { $exists: true } } },
)
@index({ studentId: 1, localDate: 1, xp: 1, auraPoints: 1, 'action.focusedSeconds': 1, 'subject.kind': 1 })
export class RewardRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Number, required: true }) sequence!: number;
  @prop({ type: () => String, required: true }) reason!: RewardReason;
  @prop({ type: () => SubjectRecord, required: true }) subject!: SubjectRecord;
  @prop({ type: () => String, required: true }) operation!: GrantingOperation;
  /** Absent where the request had none: null would count as a value in the unique index. */
  @prop({ type: () => String }) requestKey?: string;
  /** Of the input as it was first sent: what tells a repeat from another request. */
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
  /** The streak as this row left it. */
  @prop({ type: () => StreakRecord, required: true }) streak!: StreakRecord;
  /** The student's calendar day, fixed when the row was written. */
  @prop({ type: () => String, required: true }) localDate!: string;
  /** What the student did, whole: the ledger folds to the progress from these alone. */
  @prop({ type: () => Object, required: true }) action!: StudentAction;
  @prop({ type: () => Number, required: true }) rulesVersion!: number;
  @prop({ type: () => Date, required: true }) grantedAt!: Date;
  @prop({ type: () => String, required: true }) requestId!: string;
  @prop({ type: () => Types.ObjectId, required: true }) actorId!: Types.ObjectId;
}

export const RewardModel = getModelForClass(RewardRecord);
