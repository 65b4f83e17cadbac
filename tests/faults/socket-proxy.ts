/** A proxy for TCP connections between subscribers and a server. It can cut connections, and stop reading from them. */
import { once } from 'node:events';
import net from 'node:net';

export interface SocketProxy {
  /** The origin, without a path. */
  readonly url: string;
  /** Resets an open connection on both sides. @param random chooses it, from 0 to 1 @returns whether there was one */
  cutOne(random: number): boolean;
  /** Passes nothing on to the clients any more, and reads nothing from the server. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
}

interface Connection {
  readonly client: net.Socket;
  readonly server: net.Socket;
}

/** Starts a proxy in front of a server. The server may be restarted at its address meanwhile. */
export async function startSocketProxy(targetUrl: string): Promise<SocketProxy> {
  const { hostname, port } = new URL(targetUrl);
  const connections = new Set<Connection>();
  let isStalled = false;

  const listener = net.createServer((client) => {
    const server = net.connect({ host: hostname, port: Number(port) });
    const connection: Connection = { client, server };
    connections.add(connection);
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {});
    client.pipe(server);
    if (!isStalled) server.pipe(client);
    client.once('close', () => {
      connections.delete(connection);
      server.destroy();
    });
    server.once('close', () => client.destroySoon());
  });
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as net.AddressInfo).port}`,
    cutOne(random) {
      const chosen = [...connections][Math.floor(random * connections.size)];
      for (const socket of chosen ? [chosen.client, chosen.server] : []) socket.resetAndDestroy();
      return chosen !== undefined;
    },
    stall() {
      isStalled = true;
      for (const { client, server } of connections) server.unpipe(client).pause();
    },
    resume() {
      isStalled = false;
      for (const { client, server } of connections) server.pipe(client);
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const { client, server } of connections) for (const socket of [client, server]) socket.destroy();
      await closed;
    },
  };
}
