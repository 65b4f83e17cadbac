import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { storedIn } from './model-options.js';

@modelOptions(storedIn('submissions'))
@index({ studentId: 1, assignmentId: 1 }, { unique: true })
@index({ assignmentId: 1, submittedAt: -1, _id: -1 })
// Of the submissions that still have their former texts inside, so that a start finds them without reading all others.
@index({ studentId: 1 }, { name: 'with_embedded_texts', partialFilterExpression: { formerTexts: { $exists: true } } })
export class SubmissionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) assignmentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) rewardId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) content!: string;
  @prop({ type: () => Date, required: true }) submittedAt!: Date;
  /** Fixed when it was handed in: a later change of the assignment's dates does not touch it. */
  @prop({ type: () => Boolean, required: true }) late!: boolean;
  /** How often the text was replaced; the texts before are in former_texts. */
  @prop({ type: () => Number, required: true }) revision!: number;
  /** When the text was last replaced; null where it never was. */
  @prop({ type: () => Date, default: null }) revisedAt!: Date | null;
}

/** A submission without its text, which may be long and is read where it is asked for. */
export type SubmissionHead = Omit<SubmissionRecord, 'content'>;

export const SubmissionModel = getModelForClass(SubmissionRecord);
