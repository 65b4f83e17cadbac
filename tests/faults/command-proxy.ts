/**
 * A proxy between one server and its mongod. It can act when mongod has executed a command and the server does not know.
 */
import { once } from 'node:events';
import net from 'node:net';
import { LinkedSockets } from './linked-sockets.js';
import { commandNameOf, documentOf, forEachMessage, requestIdOf, responseToOf } from './wire-messages.js';

/** What to do with the response to a command: pass it on, or cut the connection so that it is lost. */
export type Verdict = 'pass' | 'cut';

/** A command that mongod has executed. */
export interface ExecutedCommand {
  readonly name: string;
  /** The collection of a read or a write. */
  readonly collection: unknown;
}

export interface CommandProxy {
  /** A connection string for the server under test. The node must be the primary: the proxy leads to no other node. */
  uri(database: string): string;
  /** How many responses were lost, by a verdict or because the server was gone. */
  lost(): number;
  close(): Promise<void>;
}

/**
 * Starts a proxy that passes everything on unchanged. It holds the response to each of the named commands that
 * succeeded until `onExecuted` resolves: meanwhile mongod has executed it, and the server does not know.
 * @param host the node, as host:port, after user:password@ where it needs a login
 * @param before each message of the server is passed on when this resolves
 */
export async function startCommandProxy(
  host: string,
  names: readonly string[],
  onExecuted: (command: ExecutedCommand) => Promise<Verdict>,
  before: (message: Buffer) => Promise<void> = async () => {},
): Promise<CommandProxy> {
  const target = new URL(`tcp://${host}`);
  const login = target.username === '' ? '' : `${target.username}:${target.password}@`;
  const connections = new LinkedSockets();
  let lost = 0;

  const listener = net.createServer((server) => {
    const mongod = net.connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const executing = new Map<number, ExecutedCommand>();
    connections.link(server, mongod);
    void forEachMessage(server, async (message) => {
      const name = commandNameOf(message);
      if (name !== null && names.includes(name)) {
        executing.set(requestIdOf(message), { name, collection: documentOf(message)?.[name] });
      }
      await before(message);
      mongod.write(message);
    });
    void forEachMessage(mongod, async (message) => {
      const command = executing.get(responseToOf(message));
      executing.delete(responseToOf(message));
      if (command && isSuccess(message)) {
        const verdict = await onExecuted(command);
        if (verdict === 'cut') server.destroy();
        if (server.destroyed) lost += 1;
      }
      if (!server.destroyed) server.write(message);
    });
  });
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  const { port } = listener.address() as net.AddressInfo;
  return {
    uri: (database) => `mongodb://${login}127.0.0.1:${port}/${database}?directConnection=true&authSource=admin`,
    lost: () => lost,
    close: () => connections.close(listener),
  };
}

function isSuccess(message: Buffer): boolean {
  const response = documentOf(message);
  return response !== null && response.ok === 1 && response.writeConcernError === undefined;
}
