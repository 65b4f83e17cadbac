/** Stands between one server and its mongod, and knows when a transaction is committed and the server not told yet. */
import { once } from 'node:events';
import net from 'node:net';
import mongoose from 'mongoose';

/** What becomes of the answer to a commit: it is passed on, or it is lost with its connection. */
export type CommitVerdict = 'pass' | 'cut';

export interface CommitProxy {
  /** For the server under test. The node has to be the primary: nobody finds another one through this. */
  uri(database: string): string;
  /** Commits that mongod has said to be done. */
  committed(): number;
  /** Of these, those whose answer was lost by a verdict or because the server was gone by then. */
  lost(): number;
  close(): Promise<void>;
}

/**
 * Passes everything on as it comes. The answer to each successful commitTransaction waits for `onCommitted`, which is
 * told how many there were before: the transaction is in the database, and the server does not know.
 * @param host the node, as host:port, after user:password@ where it wants a login
 */
export async function startCommitProxy(
  host: string,
  onCommitted: (before: number) => Promise<CommitVerdict>,
): Promise<CommitProxy> {
  const target = new URL(`tcp://${host}`);
  const login = target.username === '' ? '' : `${target.username}:${target.password}@`;
  const pairs = new Set<net.Socket>();
  let committed = 0;
  let lost = 0;

  const listener = net.createServer((server) => {
    const mongod = net.connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const commits = new Set<number>();
    const both = [server, mongod];
    for (const socket of both) {
      pairs.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        pairs.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    void pump(server, async (message) => {
      if (isCommit(message)) commits.add(requestIdOf(message));
      mongod.write(message);
    });
    void pump(mongod, async (message) => {
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
      for (const socket of pairs) socket.destroy();
      await closed;
    },
  };
}

/** Hands over the messages of MongoDB's wire protocol in their order, the next one when the one before is dealt with. */
async function pump(from: net.Socket, take: (message: Buffer) => Promise<void>): Promise<void> {
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
    // The connection is gone, and the other half goes with it.
  }
}

/** A header is four numbers of four bytes: length, request id, the request that it answers, kind of message. */
const requestIdOf = (message: Buffer): number => message.readInt32LE(4);
const responseToOf = (message: Buffer): number => message.readInt32LE(8);
const OP_MSG = 2013;
/** After the header and four bytes of flags, the kind of the first section. */
const SECTION = 20;

/** The document of an OP_MSG. The driver sends the section of kind 0 first, and nothing compressed unless told to. */
function documentOf(message: Buffer): Buffer | null {
  if (message.readInt32LE(12) !== OP_MSG || message[SECTION] !== 0) return null;
  const start = SECTION + 1;
  return message.subarray(start, start + message.readInt32LE(start));
}

const COMMIT = Buffer.from('commitTransaction\0');

/** The name of a command is the first field of its document, after a length of four bytes and the field's type. */
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
