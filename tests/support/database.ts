import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import mongoose from 'mongoose';
import { connect, disconnect } from '../../src/storage/connect.js';

/** All documents by collection, ordered by _id, as canonical EJSON. Equal snapshots mean that nothing was written. */
export type Snapshot = Record<string, unknown[]>;

/** The options of mongod's failCommand failpoint: which commands fail, how often, and how. */
export interface FailCommand {
  readonly failCommands: readonly string[];
  /** Restricts the failure to one collection, as database.collection. */
  readonly namespace?: string;
  /** Absent: only the next command fails. */
  readonly mode?: { readonly times: number } | { readonly skip: number } | 'alwaysOn';
  readonly closeConnection?: boolean;
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly writeConcernError?: { readonly code: number; readonly errmsg: string };
  readonly blockConnection?: boolean;
  readonly blockTimeMS?: number;
}

export interface TestDatabase {
  /** The server's address with this file's database in it. */
  readonly uri: string;
  readonly name: string;
  snapshot(): Promise<Snapshot>;
  /** Removes every document; collections and indexes stay. */
  empty(): Promise<void>;
  /**
   * Makes commands of this file's connection fail until the test ends or `off` is called. `off` returns how many
   * commands failed. mongod has only one failCommand failpoint: a second test file that needs it waits for the first.
   */
  failCommand(options: FailCommand): Promise<{ off(): Promise<number> }>;
}

/** After this time a worker takes over the failpoint of a dead one. Milliseconds; longer than any test may take. */
const LOCK_EXPIRES_MS = 90_000;

const { BSON } = mongoose.mongo;
/** Documents of earlier snapshots, by their bytes. Most do not change, and jest compares the same object at once. */
const known = new Map<string, unknown>();

function readable(document: Uint8Array): unknown {
  const bytes = Buffer.from(document).toString('latin1');
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const ejson = BSON.EJSON.serialize(BSON.deserialize(document, { promoteValues: false }), { relaxed: false });
  known.set(bytes, ejson);
  return ejson;
}

/**
 * Creates a database for this test file on the real server, with the product's collections and indexes, and connects to
 * it as the product does. Drops the database at the end.
 */
export function useDatabase({ prepare = true }: { prepare?: boolean } = {}): TestDatabase {
  const server = process.env.AURALEDGER_TEST_URI;
  if (server === undefined)
    throw new Error('AURALEDGER_TEST_URI is not set: run the tests with jest, which sets it up');
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const uri = server.replace(/\/[^/?]*\?/, `/${name}?`);
  // The test's own bookkeeping uses a separate connection, which failpoints do not affect.
  const aside = new mongoose.mongo.MongoClient(server, { appName: `${name}_aside`, maxPoolSize: 2 });
  let current: { off(): Promise<number> } | undefined;

  beforeAll(async () => {
    // The driver emits an event for each command that it sends; commands.ts listens to them.
    await connect(`${uri}&monitorCommands=true`, { appName: name });
    if (!prepare) return;
    const { prepareCollections } = await import('../../src/storage/collections.js');
    await prepareCollections();
  });

  afterEach(async () => {
    await current?.off();
  });

  afterAll(async () => {
    await aside.db(name).dropDatabase();
    await disconnect();
    await aside.close();
  });

  async function collectionNames(): Promise<string[]> {
    const collections = await aside.db(name).listCollections({}, { nameOnly: true }).toArray();
    return collections
      .map((collection) => collection.name)
      .filter((each) => !each.startsWith('system.'))
      .sort();
  }

  return {
    uri,
    name,
    async snapshot() {
      const result: Snapshot = {};
      for (const collection of await collectionNames()) {
        const documents = await aside
          .db(name)
          .collection<Buffer>(collection, { readConcern: { level: 'majority' } })
          .find({}, { raw: true })
          .sort({ _id: 1 })
          .toArray();
        result[collection] = documents.map(readable);
      }
      return result;
    },
    async empty() {
      for (const collection of await collectionNames()) await aside.db(name).collection(collection).deleteMany({});
    },
    async failCommand({ mode = { times: 1 }, ...data }) {
      await current?.off();
      const release = await lock(aside, name);
      const command = (more: object) => aside.db('admin').command({ configureFailPoint: 'failCommand', ...more });
      const before = await command({ mode, data: { ...data, appName: name } });
      let fired: Promise<number> | undefined;
      current = {
        off() {
          current = undefined;
          fired ??= command({ mode: 'off' }).then(async (after) => {
            await release();
            return after.count - before.count;
          });
          return fired;
        },
      };
      return current;
    },
  };
}

async function lock(client: mongoose.mongo.MongoClient, owner: string): Promise<() => Promise<void>> {
  const locks = client.db('test_support').collection<{ _id: string; owner: string; until: Date }>('locks');
  const _id = 'failCommand';
  for (;;) {
    await locks.deleteOne({ _id, until: { $lt: new Date() } });
    try {
      await locks.insertOne({ _id, owner, until: new Date(Date.now() + LOCK_EXPIRES_MS) });
      return async () => {
        await locks.deleteOne({ _id, owner });
      };
    } catch (error) {
      if ((error as { code?: unknown }).code !== 11_000) throw error;
      await sleep(25);
    }
  }
}
