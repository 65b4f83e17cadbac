/** Part of http/: when a request is over. May import Fastify. */
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The requests of each connection that are not over. */
const pendingOf = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `ended` once: when the answer is sent, or when the connection closes before that.
 *
 * The 'close' event of the reply is not enough. A reply that waits behind another one on its connection (pipelining) has
 * no socket yet, so it does not notice that the connection closes, and what is written to it is never sent.
 */
export function onRequestEnd({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, ended: () => void): void {
  if (socket.closed) {
    ended();
    return;
  }
  const pending = pendingOf.get(socket) ?? watch(socket);
  const end = () => {
    if (pending.delete(end)) ended();
  };
  pending.add(end);
  raw.once('close', end);
}

function watch(socket: Socket): Set<() => void> {
  const pending = new Set<() => void>();
  pendingOf.set(socket, pending);
  socket.once('close', () => {
    for (const end of pending) end();
  });
  return pending;
}
