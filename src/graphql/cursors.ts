import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';
import { BadInput } from '../granting/bad-input.js';

const { BSON } = mongo;

/** Opaque cursors: the sort values of a row, encrypted for one connection. See docs/adr/0015-cursors.md. */
export interface Cursors {
  /** @param scope names the connection and its parent */
  seal(scope: string, values: readonly unknown[]): string;
  /**
   * @param longest characters that a cursor of this scope may have
   * @throws BadInput where the cursor is no cursor of this connection
   */
  open(scope: string, cursor: string, longest?: number): readonly unknown[];
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/**
 * Random, so that two cursors of the same row do not look alike. One key is good for about 2^48 of these before a
 * repeated one becomes likely.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Characters; a cursor has about 100. A longer one is refused before anything is decoded. */
const LONGEST = 512;

/** @param secret a cursor stays good across restarts and processes as long as this is the same */
export function createCursors(secret: string): Cursors {
  // Its own info string makes this another key than the one that signs tokens.
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'auraledger cursors', KEY_BYTES));
  return {
    seal(scope, values) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(scope));
      // In BSON every number, id and date has the same length, so that the length of a cursor tells nothing either.
      const encrypted = Buffer.concat([cipher.update(BSON.serialize({ values })), cipher.final()]);
      return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]).toString('base64url');
    },
    open(scope, cursor, longest = LONGEST) {
      const values = cursor.length > longest ? null : decrypt(key, scope, cursor);
      if (values) return values;
      throw new BadInput([
        {
          path: 'after',
          message: 'This is no cursor of this list. Send an endCursor that the same list answered with.',
        },
      ]);
    },
  };
}

/** The values of a cursor that was sealed with this key for this scope; null for anything else. */
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
