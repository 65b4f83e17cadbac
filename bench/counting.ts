import { nextMessage, startChild, stopChild } from './child.js';
import type { SentCommands } from './processes/counting-server.js';
import type { Server } from './product.js';

/** The product in a process that reports the commands that it sends to the database. */
export interface CountingServer extends Server {
  /** @returns the commands since the last call */
  sent(): Promise<SentCommands>;
}

export async function startCountingServer(uri: string): Promise<CountingServer> {
  const child = startChild('counting-server.ts', [uri]);
  const url = await nextMessage<string>(child);
  return {
    url,
    pid: child.pid!,
    async sent() {
      child.send('report');
      return nextMessage<SentCommands>(child);
    },
    stop: () => stopChild(child),
  };
}
