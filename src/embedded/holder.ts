/** Who uses the database of a directory at this moment: decided by who answers, never by the number of a process. */
import type mongoose from 'mongoose';
import type { DataDirectory } from './data-directory.js';
import { clientOfSet, uriOf } from './login.js';

/** A mongod on the same machine answers in milliseconds, or in some seconds where it is very busy. Milliseconds. */
const ANSWERS_WITHIN_MS = 3_000;
const OWNER = 'auraledger-owner';

/** The connection that a server keeps for as long as it has the database. The system closes it when the server is gone. */
export function ownersClient(port: number, key: string, serverSelectionTimeoutMS: number): mongoose.mongo.MongoClient {
  const appName = `${OWNER} ${process.pid}`;
  return clientOfSet(port, key, { appName, serverSelectionTimeoutMS, minPoolSize: 1, maxPoolSize: 2 });
}

export interface Holder {
  /** The address of its database. */
  readonly uri: string;
  /** The process that keeps it, for messages; null where nobody does any more. */
  readonly owner: number | null;
}

/** What runs the database of this directory, where that answers; null where nothing does. */
export async function holderOf(directory: DataDirectory): Promise<Holder | null> {
  return asking(directory, async (admin, uri) => {
    const connections = await admin
      .aggregate([
        { $currentOp: { allUsers: true, idleConnections: true } },
        // A stranger can take the name, but not log in as the set.
        { $match: { appName: new RegExp(`^${OWNER} `), 'effectiveUsers.user': '__system' } },
      ])
      .toArray();
    const name: string | undefined = connections[0]?.appName;
    return { uri, owner: name === undefined ? null : Number(name.slice(OWNER.length)) };
  });
}

/** Asks the database of this directory to end: its server is gone, and so is its watchdog (killall -9 node). */
export async function endAbandoned(directory: DataDirectory): Promise<void> {
  // It hangs up rather than answer.
  await asking(directory, (admin) => admin.command({ shutdown: 1, force: true, timeoutSecs: 1 }));
}

async function asking<Answer>(
  directory: DataDirectory,
  ask: (admin: mongoose.mongo.Db, uri: string) => Promise<Answer>,
): Promise<Answer | null> {
  const note = await directory.readNote();
  const key = await directory.readKey();
  if (note === null || key === null) return null;
  const client = clientOfSet(note.port, key, {
    appName: 'auraledger-asks',
    serverSelectionTimeoutMS: ANSWERS_WITHIN_MS,
    connectTimeoutMS: ANSWERS_WITHIN_MS,
    socketTimeoutMS: ANSWERS_WITHIN_MS,
  });
  try {
    const admin = client.db('admin');
    // The port may be another's by now, and a copy of the directory has the same key.
    const { parsed } = await admin.command({ getCmdLineOpts: 1 });
    return parsed.storage.dbPath === directory.dbPath ? await ask(admin, uriOf(note.port, key)) : null;
  } catch {
    return null;
  } finally {
    await client.close();
  }
}
