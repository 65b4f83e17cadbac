import { once } from 'node:events';
import type net from 'node:net';

/** The connections through a proxy. Each has two halves, and ends as a whole. */
export class LinkedSockets {
  readonly #sockets = new Set<net.Socket>();

  /** Makes two sockets the halves of one connection. */
  link(one: net.Socket, other: net.Socket): void {
    for (const [socket, otherHalf] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        otherHalf.destroy();
      });
    }
  }

  /** Ends all connections and the listener that accepts them. */
  async close(listener: net.Server): Promise<void> {
    const closed = once(listener, 'close');
    listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
