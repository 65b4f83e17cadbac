/** Part of http/: the media type of every answer of /graphql and of every refusal. */
import Negotiator from 'negotiator';

const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';

export interface MediaType {
  /** For the header content-type. */
  readonly contentType: string;
  /** The client asked for application/json by name: a status other than 200 says to it that GraphQL was never reached. */
  readonly isPlainJson: boolean;
}

/**
 * What a client is answered in. Where it accepts neither type, in JSON: by the time that there is an answer, the request
 * has been executed, and a 406 would say that it had not.
 * @param accept its Accept header
 */
export function mediaTypeFor(accept: string | undefined): MediaType {
  const client = new Negotiator({ headers: { accept: accept?.toLowerCase() } });
  const contentType = client.mediaType([JSON_TYPE, GRAPHQL_TYPE]) ?? JSON_TYPE;
  const isPlainJson = contentType === JSON_TYPE && client.mediaTypes().includes('application/json');
  return { contentType, isPlainJson };
}
