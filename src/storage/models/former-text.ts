import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { storedIn } from './model-options.js';

/**
 * A text of a submission, as it was after so many revisions. It never changes: see docs/adr/0013-former-texts.md. One
 * whose revision is that of its submission is the current text, which a revision was about to replace.
 */
@modelOptions(storedIn('former_texts'))
@index({ studentId: 1, submissionId: 1, revision: 1 }, { unique: true })
export class FormerTextRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) studentId!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) submissionId!: Types.ObjectId;
  /** Revisions before this text; 0: it is the text that was handed in. */
  @prop({ type: () => Number, required: true }) revision!: number;
  @prop({ type: () => String, required: true }) content!: string;
  @prop({ type: () => Date, required: true }) writtenAt!: Date;
}

export const FormerTextModel = getModelForClass(FormerTextRecord);
