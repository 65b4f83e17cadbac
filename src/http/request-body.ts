/** Part of http/: parses and checks the body of a GraphQL request. May import Fastify. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Variables } from '../graphql/variables.js';
import { EXAMPLE_BODY, PERSISTED_QUERY_NOT_SUPPORTED, refuse, unlessRefused } from './refusals.js';

/** The body of a request that `checkBody` let pass. */
export interface GraphqlRequestBody {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Variables | null;
  /** May hold a hash of the query, which is redundant beside the query. */
  readonly extensions?: object | null;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What each part of the body must be. */
const PARTS: { readonly [Part in keyof GraphqlRequestBody]-?: (value: unknown) => boolean } = {
  query: (value) => typeof value === 'string' && value !== '',
  operationName: (value) => value == null || typeof value === 'string',
  variables: (value) => value == null || isObject(value),
  extensions: (value) => value == null || isObject(value),
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
function refusePersistedQueryHash(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { query, extensions } = (request.body ?? {}) as { query?: unknown; extensions?: { persistedQuery?: unknown } };
  return query || !extensions?.persistedQuery ? undefined : refuse(request, reply, PERSISTED_QUERY_NOT_SUPPORTED);
}

/** Refuses a body of another form. An array, which would be a batch of requests, is one. */
function refuseOtherForm(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const body = request.body as Record<string, unknown>;
  const paths = isObject(body)
    ? Object.entries(PARTS).flatMap(([part, matches]) => (matches(body[part]) ? [] : part))
    : ['body'];
  if (paths.length === 0) return undefined;
  const message = `The body is not a GraphQL request with one operation. ${EXAMPLE_BODY}`;
  return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths });
}

/** A hook that goes on with a GraphQL request only. */
export const checkBody = unlessRefused(refusePersistedQueryHash, refuseOtherForm);
