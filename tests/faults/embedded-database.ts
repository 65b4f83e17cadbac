/** The embedded database of a product that runs as `npm start` runs it. The server starts it, and owns it. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import { type EmbeddedMongod, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import type { ProductServer } from './product-server.js';

export interface EmbeddedDatabase {
  /** The DATA_DIR of the server. */
  readonly directory: string;
  /** Starts the database without a server, before the first start of a server or after its last end. */
  open(): Promise<EmbeddedMongod>;
  /** @returns a function that kills the server and its database at the same time */
  killerOf(server: ProductServer, databaseFirst: boolean): Promise<() => void>;
  /** Deletes the directory. */
  remove(): Promise<void>;
}

export async function createEmbeddedDatabase(): Promise<EmbeddedDatabase> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-embedded-'));
  const report = () => {};
  const { path: binary } = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  return {
    directory,
    open: () => startEmbeddedMongod({ binary, dataDir: directory, report }),
    async killerOf(server, databaseFirst) {
      const note = await new DataDirectory(directory).readNote();
      if (note?.pid !== server.pid) throw new Error(`the database of ${directory} is not that of ${server.url}`);
      const pids = databaseFirst ? [note.mongodPid, server.pid] : [server.pid, note.mongodPid];
      return () => {
        for (const pid of pids) process.kill(pid, 'SIGKILL');
      };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
