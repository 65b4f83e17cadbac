import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { inCollection } from './model-options.js';

/**
 * One sign-in of an account, with its current refresh token. Each refresh replaces the token by a new one. An ended
 * sign-in is kept until it would have expired, so that every process continues to refuse its tokens.
 */
@modelOptions(inCollection('sign_ins'))
@index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
@index({ endedAt: 1 }, { sparse: true })
@index({ place: 1, createdAt: -1 })
export class SignInRecord {
  /** A random UUID. */
  @prop({ type: () => String, required: true }) _id!: string;
  @prop({ type: () => Types.ObjectId, required: true }) accountId!: Types.ObjectId;
  /** A hash of the account and the network, from SignInLimits.placeOf. Absent if an older server wrote the document. */
  @prop({ type: () => String }) place?: string;
  /** SHA-256 of the current refresh token's secret, base64url. */
  @prop({ type: () => String, required: true }) tokenHash!: string;
  /** When the current refresh token replaced another one. Absent before the first refresh, and in older documents. */
  @prop({ type: () => Date }) rotatedAt?: Date;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
  /** Every refresh extends it. */
  @prop({ type: () => Date, required: true }) expiresAt!: Date;
  /** Absent until the sign-in ends. Absent rather than null keeps active sign-ins out of the sparse index. */
  @prop({ type: () => Date }) endedAt?: Date;
}

export const SignInModel = getModelForClass(SignInRecord);
