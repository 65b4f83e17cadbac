import { Types } from 'mongoose';

/** The stored id that this text names; null where it is no id at all, which is one that does not exist. */
export function toObjectId(id: string): Types.ObjectId | null {
  return /^[0-9a-f]{24}$/i.test(id) ? new Types.ObjectId(id) : null;
}
