import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection, subdocument } from './model-options.js';
import type { ManualOperation } from './reward.js';

/** The dates that an extendDeadline gave; null if it took an extension back. */
@modelOptions(subdocument)
export class ExtensionDatesRecord {
  @prop({ type: () => Date, required: true }) dueDate!: Date;
  @prop({ type: () => Date, default: null }) closesAt!: Date | null;
}

/**
 * What a teacher or an admin did by hand, and under which request key. It is inserted in the transaction that carries it
 * out, and never changes. Only that of grantBonuses comes before its bonuses, which are one transaction for each student.
 */
@modelOptions(inCollection('manual_acts'))
@index({ actorId: 1, operation: 1, requestKey: 1 }, { unique: true })
@index({ studentIds: 1 })
@index({ assignmentId: 1, studentIds: 1 }, { partialFilterExpression: { assignmentId: { $exists: true } } })
export class ManualActRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) actorId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) operation!: ManualOperation;
  @prop({ type: () => String, required: true }) requestKey!: string;
  /** Hash of the input. It distinguishes a retry from another request with the same key. */
  @prop({ type: () => String, required: true }) fingerprint!: string;
  /** The students that it concerns: one, or those who get a bonus. */
  @prop({ type: () => [Types.ObjectId], required: true }) studentIds!: Types.ObjectId[];
  /** The ledger rows that it wrote, in order. Empty for grantBonuses: the subject of its rows is this act. */
  @prop({ type: () => [Types.ObjectId], required: true }) rewardIds!: Types.ObjectId[];
  @prop({ type: () => Date, required: true }) at!: Date;
  @prop({ type: () => String, required: true }) requestId!: string;
  /** Absent in a grade without feedback. */
  @prop({ type: () => String }) note?: string;
  /** Only of extendDeadline, like the next field. */
  @prop({ type: () => Types.ObjectId }) assignmentId?: Types.ObjectId;
  @prop({ type: () => ExtensionDatesRecord, default: undefined }) extension?: ExtensionDatesRecord | null;
}

export const ManualActModel = getModelForClass(ManualActRecord);
