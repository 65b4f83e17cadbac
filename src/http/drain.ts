/** Part of http/: how the server stops. May import Fastify. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { onRequestEnd } from './request-end.js';

/** Longer than any operation may take: see OPERATION_TIMEOUT_MS in reservation.ts. */
export const GRACE_PERIOD_MS = 16_000;

export interface Drain {
  /** The server is closing and refuses new requests. */
  readonly isClosing: boolean;
  /** The server is closing or soon will, so a load balancer must send it no more requests. */
  readonly isReadinessFailing: boolean;
  /** The number of running requests on each open connection, the oldest connection first. */
  readonly requestsByConnection: ReadonlyMap<Socket, number>;
  /** Announces that the server will close. It still answers all requests until it does. */
  failReadiness(): void;
  /** Resolves when no connection is open. Fastify waits only for those of its own handle: see acceptors.ts. */
  allConnectionsClosed(): Promise<void>;
}

/**
 * Makes close() wait for running requests, and for nothing else. Node's own close() also waits for idle connections: 72
 * seconds for a kept-alive one, and forever for one on which nothing, or half a request, was sent.
 */
export function drainOnClose(app: FastifyInstance): Drain {
  let isClosing = false;
  let isReadinessFailing = false;
  let grace: NodeJS.Timeout | undefined;
  let lastConnectionClosed = () => {};
  const requestsByConnection = new Map<Socket, number>();

  const count = (socket: Socket, change: 1 | -1) => {
    const now = (requestsByConnection.get(socket) ?? 0) + change;
    if (requestsByConnection.has(socket)) requestsByConnection.set(socket, now);
    if (isClosing && now === 0) socket.end();
  };

  app.server.on('connection', (socket: Socket) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    requestsByConnection.set(socket, 0);
    socket.once('close', () => {
      requestsByConnection.delete(socket);
      if (requestsByConnection.size === 0) lastConnectionClosed();
    });
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    count(socket, 1);
    onRequestEnd(request, reply, () => count(socket, -1));
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const [socket, requests] of requestsByConnection) if (requests === 0) socket.destroy();
    grace = setTimeout(() => app.server.closeAllConnections(), GRACE_PERIOD_MS).unref();
  });
  return {
    requestsByConnection,
    get isClosing() {
      return isClosing;
    },
    get isReadinessFailing() {
      return isReadinessFailing || isClosing;
    },
    failReadiness() {
      isReadinessFailing = true;
    },
    async allConnectionsClosed() {
      if (requestsByConnection.size > 0) await new Promise<void>((resolve) => (lastConnectionClosed = resolve));
      clearTimeout(grace);
    },
  };
}
