import mongoose from 'mongoose';

/**
 * The limit for one read in the database. The server abandons an operation after some seconds, and this limit then ends
 * its reads in the database too. Normally a read takes a few milliseconds. Milliseconds.
 */
export const READ_TIMEOUT_MS = 10_000;

/** Limits all reads through models, in a server process. Reads of documents by the driver set the limit themselves. */
export function limitReadTime(): void {
  mongoose.set('maxTimeMS', READ_TIMEOUT_MS);
}
