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
 * Does something with the product's database: that of MONGODB_URI, or the embedded one of DATA_DIR. Where no server runs
 * that one, it is started, and stopped afterwards.
 * @throws DatabaseError where there is no such database, ConfigError, EmbeddedMongodError, MongodNotFoundError
 */
export async function withDatabase<Result>(
  env: NodeJS.ProcessEnv,
  report: Report,
  act: () => Promise<Result>,
): Promise<Result> {
  const closers: (() => Promise<void>)[] = [];
  try {
    await connect(env.MONGODB_URI ?? (await embeddedUri(env, report, closers)));
    closers.push(disconnect);
    await assertOurs();
    return await act();
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function embeddedUri(env: NodeJS.ProcessEnv, report: Report, closers: (() => Promise<void>)[]): Promise<string> {
  const { dataDir, mongodBinary } = readConfig(env);
  const running = await runningEmbeddedUri(dataDir);
  if (running !== null) return running;
  // A mongod would make a new one and find it exact.
  await access(path.join(new DataDirectory(dataDir).dbPath, 'WiredTiger')).catch(() => {
    throw new DatabaseError(`DATA_DIR: ${dataDir} has no database; name one with DATA_DIR or MONGODB_URI`);
  });
  const { path: binary } = await findMongod({ configured: mongodBinary, report });
  const { uri, stop } = await startEmbeddedMongod({ binary, dataDir, report });
  closers.push(stop);
  return uri;
}

/**
 * An address that names another database would be found to have no drift, and one that an older version wrote to have
 * nothing else.
 */
async function assertOurs(): Promise<void> {
  const collections = await mongoose.connection.db?.listCollections({}, { nameOnly: true }).toArray();
  const isThere = (name: string) => collections?.some((each) => each.name === name);
  const [database, students] = [mongoose.connection.name, StudentModel.collection.name];
  if (!isThere(students)) {
    throw new DatabaseError(`The database ${database} is none of Auraledger: it has no ${students}`);
  }
  if (!isThere(FormerTextModel.collection.name)) {
    throw new DatabaseError(
      `The database ${database} was last used by an older version: start the server on it once, which moves what is ` +
        'stored differently now, and verify it then',
    );
  }
}
