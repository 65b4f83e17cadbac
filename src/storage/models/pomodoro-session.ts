import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

/** A session that has ended. A running session is a field of its student, so a student can have only one. */
@modelOptions(inCollection('pomodoro_sessions'))
@index({ studentId: 1, _id: 1 })
@index({ studentId: 1, requestKey: 1 }, { unique: true, partialFilterExpression: { requestKey: { $exists: true } } })
export class PomodoroSessionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) status!: 'COMPLETED' | 'ABANDONED' | 'EXPIRED';
  @prop({ type: () => Date, required: true }) startedAt!: Date;
  @prop({ type: () => Number, required: true }) plannedMinutes!: number;
  @prop({ type: () => Date, required: true }) endedAt!: Date;
  @prop({ type: () => Number, default: null }) focusedSeconds!: number | null;
  @prop({ type: () => String, default: null }) device!: string | null;
  @prop({ type: () => Types.ObjectId, default: null }) assignmentId!: Types.ObjectId | null;
  /** The ledger row that paid it; null if it ended unpaid. */
  @prop({ type: () => Types.ObjectId, default: null }) rewardId!: Types.ObjectId | null;
  /** The key of the request that ended it; absent if the request had none. */
  @prop({ type: () => String }) requestKey?: string;
  /** An id that this request made; absent if the session expired. By it a request knows an end of its own. */
  @prop({ type: () => Types.ObjectId }) endedBy?: Types.ObjectId;
}

export const PomodoroSessionModel = getModelForClass(PomodoroSessionRecord);
