import { once } from 'node:events';
import net from 'node:net';

/**
 * Systems give ports above this by themselves, to whoever connects somewhere: a process that is killed and started
 * again would now and then find its own taken.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** A free port of 127.0.0.1 that a process can come back to after it was killed. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
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
