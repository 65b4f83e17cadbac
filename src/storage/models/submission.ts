import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

@modelOptions(inCollection('submissions'))
@index({ studentId: 1, assignmentId: 1, replaces: 1 }, { unique: true })
@index({ studentId: 1, submittedAt: -1, _id: -1 })
@index({ assignmentId: 1, submittedAt: -1, _id: -1 })
// Contains only discarded submissions: the others are counted without reading them.
@index({ assignmentId: 1 }, { name: 'discarded', partialFilterExpression: { discardedAt: { $exists: true } } })
// Contains only submissions with embedded former texts, so that a start finds them without reading all others.
@index({ studentId: 1 }, { name: 'with_embedded_texts', partialFilterExpression: { formerTexts: { $exists: true } } })
export class SubmissionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) assignmentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) rewardId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) content!: string;
  @prop({ type: () => Date, required: true }) submittedAt!: Date;
  /** Determined at submission, and again when the student gets an extension. Later changes of the assignment's dates do
   * not affect it. */
  @prop({ type: () => Boolean, required: true }) late!: boolean;
  /** How often the text was replaced. Earlier texts are in former_texts. */
  @prop({ type: () => Number, required: true }) revision!: number;
  /** When the text was last replaced; null if never. */
  @prop({ type: () => Date, default: null }) revisedAt!: Date | null;
  /** The discarded submission that this one replaces; absent if it is the student's first for the assignment. */
  @prop({ type: () => Types.ObjectId }) replaces?: Types.ObjectId;
  /** When a teacher discarded it; absent if it counts. */
  @prop({ type: () => Date }) discardedAt?: Date;
  /** From 0 to 100; absent, like gradedAt, if it has not been graded. */
  @prop({ type: () => Number }) grade?: number;
  @prop({ type: () => Date }) gradedAt?: Date;
  @prop({ type: () => String }) feedback?: string;
}

/** What acts of teachers change in a submission. undefined removes the field. */
export type SubmissionChange = Partial<
  Pick<SubmissionRecord, 'late' | 'discardedAt' | 'grade' | 'gradedAt' | 'feedback'>
>;

/** A submission without its text. The text may be long, so it is read only when selected. */
export type SubmissionHead = Omit<SubmissionRecord, 'content'>;

export const SubmissionModel = getModelForClass(SubmissionRecord);
