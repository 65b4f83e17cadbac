import { posted, send } from './client.js';

/**
 * Makes the server know a document, so that it executes its operations without Apollo from then on. Nothing is executed:
 * the document has no such operation.
 */
export async function makeKnown(url: string, query: string): Promise<void> {
  for (const _ of ['new', 'repeated']) await send(`${url}/graphql`, posted({ query, operationName: 'none_of_them' }));
}
