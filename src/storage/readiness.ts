import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';

/** Milliseconds. */
const PING_TIMEOUT_MS = 1_000;

/** A separate client, so that the ping does not queue behind reads and grants for a connection. */
let client: mongoose.mongo.MongoClient | null = null;

/** Takes the URI and appName of the main connection. Connects at the first ping. */
export function prepareProbe(uri: string, appName: string): void {
  client = new mongoose.mongo.MongoClient(uri, {
    appName,
    maxPoolSize: 1,
    minPoolSize: 0,
    // Nobody waits for a ping longer than this, so pings must not pile up in the queue.
    waitQueueTimeoutMS: PING_TIMEOUT_MS,
    serverSelectionTimeoutMS: PING_TIMEOUT_MS,
  });
}

export async function closeProbe(): Promise<void> {
  const closing = client;
  client = null;
  await closing?.close();
}

/** Returns whether the connected database answers a ping within a second. */
export async function databaseAnswers(): Promise<boolean> {
  try {
    // A client whose first connection fails stays closed until connect() is called again.
    const connected = client?.connect();
    // Not the driver's timeoutMS: see commit() in granting/committer.ts.
    const ping = connected?.then((probe) => probe.db('admin').command({ ping: 1 }));
    return (await Promise.race([ping?.then(() => true), sleep(PING_TIMEOUT_MS, false, { ref: false })])) ?? false;
  } catch {
    return false;
  }
}
