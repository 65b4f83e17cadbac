/** Part of http/: how the server stops. May import Fastify. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Longer than any operation may take: see OPERATION_MS in holding.ts. Milliseconds. */
export const GRACE_MS = 16_000;

export interface Drain {
  /** Whether the server has begun to stop, and new work is to be refused. */
  readonly isClosing: boolean;
  /** Whether it stops, or soon will, and no more requests are to be sent to it. */
  readonly isLeaving: boolean;
  /** How many requests run on each open connection, in the order in which they were opened. */
  readonly running: ReadonlyMap<Socket, number>;
  /** Says that the server will stop. Everything is served until it does. */
  leave(): void;
  /** Resolves when no connection is left. Fastify waits for those of its own handle only: see acceptors.ts. */
  allAreGone(): Promise<void>;
}

/**
 * Lets running requests be answered when the app is closed, and waits for nobody else. Node's own close() would: for
 * 72 seconds where a connection is kept alive, and for ever where nothing, or half a request, was sent on it.
 */
export function drainOnClose(app: FastifyInstance): Drain {
  let isClosing = false;
  let isLeaving = false;
  let grace: NodeJS.Timeout | undefined;
  let wake = () => {};
  /** How many requests run on each open connection. */
  const running = new Map<Socket, number>();

  const count = (socket: Socket, change: 1 | -1) => {
    const now = (running.get(socket) ?? 0) + change;
    if (running.has(socket)) running.set(socket, now);
    if (isClosing && now === 0) socket.end();
  };

  app.server.on('connection', (socket: Socket) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    running.set(socket, 0);
    socket.once('close', () => {
      running.delete(socket);
      if (running.size === 0) wake();
    });
  });
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    count(socket, 1);
    reply.raw.once('close', () => count(socket, -1));
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const [socket, requests] of running) if (requests === 0) socket.destroy();
    grace = setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
  });
  return {
    running,
    get isClosing() {
      return isClosing;
    },
    get isLeaving() {
      return isLeaving || isClosing;
    },
    leave() {
      isLeaving = true;
    },
    async allAreGone() {
      if (running.size > 0) await new Promise<void>((resolve) => (wake = resolve));
      clearTimeout(grace);
    },
  };
}
