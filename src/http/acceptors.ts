/** Part of http/: accepts new connections through several handles of the listening socket. */
import { spawn } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import net from 'node:net';

/** Handles of the listening socket: enough to accept hundreds of simultaneous connections within a second or two. */
const ACCEPTORS = 32;
/** Making the handles usually takes some tens of milliseconds. */
const STARTUP_TIMEOUT_MS = 5_000;

/** Sends every handle back to its sender, who receives a duplicate of it. This process never accepts a connection. */
const MIRROR = "process.on('message', (message, handle) => process.send(message, handle))";

/**
 * Accepts new connections faster. In each turn of the event loop, Node accepts one connection for each listening
 * handle. When a class is dismissed, a turn may take some milliseconds, and connections would queue for tens of
 * seconds, those of the health checks included. So more handles of the same socket listen as well: see
 * docs/adr/0011-overload.md.
 * @param backlog the backlog of the socket: each handle that starts to listen sets it again
 * @returns a function that stops the handles. Call it before the server is closed.
 * @throws Error if the handles cannot be made. The server works without them.
 */
export async function addAcceptors(server: HttpServer, backlog: number): Promise<() => void> {
  const acceptors: net.Server[] = [];
  const mirror = spawn(process.execPath, ['-e', MIRROR], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: STARTUP_TIMEOUT_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      mirror.on('message', (_message, handle) => {
        // As the handle of an HTTP server: small packets are sent at once.
        const acceptor = net.createServer({ noDelay: true }, (socket) => server.emit('connection', socket));
        acceptors.push(acceptor.listen(handle, backlog));
        if (acceptors.length === ACCEPTORS - 1) resolve();
      });
      mirror.once('error', reject);
      mirror.once('exit', () => reject(new Error('the listening socket could not be duplicated')));
      const { _handle } = server as unknown as { readonly _handle: net.Server };
      for (let count = 1; count < ACCEPTORS; count += 1) mirror.send('another', _handle);
    });
    return () => closeAll(acceptors);
  } catch (error) {
    closeAll(acceptors);
    throw error;
  } finally {
    mirror.kill();
  }
}

function closeAll(acceptors: readonly net.Server[]): void {
  for (const acceptor of acceptors) acceptor.close();
}
