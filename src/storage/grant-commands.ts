/**
 * The commands of a grant, sent as they are. The methods of the driver's collections would cost more: bulkWrite and
 * insertMany copy and measure each document, and a cursor decodes its documents one by one.
 */
import mongoose, { type ClientSession } from 'mongoose';
import { database } from './connect.js';
import { SINGLE_BATCH } from './pages.js';
import { READ_TIMEOUT_MS } from './read-timeout.js';

type Document = mongoose.mongo.Document;
type Stored = { readonly collection: { readonly name: string } };

/** A change of the document that matches `q`. The names are those of MongoDB's update command. */
export interface Update {
  readonly q: Document;
  readonly u: Document;
}

/**
 * Inserts documents in the transaction of a session, in one command. All documents of a group fit in one: MongoDB allows
 * 16 MB, and the longest text of a request has 80 kB.
 * @throws MongoServerError
 */
export async function insertAll(
  { collection }: Stored,
  documents: readonly Document[],
  session: ClientSession,
): Promise<void> {
  await write({ insert: collection.name, documents }, session);
}

/**
 * Applies updates in the transaction of a session, in one command.
 * @returns how many of them found their document
 * @throws MongoServerError
 */
export async function updateAll(
  { collection }: Stored,
  updates: readonly Update[],
  session: ClientSession,
): Promise<number> {
  return write({ update: collection.name, updates }, session);
}

/**
 * The driver throws if a whole command fails, and labels the error for withTransaction; a write conflict is such a
 * failure. It leaves an error of one document, such as a duplicate key, in the reply.
 */
async function write(command: Document, session: ClientSession): Promise<number> {
  const { n, writeErrors } = await database().command(command, { session });
  if (writeErrors) throw new mongoose.mongo.MongoServerError(writeErrors[0]);
  return n;
}

/** Returns all results of an aggregation, as of a moment that a majority has. The session sets the earliest moment. */
export async function aggregateAll<Row>(
  { collection }: Stored,
  pipeline: readonly Document[],
  session: ClientSession,
): Promise<Row[]> {
  const { name } = collection;
  const first = {
    aggregate: name,
    pipeline,
    cursor: { batchSize: SINGLE_BATCH },
    readConcern: { level: 'majority' },
    maxTimeMS: READ_TIMEOUT_MS,
  };
  let { cursor } = await database().command(first, { session });
  const rows: Row[] = cursor.firstBatch;
  // Only the ledger of a student may need more than one batch.
  while (cursor.id !== 0) {
    const next = { getMore: mongoose.mongo.Long.fromValue(cursor.id), collection: name, batchSize: SINGLE_BATCH };
    ({ cursor } = await database().command(next, { session }));
    rows.push(...cursor.nextBatch);
  }
  return rows;
}
