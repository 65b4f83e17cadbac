/** Part of http/: parses and validates the body of a GraphQL request. May import Fastify. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PERSISTED_QUERY_NOT_SUPPORTED, refuse } from './refusals.js';

/** The JSON schema of a GraphQL request. An array, which would be a batch of requests, does not match. */
export const GRAPHQL_REQUEST_SCHEMA = {
  type: 'object',
  required: ['query'],
  properties: {
    query: { type: 'string', minLength: 1 },
    operationName: { type: 'string', nullable: true },
    variables: { type: 'object', nullable: true },
    extensions: { type: 'object', nullable: true },
  },
};

/**
 * Accepts JSON in UTF-8 only. Fastify's own parser decodes a body without checking it: invalid UTF-8 becomes U+FFFD, so
 * that different texts become equal.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // A form on any page can send text/plain without a CORS preflight.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isUtf8(body)) void parse(request, body.toString('utf8'), done);
    else done(Object.assign(new Error('the body is not UTF-8'), { code: 'BODY_NOT_UTF8', statusCode: 400 }));
  });
}

/** Refuses a hash without a query. Clients that use persisted queries send one first. */
export function refusePersistedQueryHash(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { query, extensions } = (request.body ?? {}) as { query?: unknown; extensions?: { persistedQuery?: unknown } };
  return query || !extensions?.persistedQuery ? undefined : refuse(request, reply, PERSISTED_QUERY_NOT_SUPPORTED);
}
