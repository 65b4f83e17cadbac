/** The database of all tests that run against mutants: one mongod for the whole run. */
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { startTestMongod } from '../support/test-mongod.js';
import type { ProjectCopy } from './project-copy.js';
import type { Surroundings } from './run-mutants.js';

/** Starts a mongod, and builds the copy so that tests that start the product find it built. */
export async function databaseSurroundings({ directory }: ProjectCopy): Promise<Surroundings> {
  const { build } = await import(new URL('scripts/build.mjs', `file://${directory}/`).href);
  await build({ report: () => {} });
  const mongod = await startTestMongod();
  const client = new mongoose.mongo.MongoClient(mongod.uri);
  return {
    env: { AURALEDGER_TEST_URI: mongod.uri },
    async cleanUpAfter(pid) {
      await freeFailpoint(client, pid);
      await dropDatabases(client, `test_${pid}_`);
    },
    async stop() {
      await client.close();
      await mongod.stop();
    },
  };
}

/** A process that was ended within a test may hold the failpoint, for which others would wait: see support/database.ts. */
async function freeFailpoint(client: mongoose.mongo.MongoClient, pid: number): Promise<void> {
  const locks = client.db('test_support').collection('locks');
  const { deletedCount } = await locks.deleteOne({ owner: new RegExp(`^test_${pid}_`) });
  if (deletedCount > 0) await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
}

async function dropDatabases(client: mongoose.mongo.MongoClient, prefix: string): Promise<void> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases.filter(({ name }) => name.startsWith(prefix))) {
    // An open transaction of the ended process may still hold the database for a moment.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const isDropped = await client
        .db(name)
        .dropDatabase({ maxTimeMS: 5_000 })
        .catch(() => false);
      if (isDropped) break;
      await sleep(200);
    }
  }
}
