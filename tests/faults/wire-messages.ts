/** Messages of MongoDB's wire protocol, as the proxies in front of mongod read them. */
import type net from 'node:net';
import mongoose from 'mongoose';

/** Calls `take` for each message, in order. It waits for `take` before the next message. */
export async function forEachMessage(from: net.Socket, take: (message: Buffer) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of from) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        await take(message);
      }
    }
  } catch {
    // The connection is gone. Its close event destroys the other half.
  }
}

/** A header has four 32-bit integers: message length, request id, the id of the request it responds to, and opcode. */
export const requestIdOf = (message: Buffer): number => message.readInt32LE(4);
export const responseToOf = (message: Buffer): number => message.readInt32LE(8);
const OP_MSG = 2013;
/** The offset of the kind of the first section, after the header and four bytes of flags. */
const SECTION_OFFSET = 20;

/** The document of an OP_MSG. The driver sends the section of kind 0 first, and compresses only if configured to. */
function bytesOfDocument(message: Buffer): Buffer | null {
  if (message.readInt32LE(12) !== OP_MSG || message[SECTION_OFFSET] !== 0) return null;
  const start = SECTION_OFFSET + 1;
  return message.subarray(start, start + message.readInt32LE(start));
}

/** The first field of a document follows four bytes of length and one byte of field type. */
const FIRST_NAME_OFFSET = 5;

/** @returns the name of the command: that of the first field. Null if the message has no document. */
export function commandNameOf(message: Buffer): string | null {
  const document = bytesOfDocument(message);
  return document?.toString('utf8', FIRST_NAME_OFFSET, document.indexOf(0, FIRST_NAME_OFFSET)) ?? null;
}

/** The name of the field that only the first command of a transaction has. */
const BEGIN = Buffer.from('startTransaction\0');

export const beginsTransaction = (message: Buffer): boolean => bytesOfDocument(message)?.includes(BEGIN) ?? false;

/** @returns the document of a command or of a reply; null if the message has none */
export function documentOf(message: Buffer): mongoose.mongo.Document | null {
  const document = bytesOfDocument(message);
  return document && mongoose.mongo.BSON.deserialize(document);
}
