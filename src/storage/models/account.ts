import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

export const roles = ['STUDENT', 'TEACHER', 'ADMIN'] as const;

export type Role = (typeof roles)[number];

/** Somebody who can sign in. A student's name and settings are in the student document with the same _id. */
@modelOptions(inCollection('accounts'))
@index({ email: 1 }, { unique: true })
export class AccountRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  /** As normaliseEmail returns it, but older versions did not compose accented letters: see withEmail. */
  @prop({ type: () => String, required: true }) email!: string;
  /** argon2id, in PHC string format. */
  @prop({ type: () => String, required: true }) passwordHash!: string;
  @prop({ type: () => String, required: true, enum: roles }) role!: Role;
  /** Null for a student. */
  @prop({ type: () => String, default: null }) displayName!: string | null;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
}

export const AccountModel = getModelForClass(AccountRecord);
