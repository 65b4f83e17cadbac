/** Part of http/: parses and checks the body of a GraphQL request. May import Fastify. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Variables } from '../graphql/variables.js';
import { EXAMPLE_BODY, PERSISTED_QUERY_NOT_SUPPORTED, refuse, unlessRefused } from './refusals.js';

/** The body of a request that `checkBody` let pass. */
export interface GraphqlRequestBody {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Variables | null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const IS_VALID: Readonly<Record<string, (value: unknown) => boolean>> = {
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
  const { body } = request;
  const paths = isObject(body) ? Object.keys(IS_VALID).filter((part) => !IS_VALID[part]!(body[part])) : ['body'];
  if (paths.length === 0) return undefined;
  const message = `The body is not a GraphQL request with one operation. ${EXAMPLE_BODY}`;
  return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths });
}

/**
 * Refuses too many variables, and drops what nothing reads. Requests wait for their turn, so what they hold must be
 * small before: a body of `[{},{},...]` takes 20 times its length.
 */
function keepLittle(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { query, operationName = null, variables = null } = request.body as GraphqlRequestBody;
  request.body = { query, operationName, variables } satisfies GraphqlRequestBody;
  const message = excessOf(variables);
  if (message === null) return undefined;
  request.body = undefined;
  return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths: ['variables'] });
}

/** A hook that goes on with a GraphQL request only. */
export const checkBody = unlessRefused(refusePersistedQueryHash, refuseOtherForm, keepLittle);

/** Maximum number of values in all variables together: four times the longest list that an input takes. */
const MAX_VALUES = 2_000;
/** Maximum nesting of lists and objects. The deepest input of the API has two levels. */
const MAX_DEPTH = 10;

/**
 * Checks the number of values and their nesting. It visits at most MAX_VALUES values and MAX_DEPTH levels, whatever the
 * client sent.
 * @returns what is too much, as a sentence for the client; null if they may be read further
 */
export function excessOf(variables: Variables | null | undefined): string | null {
  let count = 0;
  let layer: object[] = variables ? [variables] : [];
  for (let depth = 0; layer.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return `They are nested more than ${MAX_DEPTH} deep.`;
    const inside: object[] = [];
    for (const collection of layer) {
      const values: readonly unknown[] = Array.isArray(collection) ? collection : Object.values(collection);
      count += values.length;
      if (count > MAX_VALUES) return `They have more than ${MAX_VALUES} values. Send fewer at once.`;
      inside.push(...(values.filter((value) => typeof value === 'object' && value !== null) as object[]));
    }
    layer = inside;
  }
  return null;
}
