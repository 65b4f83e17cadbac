/** Part of http/: logs one line for each request, and never any input. May import Fastify and pino. */
import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { RequestNotes } from '../graphql/context.js';
import { originalStack } from '../original-stack.js';
import type { Metrics } from './metrics.js';
import { millisecondsSince } from './milliseconds-since.js';
import { onRequestEnd } from './request-end.js';

declare module 'fastify' {
  interface FastifyRequest {
    notes: RequestNotes;
    receivedAt: Date;
    /** The answer is known, even if the client has disconnected and cannot receive it. */
    isAnswered: boolean;
    /** The answer was sent, or the client has disconnected. */
    isOver: boolean;
    writeLogLine: () => void;
  }
}

const WELL_FORMED_ID = /^[\w.:-]{1,128}$/;

/** @returns the x-request-id of the client if it is well-formed, otherwise a new id */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && WELL_FORMED_ID.test(header) ? header : randomUUID();
}

/**
 * Starts every request: reads the clock once and returns the request id in a header. At the end it counts the request
 * and writes its log line.
 *
 * If a client disconnects before its answer, the line is written when the answer is known. People will look for the
 * outcome of exactly those requests whose answer was lost.
 */
export function logRequests(app: FastifyInstance, log: Logger, clock: () => Date, metrics: Metrics): void {
  function begin(request: FastifyRequest, reply: FastifyReply): void {
    const startedAt = performance.now();
    request.receivedAt = clock();
    request.notes = { outcome: 'ok' };
    request.isAnswered = false;
    request.isOver = false;
    request.writeLogLine = () => {
      const operation = request.notes.operation ?? routeOf(request);
      const { outcome } = request.notes;
      metrics.request(operation, outcome, (performance.now() - startedAt) / 1_000);
      log.info({
        requestId: request.id,
        operation,
        outcome,
        status: reply.statusCode,
        durationMs: millisecondsSince(startedAt),
        ...(reply.raw.writableFinished ? {} : { clientGone: true }),
      });
    };
    reply.header('x-request-id', request.id);
    onRequestEnd(request, reply, () => {
      request.isOver = true;
      if (request.isAnswered) request.writeLogLine();
    });
  }

  app.decorateRequest('notes');
  app.decorateRequest('receivedAt');
  app.decorateRequest('isAnswered', false);
  app.decorateRequest('isOver', false);
  app.decorateRequest('writeLogLine');
  app.addHook('onRequest', (request, reply, done) => {
    begin(request, reply);
    done();
  });
  app.addHook('onSend', (request, _reply, _payload, done) => {
    request.isAnswered = true;
    if (request.isOver) request.writeLogLine();
    done();
  });
}

/** @returns the route as declared. The path and query string of a request are input, which the log must not have. */
const routeOf = ({ method, routeOptions: { url } }: FastifyRequest): string => `${method} ${url ?? 'unknown'}`;

/** JavaScript errors whose messages describe the code and contain no values. */
const ERRORS_WITHOUT_VALUES = ['Error', 'TypeError'];

/**
 * @returns what may be logged about a failure. Only plain errors are logged with their message: messages of the
 * database, graphql-js and Intl repeat values, such as e-mail addresses.
 */
export function describeFailure(error: unknown): { failure: string; stack?: string } {
  if (!types.isNativeError(error)) return { failure: typeof error };
  const { name, message, stack = '' } = error;
  const code = 'code' in error && error.code !== undefined ? ` ${error.code}` : '';
  const detail = code === '' && ERRORS_WITHOUT_VALUES.includes(name) ? `: ${message}` : code;
  const frames = stack
    .replace(message, () => '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { failure: `${name}${detail}`, stack: originalStack(frames.join('\n')) };
}
