import type { IModelOptions } from '@typegoose/typegoose/lib/types.js';

/**
 * How every collection is declared: no hidden version field, and collections and indexes are made only by
 * prepareCollections(), before the first request is served.
 */
export const storedIn = (collection: string): IModelOptions => ({
  schemaOptions: { collection, versionKey: false, autoIndex: false, autoCreate: false },
});

/** The same for a document inside another one, which has no id of its own. */
export const embedded: IModelOptions = { schemaOptions: { _id: false } };
