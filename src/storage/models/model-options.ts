import type { IModelOptions } from '@typegoose/typegoose/lib/types.js';

/**
 * The options of every model: no hidden version field, and no automatic creation. Only prepareCollections() creates
 * collections and indexes, before the first request is served.
 */
export const inCollection = (collection: string): IModelOptions => ({
  schemaOptions: { collection, versionKey: false, autoIndex: false, autoCreate: false },
});

/** The options of a class that is stored inside another document and has no _id. */
export const subdocument: IModelOptions = { schemaOptions: { _id: false } };
