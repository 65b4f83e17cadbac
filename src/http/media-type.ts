/** Part of http/: chooses the media type of every answer of /graphql and of every refusal. */
import Negotiator from 'negotiator';

const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';

export interface MediaType {
  /** The value of the Content-Type header. */
  readonly contentType: string;
  /**
   * The client asked for application/json by name. To it, a status other than 200 means that GraphQL was never reached.
   */
  readonly isPlainJson: boolean;
}

/** Most clients send one of a few headers. So many are remembered, and then all are forgotten. */
const MAX_REMEMBERED = 100;
const remembered = new Map<string | undefined, MediaType>();

/**
 * @param accept the client's Accept header
 * @returns the media type of the answer. A client that accepts neither type gets JSON: its request has been executed by
 * then, and a 406 would say that it had not.
 */
export function mediaTypeFor(accept: string | undefined): MediaType {
  const known = remembered.get(accept);
  if (known) return known;
  if (remembered.size === MAX_REMEMBERED) remembered.clear();
  const chosen = choose(accept);
  remembered.set(accept, chosen);
  return chosen;
}

function choose(accept: string | undefined): MediaType {
  const client = new Negotiator({ headers: { accept: accept?.toLowerCase() } });
  const contentType = client.mediaType([JSON_TYPE, GRAPHQL_TYPE]) ?? JSON_TYPE;
  const isPlainJson = contentType === JSON_TYPE && client.mediaTypes().includes('application/json');
  return { contentType, isPlainJson };
}
