/** Part of http/: limits on open connections and on the pipelined requests of each. May import Fastify. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * A connection takes a few kilobytes and a file descriptor. A process may often have no more than 16,384 of those.
 * 12,000 of these connections may have subscriptions: see subscriptions/connections.ts.
 */
const MAX_OPEN = 14_000;
/**
 * HTTP/1.1 pipelining sends requests without waiting for answers. Hardly any client uses it; each request takes memory.
 */
const MAX_PIPELINED = 32;

export interface ConnectionLimits {
  readonly maxOpen: number;
  /** Unanswered requests on one connection. */
  readonly maxPipelined: number;
}

/**
 * Beyond maxOpen connections, each new one replaces the oldest idle one. So idle connections cannot keep out clients or
 * health checks. A connection with more than maxPipelined unanswered requests is closed.
 * @param requestsByConnection the number of unanswered requests of each open connection, the oldest connection first
 */
export function limitConnections(
  app: FastifyInstance,
  requestsByConnection: ReadonlyMap<Socket, number>,
  limits: ConnectionLimits = { maxOpen: MAX_OPEN, maxPipelined: MAX_PIPELINED },
): void {
  app.server.on('connection', () => {
    if (requestsByConnection.size <= limits.maxOpen) return;
    for (const [socket, requests] of requestsByConnection) {
      if (requests > 0 || socket.destroyed) continue;
      socket.destroy();
      return;
    }
  });
  app.addHook('onRequest', ({ raw: { socket } }, _reply, done) => {
    if ((requestsByConnection.get(socket) ?? 0) > limits.maxPipelined) socket.destroy();
    done();
  });
}
