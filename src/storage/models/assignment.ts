import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { storedIn } from './model-options.js';

@modelOptions(storedIn('assignments'))
@index({ courseId: 1, dueDate: 1, _id: 1 })
export class AssignmentRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) courseId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) title!: string;
  @prop({ type: () => String, default: null }) instructions!: string | null;
  @prop({ type: () => Date, required: true }) dueDate!: Date;
  /** Nothing is accepted after this moment; null: always accepted, at the late rate. */
  @prop({ type: () => Date, default: null }) closesAt!: Date | null;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
}

/** An assignment without its instructions, which may be long and are read where they are asked for. */
export type AssignmentHead = Omit<AssignmentRecord, 'instructions'>;

/** What decides whether, and at which rate, an assignment is accepted. */
export type AssignmentTerms = Pick<AssignmentRecord, '_id' | 'courseId' | 'dueDate' | 'closesAt'>;

export const AssignmentModel = getModelForClass(AssignmentRecord);
