import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

/**
 * The text that a submission had after `revision` revisions. It never changes: docs/adr/0013-former-texts.md. If
 * `revision` equals that of the submission, this is the current text: a revision stored it but did not replace it.
 */
@modelOptions(inCollection('former_texts'))
@index({ studentId: 1, submissionId: 1, revision: 1 }, { unique: true })
export class FormerTextRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) submissionId!: Types.ObjectId;
  /** Number of revisions before this text. 0 for the text that was submitted first. */
  @prop({ type: () => Number, required: true }) revision!: number;
  @prop({ type: () => String, required: true }) content!: string;
  @prop({ type: () => Date, required: true }) writtenAt!: Date;
}

export const FormerTextModel = getModelForClass(FormerTextRecord);
