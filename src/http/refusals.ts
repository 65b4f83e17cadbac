/**
 * Part of http/: refuses requests before they reach GraphQL. All refusals have the form of GraphQL errors, and none
 * echoes input. May import Fastify and pino.
 */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import type { Logger } from 'pino';
import { type ErrorCode, unavailableMessage } from '../graphql/errors.js';
import type { Drain } from './drain.js';
import { mediaTypeFor } from './media-type.js';
import { describeFailure, requestIdOf } from './request-log.js';

/** The Retry-After header of every UNAVAILABLE answer. */
export const RETRY_AFTER_SECONDS = '1';

/** An answer of the HTTP server instead of GraphQL. The Refusal of the schema is the result of a mutation. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** The parts of the request that are wrong, for BAD_USER_INPUT. By default the body. */
  readonly paths?: readonly string[];
}

/** Refuses a request, or returns undefined if it finds nothing wrong with it. */
export type Check = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/** @returns a hook that goes on unless one of the checks refuses the request. It needs no promise. */
export const unlessRefused =
  (...checks: readonly Check[]) =>
  (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (!checks.some((check) => check(request, reply))) done();
  };

/** Sends a refusal, in the media type that the client asked for. All refusals are sent here. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: HttpRefusal): FastifyReply {
  request.notes.outcome = refusal.code;
  return reply
    .code(refusal.status)
    .header('cache-control', 'no-store')
    .type(mediaTypeFor(request.headers.accept).contentType)
    .send(bodyOf(refusal, request.id));
}

function bodyOf({ code, message, paths = ['body'] }: HttpRefusal, requestId: string): string {
  const fields = code === 'BAD_USER_INPUT' && { fields: paths.map((path) => ({ path, message })) };
  return JSON.stringify({ errors: [{ message, extensions: { code, ...fields, requestId } }] });
}

/** @returns the error handler of the app, for everything that Fastify or our own code throws */
export function handleError(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const message =
        BAD_REQUESTS[error.code] ?? 'The server cannot understand this request. Check its headers and its body.';
      return refuse(request, reply, { status, code: 'BAD_USER_INPUT', message });
    }
    log.error({ requestId: request.id, ...describeFailure(error) });
    return refuse(request, reply, {
      status,
      code: 'INTERNAL_SERVER_ERROR',
      message: 'Something went wrong on our side.',
    });
  };
}

/** What to send instead of a body that is refused. */
export const EXAMPLE_BODY = 'Send {"query": "...", "variables": {...}}.';

const BAD_REQUESTS: Record<string, string> = {
  BODY_NOT_UTF8: 'The body is not UTF-8.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not well-formed JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: `The body is empty. ${EXAMPLE_BODY}`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large. Send at most 1 MiB.',
  ANONYMOUS_BODY_TOO_LARGE: 'The body is too large. Send at most 16 KiB before you sign in.',
};

/**
 * Replaces a URL that cannot be decoded. Fastify runs no hooks for such a URL, so the request is routed again with this
 * one, like any other. No client can send it, because a space ends the address.
 */
export const UNDECODABLE_URL = '/ ';

export function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.raw.url === UNDECODABLE_URL) {
    const message = 'The address is not well-formed.';
    return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths: ['url'] });
  }
  return refuse(request, reply, { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' });
}

/** GraphQL over GET is not needed, and a mere link on any page could trigger it. */
export async function refuseMethod(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('allow', 'POST');
  const { extensions } = request.query as { extensions?: string };
  if (extensions?.includes('"persistedQuery"'))
    return refuse(request, reply, { ...PERSISTED_QUERY_NOT_SUPPORTED, status: 405 });
  const message = 'Send a POST request. To try queries by hand, open /graphiql.';
  return refuse(request, reply, { status: 405, code: 'BAD_USER_INPUT', message, paths: ['method'] });
}

/** The error that Apollo's protocol defines. A client that sent the hash of a query then sends the query itself. */
export const PERSISTED_QUERY_NOT_SUPPORTED: HttpRefusal = {
  status: 200,
  code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  message: 'PersistedQueryNotSupported',
};

/** Refuses requests on connections that are still open while the server stops: another server must answer them. */
export function refuseWhileClosing(drain: Drain): Check {
  return (request, reply) =>
    drain.isClosing ? refuseTemporarily(request, reply, unavailableMessage('The server is stopping.')) : undefined;
}

export function refuseTemporarily(request: FastifyRequest, reply: FastifyReply, message: string): FastifyReply {
  reply.header('retry-after', RETRY_AFTER_SECONDS);
  return refuse(request, reply, { status: 503, code: 'UNAVAILABLE', message });
}

/** The reason is an expired or invalid token. A client must learn that, not the smaller limit of anonymous clients. */
export function refuseInvalidToken(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const message =
    'The access token is invalid or has expired. Refresh the session or sign in, then send this request again.';
  return refuse(request, reply, { status: 401, code: 'UNAUTHENTICATED', message });
}

/** A client has this time to read why its connection is closed. If it were closed at once, the answer might be lost. */
const LINGER_MS = 1_000;

/**
 * A request that did not arrive in time. Its client may have done nothing wrong: its network was slow, or this process
 * was stopped for a while. So it is asked to send the request again.
 */
const NOT_IN_TIME: HttpRefusal = {
  status: 408,
  code: 'UNAVAILABLE',
  message: unavailableMessage('The request did not arrive in time.'),
};

/** The connections that refuseBrokenHttp has answered. */
const answered = new WeakSet<Duplex>();

/** What arrives after the answer is not executed: its client was told to send it again. */
export const ignoreLateRequests: preHandlerHookHandler = ({ raw }, reply, done) => {
  if (answered.has(raw.socket)) reply.hijack();
  else done();
};

const notHttp = (errorCode: string): HttpRefusal => ({
  status: errorCode === 'HPE_HEADER_OVERFLOW' ? 431 : 400,
  code: 'BAD_USER_INPUT',
  message: 'This is not a well-formed HTTP request.',
  paths: ['request'],
});

/**
 * @param acceptOf returns the Accept header of the last request on a connection: the broken bytes may belong to it
 * @returns a handler that answers bytes that are not HTTP, or not all of a request. They never become a request, so it
 * writes to the connection.
 */
export function refuseBrokenHttp(log: Logger, acceptOf: (connection: Duplex) => string | undefined) {
  return ({ code = '' }: NodeJS.ErrnoException, connection: Duplex): void => {
    if (code === 'ECONNRESET' || !connection.writable) {
      connection.destroy();
      return;
    }
    const requestId = requestIdOf(undefined);
    const refusal = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? NOT_IN_TIME : notHttp(code);
    const { status } = refusal;
    const body = bodyOf(refusal, requestId);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'cache-control: no-store',
      ...(refusal.code === 'UNAVAILABLE' ? [`retry-after: ${RETRY_AFTER_SECONDS}`] : []),
      `content-type: ${mediaTypeFor(acceptOf(connection)).contentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
    ];
    answered.add(connection);
    connection.end(`${head.join('\r\n')}\r\n\r\n${body}`).resume();
    setTimeout(() => connection.destroy(), LINGER_MS).unref();
    log.info({ requestId, operation: 'unknown', outcome: refusal.code, status });
  };
}
