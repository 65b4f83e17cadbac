import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

@modelOptions(inCollection('courses'))
@index({ joinCode: 1 }, { unique: true })
@index({ teacherId: 1, _id: 1 })
export class CourseRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => String, required: true }) name!: string;
  /** In the form that joinCodeOf returns. */
  @prop({ type: () => String, required: true }) joinCode!: string;
  @prop({ type: () => Types.ObjectId, required: true }) teacherId!: Types.ObjectId;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
}

export const CourseModel = getModelForClass(CourseRecord);
