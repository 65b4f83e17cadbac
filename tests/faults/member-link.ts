/** A proxy in front of a node, through which its clients and the other nodes reach it. It can cut the nodes only. */
import { once } from 'node:events';
import net from 'node:net';
import { LinkedSockets } from './linked-sockets.js';
import { commandNameOf, documentOf, forEachMessage } from './wire-messages.js';

export interface MemberLink {
  readonly port: number;
  /** Cuts off all other nodes, or the one with this host. Clients stay connected. */
  cut(from: string): void;
  reconnect(): void;
  close(): Promise<void>;
}

/** A node says in its first message that it is one. */
const FROM_NODE = Buffer.from('internalClient\0');

/** Starts a link to the node that listens at this port. The node may be restarted meanwhile. */
export async function startMemberLink(nodePort: number): Promise<MemberLink> {
  const connections = new LinkedSockets();
  /** The connections from other nodes, each with the host of its node once that is known. */
  const fromNodes = new Map<net.Socket, { host: string | null }>();
  let cutFrom: string | null = null;
  const isCut = (host: string | null) => cutFrom === 'all members' || (cutFrom !== null && cutFrom === host);

  const listener = net.createServer((source) => {
    const node = net.connect({ host: '127.0.0.1', port: nodePort });
    connections.link(source, node);
    source.once('close', () => fromNodes.delete(source));
    node.pipe(source);
    source.once('data', (first: Buffer) => {
      source.pause();
      if (!first.includes(FROM_NODE)) {
        node.write(first);
        source.pipe(node);
        return;
      }
      const sender: { host: string | null } = { host: null };
      fromNodes.set(source, sender);
      source.unshift(first);
      void forEachMessage(source, async (message) => {
        sender.host ??= hostOfSender(message);
        if (isCut(sender.host)) source.destroy();
        else node.write(message);
      });
    });
  });
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return {
    port: (listener.address() as net.AddressInfo).port,
    cut(from) {
      cutFrom = from;
      for (const [source, { host }] of fromNodes) if (isCut(host)) source.destroy();
    },
    reconnect() {
      cutFrom = null;
    },
    close: () => connections.close(listener),
  };
}

/** @returns the host of the node that sent a heartbeat; null if it is another message, which does not tell */
function hostOfSender(message: Buffer): string | null {
  return commandNameOf(message) === 'replSetHeartbeat' ? documentOf(message)?.from : null;
}
