/** Part of http/: one line for each request, and never an input in it. May import Fastify and pino. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { RequestNotes } from '../graphql/context.js';

declare module 'fastify' {
  interface FastifyRequest {
    notes: RequestNotes;
    receivedAt: Date;
  }
}

const WELL_FORMED_ID = /^[\w.:-]{1,128}$/;

/** The caller's x-request-id where it is well formed, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && WELL_FORMED_ID.test(header) ? header : randomUUID();
}

/** Reads the clock once for each request, echoes its id, and writes its line when it has been answered. */
export function logRequests(app: FastifyInstance, log: Logger, clock: () => Date): void {
  app.decorateRequest('notes');
  app.decorateRequest('receivedAt');
  app.addHook('onRequest', async (request, reply) => {
    request.receivedAt = clock();
    request.notes = { outcome: 'ok' };
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    log.info({
      requestId: request.id,
      ...(request.notes.operation ? { operation: request.notes.operation } : routeOf(request)),
      outcome: request.notes.outcome,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    });
  });
}

/** The route as it was declared: what stands in a path or a query string may be anything. */
const routeOf = ({ method, routeOptions: { url } }: FastifyRequest) => ({ operation: `${method} ${url ?? 'unknown'}` });

/** What a log may hold of a failure: the database's messages repeat values, e-mail addresses among them. */
export function describeFailure(error: unknown): { failure: string; stack?: string } {
  if (!(error instanceof Error)) return { failure: typeof error };
  const fromDatabase = error instanceof mongoose.mongo.MongoError;
  const code = fromDatabase && error.code !== undefined ? ` ${error.code}` : '';
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return { failure: fromDatabase ? `${error.name}${code}` : `${error.name}: ${error.message}`, ...(frames && { stack: frames.join('\n') }) };
}
