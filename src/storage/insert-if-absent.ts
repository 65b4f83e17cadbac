import mongoose from 'mongoose';
import { DUPLICATE_KEY } from './duplicate-key.js';

/**
 * Inserts immutable documents, and skips those that a unique index says are already stored: another process wrote the
 * same, or this is a retry. Do not use it in a transaction, because a duplicate key aborts the transaction.
 */
export async function insertIfAbsent<Row extends object>(
  { collection }: { readonly collection: mongoose.Collection },
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  try {
    await collection.insertMany([...rows], { ordered: false });
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoBulkWriteError) || !onlyDuplicates(error)) throw error;
  }
}

function onlyDuplicates({ writeErrors, result }: mongoose.mongo.MongoBulkWriteError): boolean {
  const errors = [writeErrors].flat();
  return errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY) && !result?.getWriteConcernError();
}
