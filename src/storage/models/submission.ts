import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { embedded, storedIn } from './model-options.js';

@modelOptions(embedded)
export class FormerTextRecord {
  @prop({ type: () => String, required: true }) content!: string;
  /** When it was replaced. */
  @prop({ type: () => Date, required: true }) replacedAt!: Date;
}

@modelOptions(storedIn('submissions'))
@index({ studentId: 1, assignmentId: 1 }, { unique: true })
@index({ assignmentId: 1, submittedAt: -1, _id: -1 })
export class SubmissionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) assignmentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) rewardId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) content!: string;
  @prop({ type: () => Date, required: true }) submittedAt!: Date;
  /** Fixed when it was handed in: a later change of the assignment's dates does not touch it. */
  @prop({ type: () => Boolean, required: true }) late!: boolean;
  @prop({ type: () => Date, default: null }) revisedAt!: Date | null;
  @prop({ type: () => [FormerTextRecord], required: true }) formerTexts!: FormerTextRecord[];
}

export const SubmissionModel = getModelForClass(SubmissionRecord);
