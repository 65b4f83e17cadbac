import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';
import { BadInput } from '../granting/bad-input.js';

const { BSON } = mongo;

/** Opaque cursors: the sort values of a row, encrypted for one connection. See docs/adr/0015-cursors.md. */
export interface Cursors {
  /** @param scope the name of the connection and its parent */
  seal(scope: string, values: readonly unknown[]): string;
  /**
   * @param maxLength of a cursor of this scope, in characters
   * @throws BadInput if the cursor does not belong to this connection
   */
  open(scope: string, cursor: string, maxLength?: number): readonly unknown[];
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/**
 * The nonce is random, so two cursors of the same row differ. After about 2^48 cursors with one key, a repeated nonce
 * becomes likely.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Characters. A cursor has about 100; a longer one than this is refused before it is decoded. */
const MAX_CURSOR_LENGTH = 512;

/** @param secret cursors stay valid across restarts and processes as long as this stays the same */
export function createCursors(secret: string): Cursors {
  // The info string makes this key differ from the one that signs tokens.
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'auraledger cursors', KEY_BYTES));
  return {
    seal(scope, values) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(scope));
      // BSON encodes every number, id and date with a fixed length, so the length of a cursor reveals nothing either.
      const encrypted = Buffer.concat([cipher.update(BSON.serialize({ values })), cipher.final()]);
      return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]).toString('base64url');
    },
    open(scope, cursor, maxLength = MAX_CURSOR_LENGTH) {
      const values = cursor.length > maxLength ? null : decrypt(key, scope, cursor);
      if (values) return values;
      throw new BadInput([
        {
          path: 'after',
          message: 'This is not a cursor of this list. Send an endCursor from an earlier page of the same list.',
        },
      ]);
    },
  };
}

/** @returns the values of a cursor that was sealed with this key for this scope, or null for any other text */
function decrypt(key: Uint8Array, scope: string, cursor: string): readonly unknown[] | null {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(scope))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const decrypted = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return BSON.deserialize(Buffer.concat(decrypted)).values;
  } catch {
    // It was not encrypted with this key for this scope.
    return null;
  }
}
