import mongoose from 'mongoose';

/** The code of the error with which a unique index rejects a document. */
export const DUPLICATE_KEY = 11_000;

/** Returns whether the error says that another document has the same value of this field. */
export const isTaken = (field: string, error: unknown): boolean =>
  error instanceof mongoose.mongo.MongoServerError && error.code === DUPLICATE_KEY && field in error.keyPattern;
