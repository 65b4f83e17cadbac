/**
 * A proxy between one server and its mongod. It can act when a transaction is committed and the server does not know.
 */
import { once } from 'node:events';
import net from 'node:net';
import mongoose from 'mongoose';

/** A command of a transaction: the one that begins it, or the one that commits it. */
export type Step = 'begin' | 'commit';

/** What to do with the response to a commit: pass it on, or cut the connection so that it is lost. */
export type CommitVerdict = 'pass' | 'cut';

export interface CommitProxy {
  /** A connection string for the server under test. The node must be the primary: the proxy leads to no other node. */
  uri(database: string): string;
  /** The number of commits that mongod has confirmed. */
  committed(): number;
  /** How many of these confirmations were lost, by a verdict or because the server was gone. */
  lost(): number;
  close(): Promise<void>;
}

/**
 * Starts a proxy that passes everything on unchanged. It holds the response to each successful commitTransaction until
 * `onCommitted` resolves: meanwhile the transaction is in the database, and the server does not know.
 * @param host the node, as host:port, after user:password@ where it needs a login
 * @param onCommitted receives the number of commits before this one
 * @param beforeStep each of these commands is passed on when this resolves
 */
export async function startCommitProxy(
  host: string,
  onCommitted: (before: number) => Promise<CommitVerdict>,
  beforeStep: (step: Step) => Promise<void> = async () => {},
): Promise<CommitProxy> {
  const target = new URL(`tcp://${host}`);
  const login = target.username === '' ? '' : `${target.username}:${target.password}@`;
  const sockets = new Set<net.Socket>();
  let committed = 0;
  let lost = 0;

  const listener = net.createServer((server) => {
    const mongod = net.connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const commits = new Set<number>();
    const both = [server, mongod];
    for (const socket of both) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    void forEachMessage(server, async (message) => {
      if (isCommit(message)) {
        commits.add(requestIdOf(message));
        await beforeStep('commit');
      } else if (documentOf(message)?.includes(BEGIN)) await beforeStep('begin');
      mongod.write(message);
    });
    void forEachMessage(mongod, async (message) => {
      if (commits.delete(responseToOf(message)) && isSuccess(message)) {
        const verdict = await onCommitted(committed++);
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
    committed: () => committed,
    lost: () => lost,
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Calls `take` for each message of MongoDB's wire protocol, in order. It waits for `take` before the next message. */
async function forEachMessage(from: net.Socket, take: (message: Buffer) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of from) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0));
        rest = rest.subarray(message.length);
        await take(message);
      }
    }
  } catch {
    // The connection is gone. Its close event destroys the other half.
  }
}

/** A header has four 32-bit integers: message length, request id, the id of the request it responds to, and opcode. */
const requestIdOf = (message: Buffer): number => message.readInt32LE(4);
const responseToOf = (message: Buffer): number => message.readInt32LE(8);
const OP_MSG = 2013;
/** The offset of the kind of the first section, after the header and four bytes of flags. */
const SECTION_OFFSET = 20;

/** The document of an OP_MSG. The driver sends the section of kind 0 first, and compresses only if configured to. */
function documentOf(message: Buffer): Buffer | null {
  if (message.readInt32LE(12) !== OP_MSG || message[SECTION_OFFSET] !== 0) return null;
  const start = SECTION_OFFSET + 1;
  return message.subarray(start, start + message.readInt32LE(start));
}

/** The name of the field that only the first command of a transaction has. */
const BEGIN = Buffer.from('startTransaction\0');
const COMMIT = Buffer.from('commitTransaction\0');

/** The command name is the first field of the document. It follows four bytes of length and one byte of field type. */
function isCommit(message: Buffer): boolean {
  return (
    documentOf(message)
      ?.subarray(5, 5 + COMMIT.length)
      .equals(COMMIT) ?? false
  );
}

function isSuccess(message: Buffer): boolean {
  const document = documentOf(message);
  if (!document) return false;
  const { ok, writeConcernError } = mongoose.mongo.BSON.deserialize(document);
  return ok === 1 && writeConcernError === undefined;
}
