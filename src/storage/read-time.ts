import mongoose from 'mongoose';

/**
 * How long the database works on one read of a request. The server gives an operation up after some seconds, and this
 * ends the read as well. Any that a request makes takes some milliseconds. Milliseconds.
 */
export const READ_WITHIN_MS = 10_000;

/** For all reads through models, of a process that serves requests; who reads with the driver itself says so there. */
export function boundReads(): void {
  mongoose.set('maxTimeMS', READ_WITHIN_MS);
}
