/**
 * Part of http/: what never reaches GraphQL is answered in the same form, and nothing of it is echoed. May import
 * Fastify and pino.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ErrorCode, TRY_AGAIN } from '../graphql/errors.js';
import type { Drain } from './drain.js';
import { describeFailure, requestIdOf } from './request-log.js';

/** When whoever is told UNAVAILABLE may come again, in every such answer. */
export const RETRY_AFTER_SECONDS = '1';

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** What is wrong with a BAD_USER_INPUT: the body, where it is not told otherwise. */
  readonly paths?: readonly string[];
}

function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, code, message, paths = ['body'] } = refusal;
  request.notes.outcome = code;
  const fields = code === 'BAD_USER_INPUT' && { fields: paths.map((path) => ({ path, message })) };
  const error = { message, extensions: { code, ...fields, requestId: request.id } };
  return reply.code(status).send({ errors: [error] });
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
  FST_ERR_BAD_URL: 'This is no well-formed address.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not well-formed JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: `The body is empty. ${EXAMPLE}`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large: at most 1 MiB.',
  BODY_TOO_LARGE_FOR_STRANGERS: 'The body is too large: at most 16 KiB before you have signed in.',
  FST_ERR_VALIDATION: `This is not the form of a request, with one operation. ${EXAMPLE}`,
};

/** The parts of the body that have not the form of a request. */
function pathsOf({ code, validation }: FastifyError): string[] | undefined {
  if (code === 'FST_ERR_BAD_URL') return ['url'];
  return validation?.map(({ instancePath, params }) => instancePath.slice(1) || `${params.missingProperty ?? 'body'}`);
}

export function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refuse(request, reply, { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' });
}

/** GraphQL over GET could be had by a mere link, and is not needed. */
export function refuseMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('allow', 'POST');
  const message = 'Send a POST request. To try queries by hand, open /graphiql.';
  return refuse(request, reply, { status: 405, code: 'BAD_USER_INPUT', message, paths: ['method'] });
}

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

const STATUS_OF_BROKEN: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/** What is no HTTP at all never becomes a request: it is answered on its bare connection. */
export function refuseBrokenHttp(log: Logger) {
  return ({ code = '' }: NodeJS.ErrnoException, socket: Socket): void => {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = requestIdOf(undefined);
    const status = STATUS_OF_BROKEN[code] ?? 400;
    const outcome: ErrorCode = 'BAD_USER_INPUT';
    const message = 'This is no HTTP request that can be understood.';
    const extensions = { code: outcome, fields: [{ path: 'request', message }], requestId };
    const body = JSON.stringify({ errors: [{ message, extensions }] });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    log.info({ requestId, operation: 'unknown', outcome, status });
  };
}
