import { Types } from 'mongoose';

/** Parses an id. Returns null if the text is not a valid id; callers treat that like an id that does not exist. */
export function toObjectId(id: string): Types.ObjectId | null {
  return /^[0-9a-f]{24}$/i.test(id) ? new Types.ObjectId(id) : null;
}
