/**
 * Finds out which process uses the database of a directory. It asks the database itself and never relies on process
 * IDs, which the operating system reuses.
 */
import type mongoose from 'mongoose';
import type { DataDirectory } from './data-directory.js';
import { createSystemClient, uriOf } from './login.js';

/** A mongod on the same machine answers in milliseconds, or in seconds under heavy load. Milliseconds. */
const ANSWERS_WITHIN_MS = 3_000;
const OWNER = 'auraledger-owner';

/**
 * Creates the client whose connection marks the database as in use by this server. The operating system closes the
 * connection when the server dies.
 */
export function createOwnerClient(
  port: number,
  key: string,
  serverSelectionTimeoutMS: number,
): mongoose.mongo.MongoClient {
  const appName = `${OWNER} ${process.pid}`;
  return createSystemClient(port, key, { appName, serverSelectionTimeoutMS, minPoolSize: 1, maxPoolSize: 2 });
}

export interface Holder {
  /** The URI of the database. Contains the password. */
  readonly uri: string;
  /** The process ID of its server, for messages; null if its server is gone. */
  readonly owner: number | null;
}

/** Returns the holder of the directory's database, or null if no database of this directory answers. */
export async function holderOf(directory: DataDirectory): Promise<Holder | null> {
  return withRunningDatabase(directory, async (admin, uri) => {
    const connections = await admin
      .aggregate([
        { $currentOp: { allUsers: true, idleConnections: true } },
        // Any client can use the application name, but only a holder of the key can log in as __system.
        { $match: { appName: new RegExp(`^${OWNER} `), 'effectiveUsers.user': '__system' } },
      ])
      .toArray();
    const name: string | undefined = connections[0]?.appName;
    return { uri, owner: name === undefined ? null : Number(name.slice(OWNER.length)) };
  });
}

/** Shuts down a database whose server and watchdog were both killed, for example by `killall -9 node`. */
export async function shutDownAbandoned(directory: DataDirectory): Promise<void> {
  // mongod closes the connection instead of replying; the error is ignored.
  await withRunningDatabase(directory, (admin) => admin.command({ shutdown: 1, force: true, timeoutSecs: 1 }));
}

/** Queries the directory's database. Returns null if it does not answer, or if another database answers on its port. */
async function withRunningDatabase<Answer>(
  directory: DataDirectory,
  ask: (admin: mongoose.mongo.Db, uri: string) => Promise<Answer>,
): Promise<Answer | null> {
  const note = await directory.readNote();
  const key = await directory.readKey();
  if (note === null || key === null) return null;
  const client = createSystemClient(note.port, key, {
    appName: 'auraledger-asks',
    serverSelectionTimeoutMS: ANSWERS_WITHIN_MS,
    connectTimeoutMS: ANSWERS_WITHIN_MS,
    socketTimeoutMS: ANSWERS_WITHIN_MS,
  });
  try {
    const admin = client.db('admin');
    // Another database may use the port by now, and a copy of the directory has the same key.
    const { parsed } = await admin.command({ getCmdLineOpts: 1 });
    return parsed.storage.dbPath === directory.dbPath ? await ask(admin, uriOf(note.port, key)) : null;
  } catch {
    return null;
  } finally {
    await client.close();
  }
}
