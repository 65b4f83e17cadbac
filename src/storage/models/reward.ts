import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import type { StudentAction } from '../../rewards/index.js';
import { inCollection, subdocument } from './model-options.js';
import { StreakRecord } from './student.js';

export type RewardReason = 'ASSIGNMENT_SUBMITTED' | 'POMODORO_ENDED';
export type GrantingOperation = 'submitAssignment' | 'endPomodoro';

/** What a reward was paid for. A student never has two rows for the same subject. */
@modelOptions(subdocument)
export class SubjectRecord {
  @prop({ type: () => String, required: true }) kind!: 'assignment' | 'pomodoro';
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
@index({ studentId: 1, localDate: 1, xp: 1, auraPoints: 1, 'action.focusedSeconds': 1, 'subject.kind': 1 })
export class RewardRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Number, required: true }) sequence!: number;
  @prop({ type: () => String, required: true }) reason!: RewardReason;
  @prop({ type: () => SubjectRecord, required: true }) subject!: SubjectRecord;
  @prop({ type: () => String, required: true }) operation!: GrantingOperation;
  /** Absent if the request had none. Null would be a value in the unique index. */
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
  @prop({ type: () => Object, required: true }) action!: StudentAction;
  @prop({ type: () => Number, required: true }) rulesVersion!: number;
  @prop({ type: () => Date, required: true }) grantedAt!: Date;
  @prop({ type: () => String, required: true }) requestId!: string;
  @prop({ type: () => Types.ObjectId, required: true }) actorId!: Types.ObjectId;
}

export const RewardModel = getModelForClass(RewardRecord);
