import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { storedIn } from './model-options.js';

export const roles = ['STUDENT', 'TEACHER', 'ADMIN'] as const;

export type Role = (typeof roles)[number];

/** Who may sign in. A student's name and settings are on the student of the same _id. */
@modelOptions(storedIn('accounts'))
@index({ email: 1 }, { unique: true })
export class AccountRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  /** As normaliseEmail makes it. */
  @prop({ type: () => String, required: true }) email!: string;
  /** argon2id, in PHC string format. */
  @prop({ type: () => String, required: true }) passwordHash!: string;
  @prop({ type: () => String, required: true, enum: roles }) role!: Role;
  /** Null where the account is a student's. */
  @prop({ type: () => String, default: null }) displayName!: string | null;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
}

export const AccountModel = getModelForClass(AccountRecord);
