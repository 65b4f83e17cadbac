import { Types } from 'mongoose';

/** Parses an id. Returns null if the text is not a valid id; callers treat that like an id that does not exist. */
export function toObjectId(id: string): Types.ObjectId | null {
  return /^[0-9a-f]{24}$/i.test(id) ? new Types.ObjectId(id) : null;
}

/** Returns an id in lower case, so that its spellings are one input; unchanged if it is not a valid id. */
export const canonicalId = (id: string): string => toObjectId(id)?.toHexString() ?? id;

interface Identified {
  readonly _id: Types.ObjectId;
}

/** The documents by their id in hexadecimal. */
export const mapById = <Document extends Identified>(found: readonly Document[]): Map<string, Document> =>
  new Map(found.map((document) => [document._id.toHexString(), document]));

/** The documents in the order of the ids; null for an id without one. */
export function inOrderOf<Document extends Identified>(
  ids: readonly Types.ObjectId[],
  found: readonly Document[],
): (Document | null)[] {
  const documents = mapById(found);
  return ids.map((id) => documents.get(id.toHexString()) ?? null);
}

/** Returns a filter for documents by their ids. mongod has a short way for a single id, but not for a list of one. */
export function withId(ids: readonly Types.ObjectId[]): { _id: Types.ObjectId | { $in: readonly Types.ObjectId[] } } {
  const [only] = ids;
  return { _id: only && ids.length === 1 ? only : { $in: ids } };
}
