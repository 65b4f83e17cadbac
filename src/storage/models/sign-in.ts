import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { storedIn } from './model-options.js';

/**
 * One sign-in of an account and the family of refresh tokens that came from it, each of which replaced the one before.
 * One that has ended is kept until it would have expired, so that its tokens stay refused everywhere.
 */
@modelOptions(storedIn('sign_ins'))
@index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
@index({ endedAt: 1 }, { sparse: true })
@index({ place: 1, createdAt: -1 })
export class SignInRecord {
  /** A random UUID. */
  @prop({ type: () => String, required: true }) _id!: string;
  @prop({ type: () => Types.ObjectId, required: true }) accountId!: Types.ObjectId;
  /** Which account at which network, as SignInLimits.placeOf hashes it; absent where an older server wrote it. */
  @prop({ type: () => String }) place?: string;
  /** SHA-256 of the current refresh token's secret, base64url. */
  @prop({ type: () => String, required: true }) tokenHash!: string;
  @prop({ type: () => Date, required: true }) createdAt!: Date;
  /** Pushed out by every use. */
  @prop({ type: () => Date, required: true }) expiresAt!: Date;
  /** Absent while the sign-in lives: absent, rather than null, keeps the live ones out of the sparse index. */
  @prop({ type: () => Date }) endedAt?: Date;
}

export const SignInModel = getModelForClass(SignInRecord);
