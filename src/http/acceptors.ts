/** Part of http/: how connections are taken up. */
import { spawn } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import net from 'node:net';

/** Handles of one listening socket: hundreds who connect at once are taken up within a second or two. */
const ACCEPTORS = 32;
/** How long they may take to be had, some tens of milliseconds as a rule. */
const WITHIN_MS = 5_000;

/** Sends back what it is sent: a handle comes back as another one of the same socket. It never accepts anything itself. */
const MIRROR = "process.on('message', (message, handle) => process.send(message, handle))";

/**
 * Takes up new connections faster. Node 20 takes up one in each turn of the event loop for each handle that listens, and
 * when a class is dismissed, a turn may take some milliseconds: connections would wait for tens of seconds behind each
 * other, those of the health checks among them. So further handles of the same socket listen as well; see
 * docs/adr/0011-overload.md.
 * @param backlog of the socket: each handle that listens sets it anew
 * @returns what stops them, which has to happen before the server is closed
 * @throws Error where they cannot be had: the server does without
 */
export async function addAcceptors(server: HttpServer, backlog: number): Promise<() => void> {
  const acceptors: net.Server[] = [];
  const mirror = spawn(process.execPath, ['-e', MIRROR], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: WITHIN_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      mirror.on('message', (_message, handle) => {
        const acceptor = net.createServer((socket) => server.emit('connection', socket));
        acceptors.push(acceptor.listen(handle, backlog));
        if (acceptors.length === ACCEPTORS - 1) resolve();
      });
      mirror.once('error', reject);
      mirror.once('exit', () => reject(new Error('no further handle of the listening socket can be had')));
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
