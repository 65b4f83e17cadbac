/**
 * Part of http/: what never reaches GraphQL is answered in the same form, and nothing of it is echoed. May import
 * Fastify and pino.
 */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ErrorCode, TRY_AGAIN } from '../graphql/errors.js';
import type { Drain } from './drain.js';
import { mediaTypeFor } from './media-type.js';
import { describeFailure, requestIdOf } from './request-log.js';

/** When whoever is told UNAVAILABLE may come again, in every such answer. */
export const RETRY_AFTER_SECONDS = '1';

export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** What is wrong with a BAD_USER_INPUT: the body, where it is not told otherwise. */
  readonly paths?: readonly string[];
}

/** The one form of a refusal, in the media type that the client asked for. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  request.notes.outcome = refusal.code;
  return reply
    .code(refusal.status)
    .header('cache-control', 'no-store')
    .type(mediaTypeFor(request.headers.accept).contentType)
    .send(bodyOf(refusal, request.id));
}

function bodyOf({ code, message, paths = ['body'] }: Refusal, requestId: string): string {
  const fields = code === 'BAD_USER_INPUT' && { fields: paths.map((path) => ({ path, message })) };
  return JSON.stringify({ errors: [{ message, extensions: { code, ...fields, requestId } }] });
}

/** For errors that were thrown on the way, by Fastify or by us. */
export function answerFailure(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const message = BAD_REQUESTS[error.code] ?? 'This is no request that can be understood.';
      return refuse(request, reply, { status, code: 'BAD_USER_INPUT', message, paths: pathsOf(error) });
    }
    log.error({ requestId: request.id, ...describeFailure(error) });
    return refuse(request, reply, {
      status,
      code: 'INTERNAL_SERVER_ERROR',
      message: 'Something went wrong on our side.',
    });
  };
}

const EXAMPLE = 'Send {"query": "...", "variables": {...}}.';

const BAD_REQUESTS: Record<string, string> = {
  BODY_NOT_UTF8: 'The body is not UTF-8.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not well-formed JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: `The body is empty. ${EXAMPLE}`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large: at most 1 MiB.',
  BODY_TOO_LARGE_FOR_STRANGERS: 'The body is too large: at most 16 KiB before you have signed in.',
  FST_ERR_VALIDATION: `This is not the form of a request, with one operation. ${EXAMPLE}`,
};

/** The parts of the body that have not the form of a request. */
function pathsOf({ validation }: FastifyError): string[] | undefined {
  return validation?.map(({ instancePath, params }) => instancePath.slice(1) || `${params.missingProperty ?? 'body'}`);
}

/** Stands for an address that cannot be decoded: Fastify runs no hook for one, so it takes the way of all others as this. */
export const NO_ADDRESS = '/*';

export function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.raw.url === NO_ADDRESS) {
    const message = 'This is no well-formed address.';
    return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths: ['url'] });
  }
  return refuse(request, reply, { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' });
}

/** GraphQL over GET could be had by a mere link, and is not needed. */
export async function refuseMethod(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('allow', 'POST');
  const { extensions } = request.query as { extensions?: string };
  if (extensions?.includes('"persistedQuery"')) return refuse(request, reply, { ...NOT_PERSISTED, status: 405 });
  const message = 'Send a POST request. To try queries by hand, open /graphiql.';
  return refuse(request, reply, { status: 405, code: 'BAD_USER_INPUT', message, paths: ['method'] });
}

/** The words that Apollo agreed on with all clients: whoever sent the hash of a query then sends the query itself. */
export const NOT_PERSISTED: Refusal = {
  status: 200,
  code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  message: 'PersistedQueryNotSupported',
};

/** A request that comes on a connection that is still open while the server stops is for another server. */
export function refuseWhileClosing(drain: Drain) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    return drain.isClosing ? refuseForNow(request, reply, 'The server is stopping.') : undefined;
  };
}

/** @param reason a sentence */
export function refuseForNow(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
  reply.header('retry-after', RETRY_AFTER_SECONDS);
  return refuse(request, reply, { status: 503, code: 'UNAVAILABLE', message: `${reason} ${TRY_AGAIN}` });
}

/** Whose token is not good any more has to learn that, and not that strangers send less. */
export function refuseToken(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const message = 'The access token is not good, or not any more. Refresh the session or sign in, and send this again.';
  return refuse(request, reply, { status: 401, code: 'UNAUTHENTICATED', message });
}

/** How long a client has to read why its connection ends, in milliseconds. Ended at once, it may never see it. */
const LINGER_MS = 1_000;

const STATUS_OF_BROKEN: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/**
 * What is no HTTP at all never becomes a request: it is answered on its bare connection.
 * @param acceptOf what the last request on a connection accepts: where this is the rest of it, it accepts the same
 */
export function refuseBrokenHttp(log: Logger, acceptOf: (connection: Duplex) => string | undefined) {
  return ({ code = '' }: NodeJS.ErrnoException, connection: Duplex): void => {
    if (code === 'ECONNRESET' || !connection.writable) {
      connection.destroy();
      return;
    }
    const requestId = requestIdOf(undefined);
    const status = STATUS_OF_BROKEN[code] ?? 400;
    const refusal: Refusal = {
      status,
      code: 'BAD_USER_INPUT',
      message: 'This is no HTTP request that can be understood.',
      paths: ['request'],
    };
    const body = bodyOf(refusal, requestId);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'cache-control: no-store',
      `content-type: ${mediaTypeFor(acceptOf(connection)).contentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
    ];
    connection.end(`${head.join('\r\n')}\r\n\r\n${body}`).resume();
    setTimeout(() => connection.destroy(), LINGER_MS).unref();
    log.info({ requestId, operation: 'unknown', outcome: refusal.code, status });
  };
}
