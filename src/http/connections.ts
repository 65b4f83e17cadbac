/** Part of http/: how many connections are open, and how much is asked on one of them. May import Fastify. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Some kilobytes each; and each is a file descriptor, of which a process may often have no more than 16,384. */
const MOST_OPEN = 10_000;
/** HTTP/1.1 allows to send requests without waiting for answers, which hardly any client does; each is kept in memory. */
const MOST_UNANSWERED = 32;

export interface ConnectionLimits {
  readonly open: number;
  readonly unansweredOfOne: number;
}

/**
 * Makes room for a new connection, where there are as many as may be, by closing the one that has been open longest of
 * those on which nothing is asked: so nobody keeps others out, or the health checks, by connections alone. Whoever
 * sends more requests than these without an answer is cut off.
 * @param unanswered of each open connection, in the order in which they were opened
 */
export function limitConnections(
  app: FastifyInstance,
  unanswered: ReadonlyMap<Socket, number>,
  limits: ConnectionLimits = { open: MOST_OPEN, unansweredOfOne: MOST_UNANSWERED },
): void {
  app.server.on('connection', () => {
    if (unanswered.size <= limits.open) return;
    for (const [socket, requests] of unanswered) {
      if (requests > 0 || socket.destroyed) continue;
      socket.destroy();
      return;
    }
  });
  app.addHook('onRequest', async ({ raw: { socket } }) => {
    if ((unanswered.get(socket) ?? 0) > limits.unansweredOfOne) socket.destroy();
  });
}
