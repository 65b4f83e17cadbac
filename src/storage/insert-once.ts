import mongoose from 'mongoose';

const DUPLICATE_KEY = 11_000;

/**
 * Inserts documents that never change, and leaves out those that are there already by a unique index: somebody else has
 * written the same, or this is a repeat. Not inside a transaction, which a duplicate key aborts.
 */
export async function insertOnce<Row extends object>(
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
