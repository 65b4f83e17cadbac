import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

@modelOptions(inCollection('assignments'))
@index({ courseId: 1, dueDate: 1, _id: 1 })
export class AssignmentRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Types.ObjectId, required: true }) courseId!: Types.ObjectId;
  @prop({ type: () => String, required: true }) title!: string;
  @prop({ type: () => String, default: null }) instructions!: string | null;
  @prop({ type: () => Date, required: true }) dueDate!: Date;
  /** No submission is accepted after this moment. If null, late submissions are always accepted, at the late rate. */
  @prop({ type: () => Date, default: null }) closesAt!: Date | null;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
}

/** An assignment without its instructions. They may be long, so they are read only when selected. */
export type AssignmentHead = Omit<AssignmentRecord, 'instructions'>;

/** What decides whether a submission is accepted, and at which rate. */
export type AssignmentTerms = Pick<AssignmentRecord, '_id' | 'courseId' | 'dueDate' | 'closesAt'>;

export const AssignmentModel = getModelForClass(AssignmentRecord);
