import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';

/** How long a ping may take. Milliseconds. */
const PING_WITHIN_MS = 1_000;

/** A connection of its own: readiness does not wait behind the reads and grants that keep all others busy. */
let client: mongoose.mongo.MongoClient | null = null;

/** @param uri and appName of the connection that it stands for. Connects with the first ping. */
export function prepareProbe(uri: string, appName: string): void {
  client = new mongoose.mongo.MongoClient(uri, {
    appName,
    maxPoolSize: 1,
    minPoolSize: 0,
    // Beyond it nobody waits for the ping any more, so that none of them pile up.
    waitQueueTimeoutMS: PING_WITHIN_MS,
    serverSelectionTimeoutMS: PING_WITHIN_MS,
  });
}

export async function closeProbe(): Promise<void> {
  const closing = client;
  client = null;
  await closing?.close();
}

/** Whether the connected database answers within a second. */
export async function databaseAnswers(): Promise<boolean> {
  try {
    // Not the driver's timeoutMS: see commit() in granting/committer.ts.
    const ping = client?.db('admin').command({ ping: 1 });
    return (await Promise.race([ping?.then(() => true), sleep(PING_WITHIN_MS, false, { ref: false })])) ?? false;
  } catch {
    return false;
  }
}
