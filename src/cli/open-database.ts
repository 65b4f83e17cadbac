import { access } from 'node:fs/promises';
import path from 'node:path';
import mongoose from 'mongoose';
import { readConfig } from '../config.js';
import { DataDirectory } from '../embedded/data-directory.js';
import { runningEmbeddedUri, startEmbeddedMongod } from '../embedded/embedded-mongod.js';
import { findMongod } from '../embedded/find-mongod.js';
import type { Report } from '../report.js';
import { connect, DatabaseError, disconnect } from '../storage/connect.js';
import { FormerTextModel } from '../storage/models/former-text.js';
import { StudentModel } from '../storage/models/student.js';

/**
 * Runs `work` with a connection to the database of MONGODB_URI, or to the embedded database of DATA_DIR. If no server
 * is running the embedded database, it is started and stopped afterwards.
 * @throws DatabaseError if there is no such database; ConfigError, EmbeddedMongodError, MongodNotFoundError
 */
export async function withDatabase<Result>(
  env: NodeJS.ProcessEnv,
  report: Report,
  work: () => Promise<Result>,
): Promise<Result> {
  const cleanups: (() => Promise<void>)[] = [];
  try {
    await connect(env.MONGODB_URI ?? (await embeddedUri(env, report, cleanups)));
    cleanups.push(disconnect);
    await assertAuraledgerDatabase();
    return await work();
  } finally {
    for (const close of cleanups.reverse()) await close();
  }
}

async function embeddedUri(env: NodeJS.ProcessEnv, report: Report, cleanups: (() => Promise<void>)[]): Promise<string> {
  const { dataDir, mongodBinary } = readConfig(env);
  const running = await runningEmbeddedUri(dataDir);
  if (running !== null) return running;
  // Otherwise mongod would create an empty database, and the verifier would find no drift in it.
  await access(path.join(new DataDirectory(dataDir).dbPath, 'WiredTiger')).catch(() => {
    throw new DatabaseError(`DATA_DIR: ${dataDir} has no database; set DATA_DIR or MONGODB_URI to one that exists`);
  });
  const { path: binary } = await findMongod({ configured: mongodBinary, report });
  const { uri, stop } = await startEmbeddedMongod({ binary, dataDir, report });
  cleanups.push(stop);
  return uri;
}

/**
 * Rejects a database without Auraledger's collections, in which the verifier would find no drift, and one of an older
 * version, in which it would find a drift everywhere.
 */
async function assertAuraledgerDatabase(): Promise<void> {
  const collections = await mongoose.connection.db?.listCollections({}, { nameOnly: true }).toArray();
  const isThere = (name: string) => collections?.some((each) => each.name === name);
  const [database, students] = [mongoose.connection.name, StudentModel.collection.name];
  if (!isThere(students)) {
    throw new DatabaseError(
      `The database ${database} is not an Auraledger database (it has no collection ${students}): ` +
        'check the database name in MONGODB_URI, or start the server on it once',
    );
  }
  if (!isThere(FormerTextModel.collection.name)) {
    throw new DatabaseError(
      `The database ${database} was last used by an older version: start the server on it once to migrate the data, ` +
        'and run this again',
    );
  }
}
