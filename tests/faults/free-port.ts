import { once } from 'node:events';
import net from 'node:net';

/**
 * Ports 20,000 to 31,999. They are below the ephemeral range (from 32,768 on Linux), from which the system assigns
 * ports to outgoing connections. A process that is killed and restarted would now and then find such a port taken.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** @returns a free port of 127.0.0.1 that a process can use again after it was killed */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    const server = net.createServer();
    try {
      await once(server.listen({ host: '127.0.0.1', port }), 'listening');
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
