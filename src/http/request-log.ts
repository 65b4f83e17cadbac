/** Part of http/: one line for each request, and never an input in it. May import Fastify and pino. */
import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { RequestNotes } from '../graphql/context.js';

declare module 'fastify' {
  interface FastifyRequest {
    notes: RequestNotes;
    receivedAt: Date;
    /** What was answered, or would have been to a client that is gone, is known. */
    isAnswered: boolean;
    writeLine: () => void;
  }
}

const WELL_FORMED_ID = /^[\w.:-]{1,128}$/;

/** The caller's x-request-id where it is well formed, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && WELL_FORMED_ID.test(header) ? header : randomUUID();
}

/**
 * Begins every request: reads the clock, once for each, echoes its id, and writes its line when all is over.
 *
 * A client that goes away before its answer gets its line all the same, once there is an answer: what became of a
 * request whose answer was lost is what people will look for.
 */
export function followRequests(app: FastifyInstance, log: Logger, clock: () => Date): void {
  function begin(request: FastifyRequest, reply: FastifyReply): void {
    const startedAt = performance.now();
    request.receivedAt = clock();
    request.notes = { outcome: 'ok' };
    request.isAnswered = false;
    request.writeLine = () =>
      log.info({
        requestId: request.id,
        operation: request.notes.operation ?? routeOf(request),
        outcome: request.notes.outcome,
        status: reply.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        ...(reply.raw.writableFinished ? {} : { clientGone: true }),
      });
    reply.header('x-request-id', request.id);
    reply.raw.once('close', () => {
      if (request.isAnswered) request.writeLine();
    });
  }

  app.decorateRequest('notes');
  app.decorateRequest('receivedAt');
  app.decorateRequest('isAnswered', false);
  app.decorateRequest('writeLine');
  app.addHook('onRequest', async (request, reply) => begin(request, reply));
  app.addHook('onSend', async (request, reply) => {
    request.isAnswered = true;
    // Nothing more happens to a reply whose connection is gone.
    if (reply.raw.destroyed) request.writeLine();
  });
}

/** The route as it was declared: what stands in a path or a query string may be anything. */
const routeOf = ({ method, routeOptions: { url } }: FastifyRequest): string => `${method} ${url ?? 'unknown'}`;

/** Errors of the language whose messages say what the code did, and not with which value. */
const WITHOUT_VALUES = ['Error', 'TypeError'];

/**
 * What a log may hold of a failure. Only plain errors are told with their message: those of the database, of graphql-js
 * and of Intl repeat values, e-mail addresses among them.
 */
export function describeFailure(error: unknown): { failure: string; stack?: string } {
  if (!types.isNativeError(error)) return { failure: typeof error };
  const { name, message, stack = '' } = error;
  const code = 'code' in error ? ` ${error.code}` : '';
  const said = code === '' && WITHOUT_VALUES.includes(name) ? `: ${message}` : code;
  const frames = stack
    .replace(message, () => '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { failure: `${name}${said}`, stack: frames.join('\n') };
}
