import { createHmac, timingSafeEqual } from 'node:crypto';
import { mongo } from 'mongoose';
import { BadInput } from '../actions/bad-input.js';

const { EJSON } = mongo.BSON;

/** Opaque cursors: the sort values of a row, sealed for one connection. */
export interface Cursors {
  /** @param scope names the connection and its parent */
  seal(scope: string, values: readonly unknown[]): string;
  /** @throws BadInput where the cursor is no cursor of this connection */
  open(scope: string, cursor: string): readonly unknown[];
}

/** Bytes of the seal: too many to guess, and nothing worth more is behind it. */
const SEAL_BYTES = 12;

/** @param secret a cursor stays good across restarts and processes as long as this is the same */
export function createCursors(secret: string): Cursors {
  const sealOf = (scope: string, payload: string): Buffer =>
    createHmac('sha256', secret).update(`cursor\0${scope}\0${payload}`).digest().subarray(0, SEAL_BYTES);
  return {
    seal(scope, values) {
      const payload = EJSON.stringify(values);
      return Buffer.concat([sealOf(scope, payload), Buffer.from(payload)]).toString('base64url');
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const payload = bytes.subarray(SEAL_BYTES).toString();
      const seal = bytes.subarray(0, SEAL_BYTES);
      if (seal.length < SEAL_BYTES || !timingSafeEqual(seal, sealOf(scope, payload))) {
        throw new BadInput([
          {
            path: 'after',
            message: 'This is no cursor of this list. Send an endCursor that the same list answered with.',
          },
        ]);
      }
      return EJSON.parse(payload) as unknown[];
    },
  };
}
