/** Part of http/: from the bytes of a body to what was asked. May import Fastify. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NOT_PERSISTED, refuse } from './refusals.js';

/** What a request to GraphQL has the form of; an array, which would be several in one, has not. */
export const GRAPHQL_REQUEST = {
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
 * Reads JSON, and nothing else. Fastify's own parser decodes a body before it looks at it: every byte that is no UTF-8
 * becomes U+FFFD, so that two different texts become the same.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // A form on any page can send text/plain without asking first.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isUtf8(body)) void parse(request, body.toString('utf8'), done);
    else done(Object.assign(new Error('the body is not UTF-8'), { code: 'BODY_NOT_UTF8', statusCode: 400 }));
  });
}

/** A hash in place of the query: clients that persist queries send it first. */
export async function refuseHashAlone(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const { query, extensions } = (request.body ?? {}) as { query?: unknown; extensions?: { persistedQuery?: unknown } };
  return query || !extensions?.persistedQuery ? undefined : refuse(request, reply, NOT_PERSISTED);
}
